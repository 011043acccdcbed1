"""The program around the commands."""

import subprocess
import sys

PROGRAM = """
import ctypes, resource, sys
from hub.cli import main
sys.argv = ["hub", "--help"]
try:
    main()
finally:
    print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))
"""


def test_a_crash_leaves_no_memory_with_keys_on_the_disk():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "0 (0, 0)"


WORKER = """
import ctypes, sys
from hub.commands import worker
from hub.settings import load_settings
import socket
def say(work):
    work.close()
    print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
worker.run = say
ours, theirs = socket.socketpair()
worker.work(load_settings(home="/nowhere"), ours.detach(), theirs.detach())
"""


def test_a_worker_which_is_a_program_of_its_own_does_so_itself():
    done = subprocess.run(
        [sys.executable, "-c", WORKER], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["0"]
