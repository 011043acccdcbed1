"""An epoch of the log's subject-tag key is destroyed: its entries are about nobody any more."""

from dataclasses import replace
from datetime import datetime, timedelta

from audit.entry import EntryKind
from hub.custody.rotation import KeyInUseError
from hub.custody.shredding import KEPT_YEARS
from hub.sealing.keyring import HUB, KeyKind, Keyring, KeyStatus
from hub.sealing.signing import begins_at, superseded
from hub.store.journal import Journal, recorded


async def retire_epoch(
    keyring: Keyring, log: Journal, now: datetime, version: int, *, by: str, years: int = KEPT_YEARS
) -> None:
    """Destroy the key of an epoch and of those before it, once their entries were kept long enough.

    From then on nobody can tell whom those entries are about; the log verifies as before.

    Raises:
        KeysUnavailableError: There is no such version.
        KeyInUseError: The epoch has not ended, or its entries must be kept for longer.
        AuditUnavailableError: It cannot be put on record, so it was not done.
    """
    keyring.version(KeyKind.SUBJECT, HUB, version)
    ends = _ends(keyring, now, version)
    if ends is None:
        raise KeyInUseError(
            f"Epoch {version} of the log's subjects is the one of now; rotate it first."
        )
    kept_until = ends + timedelta(days=366 * years + 1)
    if now < kept_until:
        raise KeyInUseError(
            f"Entries of epoch {version} are kept for {years} years, until "
            f"{kept_until.date().isoformat()}; it tells until then whom they are about."
        )
    with keyring.changing():
        for key in keyring.versions(KeyKind.SUBJECT):
            if key.version <= version:
                keyring.put(replace(key, status=KeyStatus.RETIRED, secret=b""))
        about = {"act": "retire", "key": str(KeyKind.SUBJECT), "owner": HUB, "version": version}
        await recorded(log, EntryKind.KEY, {**about, "by": by, "outcome": "announced"})


def _ends(keyring: Keyring, now: datetime, version: int) -> datetime | None:
    """Return when an epoch was over: the next one had begun; None if it is not."""
    versions = keyring.versions(KeyKind.SUBJECT)
    if version not in {key.version for key in superseded(versions, now)}:
        return None
    return min(begins_at(key) for key in versions if key.version > version)
