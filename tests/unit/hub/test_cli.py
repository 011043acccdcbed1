"""The program around the commands."""

import subprocess
import sys

PROGRAM = """
import resource, sys
from hub.cli import main
sys.argv = ["hub", "--help"]
try:
    main()
finally:
    print(resource.getrlimit(resource.RLIMIT_CORE))
"""


def test_a_crash_leaves_no_memory_with_keys_on_the_disk():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "(0, 0)"
