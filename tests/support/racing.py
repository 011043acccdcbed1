"""Processes that append to one log at once; the log tells each what it keeps, and they tell us."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import asyncio, os, sys
from tests.support.appending import Load, log_at

class Told(dict):
    def __setitem__(self, index, request):
        super().__setitem__(index, request)
        os.write(1, b"%d %s\\n" % (index, request))

async def run(dsn, name):
    async with log_at(dsn) as log, asyncio.TaskGroup() as group:
        load = Load(log, name)
        load.acknowledged = Told()
        for number in range(8):
            group.create_task(load.writer(number))
        await asyncio.to_thread(sys.stdin.read)
        load.stopping = True

asyncio.run(run(*sys.argv[1:]))
"""


class Racer:
    """One process that appends without a pause until it is told to stop, or is killed."""

    def __init__(self, dsn: str, name: str) -> None:
        self.acknowledged: dict[int, bytes] = {}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, dsn, name],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            if line.endswith(b"\n"):  # the last one of a killed process may be cut
                index, _, request = line[:-1].partition(b" ")
                assert int(index) not in self.acknowledged
                self.acknowledged[int(index)] = request

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self.process.send_signal(signal.SIGKILL)
        self._end()

    def stop(self) -> None:
        """Let it put on record what waits, and end."""
        self._end()
        assert self.process.returncode == 0

    def _end(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait(30)
        self._reading.join()
        self.process.stdout.close()
