"""Chooses the account that PostgreSQL runs as, and lets it reach its files.

PostgreSQL refuses to run as root. When the hub is root, the server runs as an existing unprivileged
account, which then needs search permission (`o+x`, not reading) on every folder above its data and
programs: a clone or a home may lie in a folder that only root may enter. Exactly the missing bits
are added, and each folder that was changed is reported. When the hub is not root, nothing changes.
"""

import os
import pwd
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hub.store.embedded.errors import HomeUnusableError

_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged account of this machine."""

    name: str
    uid: int
    gid: int

    def own(self, path: Path) -> None:
        """Give `path` itself, not its content, to this account."""
        os.chown(path, self.uid, self.gid)


def server_account(data: Path) -> Account | None:
    """Return the account to run the server as; None when this process is not root.

    The owner of existing data stays the owner: a new account on the machine changes nothing.

    Raises:
        HomeUnusableError: This process is root and no unprivileged account exists.
    """
    if os.geteuid() != 0:
        return None
    entries = {entry.pw_name: entry for entry in pwd.getpwall()}
    owner = data.stat().st_uid if data.exists() else 0
    owners = [entry for entry in entries.values() if entry.pw_uid == owner != 0]
    for entry in owners + [entries[name] for name in _CANDIDATES if name in entries]:
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise HomeUnusableError(
        f"PostgreSQL does not run as root, and there is no account {' or '.join(_CANDIDATES)}; "
        "run the hub as another user, or add an account 'postgres'"
    )


def make_reachable(path: Path, account: Account) -> Iterator[Path]:
    """Let `account` search every folder above `path`; yields each folder that was changed."""
    for folder in path.resolve().parents:
        found = folder.stat()
        needed = stat.S_IXUSR if found.st_uid == account.uid else stat.S_IXOTH
        if not found.st_mode & needed:
            folder.chmod(stat.S_IMODE(found.st_mode) | needed)
            yield folder


def make_readable(tree: Path) -> bool:
    """Let everybody read `tree` if it is closed (installed with umask 077); true if it was."""
    if _is_open(tree) and all(_is_open(path) for path in tree.iterdir()):
        return False
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            searchable = stat.S_IXOTH if mode & stat.S_IXUSR else 0
            path.chmod(mode | stat.S_IROTH | searchable)
    return True


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IROTH)
