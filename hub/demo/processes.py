"""The departments' systems of the demonstration: real servers in processes of their own.

Each ends with this process, however it ends: its standard input is a pipe of ours, and the
kernel closes that. They listen on 127.0.0.1 and a free port each.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hub.errors import SetupError

_READY_S: Final = 30.0
_END_S: Final = 10.0
_POLL_S: Final = 0.02


@contextmanager
def system(module: str, arguments: Sequence[str | Path], port_file: Path) -> Iterator[str]:
    """Run a department's server and give its address; it ends when this closes.

    Raises:
        SetupError: It ended or was not ready within thirty seconds.
    """
    with launched(module, arguments, port_file) as address:
        yield address()


@contextmanager
def launched(
    module: str, arguments: Sequence[str | Path], port_file: Path
) -> Iterator[Callable[[], str]]:
    """Start a server and give what waits for its address, so that several start side by side.

    It ends when this closes. What is given raises SetupError like `system`.
    """
    port_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", module, "--port-file", str(port_file), "--with-parent"]
    with port_file.with_suffix(".log").open("wb") as noise:
        server = subprocess.Popen(  # noqa: S603 - our own module
            [*command, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=noise,
            stderr=noise,
            start_new_session=True,
        )
        try:
            yield lambda: f"http://127.0.0.1:{_port(server, port_file, module)}"
        finally:
            end(server)


def _port(server: "subprocess.Popen[bytes]", port_file: Path, module: str) -> str:
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline:
        if port_file.exists():
            return port_file.read_text("ascii")
        if server.poll() is not None:
            break
        time.sleep(_POLL_S)
    raise SetupError(f"{module} did not start; its words are in {port_file.with_suffix('.log')}.")


def end(server: "subprocess.Popen[bytes]") -> None:
    """End a process that we started: ask, wait, then insist."""
    if server.stdin is not None:
        server.stdin.close()
    server.terminate()
    try:
        server.wait(_END_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
