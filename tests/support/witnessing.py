"""A real witness on loopback, and a state that can be looked at."""

import threading
from contextlib import closing, contextmanager

from audit.checkpoint import NoteVerifiers
from audit.cosignature import Cosigner
from audit.witness import Witness, WitnessState
from audit.witness_server import WitnessServer
from tests.support.audit_log import SIGNER

COSIGNER = Cosigner("witness.example/w1", bytes(range(32, 64)))
SECOND = Cosigner("witness.example/w2", bytes(range(64, 96)))


@contextmanager
def serving_witness(state_file, clock, *, cosigner=COSIGNER, vkeys=SIGNER.vkeys):
    """Serve a witness that knows one log; give its address."""
    verifier = NoteVerifiers.from_vkeys(vkeys)
    logs = {vkeys[0].partition("+")[0]: verifier}
    with (
        closing(WitnessState(state_file)) as state,
        WitnessServer(Witness(cosigner, logs, state, clock), "127.0.0.1", 0) as server,
    ):
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
