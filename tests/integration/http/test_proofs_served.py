"""The example of a client with proofs, run as it stands against a served edge."""

import asyncio
import json
import subprocess
import sys

import pytest

from hub.clock import utc_now
from hub.http.routes import router
from hub.supervision.listening import listener
from tests.support.edge import CLIENT, new_edge
from tests.support.golden import ROOT
from tests.support.serving import serving_app

pytestmark = pytest.mark.anyio


async def test_the_example_with_proofs_is_answered(tmp_path):
    bound = listener("127.0.0.1", 0)
    address = f"http://127.0.0.1:{bound.getsockname()[1]}"
    edge = new_edge(tmp_path, clock=utc_now, issuer=address)
    key = tmp_path / "key.jwk"
    key.write_text(json.dumps(edge.key.as_dict(private=True)))
    document = tmp_path / "document.graphql"
    document.write_text("{ __typename }")
    example = ROOT / "examples" / "dpop_client.py"
    async with serving_app(router(edge.parts), bound):
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, example, address, CLIENT, key, "PUSH", document],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"data": {"person": None}}
    assert edge.queries.asked[0].caller.client_id == CLIENT
