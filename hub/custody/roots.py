"""The key above all others is changed: every key of the keyring is wrapped by another root.

In a folder that holds its root key, the new one is written beside the old one first, then the
keyring under it, then it takes the old one's name: whoever reads in between finds the one that the
keyring names. A change that was stopped is finished by asking for it again. Data keys and values
are not touched.
"""

import secrets
from pathlib import Path

from audit.entry import EntryKind
from hub.errors import SetupError
from hub.sealing.files import write_private
from hub.sealing.keyring import Keyring
from hub.sealing.roots import KEY_BYTES, NEXT_FILE, ROOT_FILE, Root, root_at
from hub.store.journal import Journal, recorded


async def renew_root(folder: Path, keyring: Keyring, log: Journal, by: str) -> Root:
    """Make a new root key in `folder`, whose root key is the file `root.key` there; return it.

    Raises:
        SetupError: The folder does not hold its root key.
        AuditUnavailableError: It cannot be put on record, so it was not done.
    """
    old, new = folder / ROOT_FILE, folder / NEXT_FILE
    if not old.exists():
        raise SetupError(
            f"{folder} does not hold its root key; a key of a device or service is changed there, "
            "then `hub keys rotate root` wraps the keyring by it, or `hub keys move-root` by "
            "another."
        )
    if not new.exists() or root_at(f"file:{new}", folder).id != keyring.root.id:
        write_private(new, secrets.token_bytes(KEY_BYTES))
        await wrap_by(root_at(f"file:{new}", folder), keyring, log, by)
    new.replace(old)
    return keyring.root


async def wrap_by(root: Root, keyring: Keyring, log: Journal, by: str) -> None:
    """Wrap every key of the keyring by `root`, and keep it as the one that does.

    Raises:
        AuditUnavailableError: It cannot be put on record, so it was not done.
        KeysUnavailableError: The root key's device or service does not answer.
    """
    with keyring.changing(root):
        about = {"act": "rotate", "key": "root", "owner": "hub", "root": root.id}
        await recorded(log, EntryKind.KEY, {**about, "by": by, "outcome": "announced"})
