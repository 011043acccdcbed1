"""Agrees between a guardian and its clients where they meet.

A home's path may be longer than a Unix socket's may be (107 bytes), so sockets lie elsewhere, in a
folder that the guardian makes and writes into its lock: `control` for the clients, and `pg/`, which
only the server's account (and root) may enter.
"""

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from hub.home import Home, Lock, read_note
from hub.store.embedded.errors import SocketPathError

STARTED = 0
REFUSED_TO_BE_SECOND = 75
NO_PLACE_FOR_SOCKETS = 76
CONTROL = "control"
_SHARED_PLACE = "/tmp"  # noqa: S108 - mkdtemp makes a folder of our own there
_LONGEST_FOLDER = 107 - len("/.s.PGSQL.5432.lock")


def write_runtime_folder(lock: Lock, folder: Path, guardian: int) -> None:
    """Tell clients where to connect, and people which process guards."""
    lock.write(json.dumps({"pid": guardian, "runtime": str(folder)}))


def make_runtime_folder(home: Home) -> Path:
    """Return a new folder of this user, short enough for the paths of sockets.

    Its name is random, so that nobody can lay claim to it in a shared /tmp; clients find it in the
    guardian's lock. The folder of an earlier, killed guardian is removed.

    Raises:
        SocketPathError: There is no such place.
    """
    remove_runtime_folder(home)
    own = os.environ.get("XDG_RUNTIME_DIR") if os.geteuid() else None  # root's is closed to others
    places = [place for place in (own, _SHARED_PLACE) if place]
    for place in places:
        with suppress(OSError):
            folder = Path(tempfile.mkdtemp(prefix="hub-", dir=place))
            if len(os.fsencode(folder / "pg")) <= _LONGEST_FOLDER:
                folder.chmod(0o711)  # the server's account passes through to its own folder
                (folder / "pg").mkdir(mode=0o700)
                return folder
            folder.rmdir()
    raise SocketPathError(
        f"no folder for sockets: {' and '.join(places)} cannot be written, or a path in it would "
        f"be longer than {_LONGEST_FOLDER} bytes"
    )


def remove_runtime_folder(home: Home) -> None:
    """Remove the sockets that the lock's note names, and their folder. The lock must be held."""
    folder = runtime_folder(home)
    if folder is None or not folder.name.startswith("hub-"):
        return
    with suppress(OSError):
        for path in (folder / CONTROL, *(folder / "pg").glob(".s.PGSQL.*")):
            path.unlink(missing_ok=True)
        (folder / "pg").rmdir()
        folder.rmdir()


def runtime_folder(home: Home) -> Path | None:
    """Return the folder that the last guardian of `home` wrote down, if there was one."""
    try:
        note = json.loads(read_note(home.guardian_lock) or "{}")
        return Path(note["runtime"])
    except (ValueError, KeyError, TypeError):
        return None
