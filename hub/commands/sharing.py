"""Wires sharing: who answers for which department, and the policy file."""

import tomllib

from hub.app import Core
from hub.casework.sharing.desk import SharingDesk
from hub.casework.sharing.policy_desk import PolicyDesk
from hub.casework.sharing.whose import named_in
from hub.errors import SetupError
from hub.settings import Settings


def sharing_desk(core: Core) -> SharingDesk:
    """Return what takes steps of sharing.

    Raises:
        SetupError: sharing.toml cannot be read, or has another form.
    """
    named = named_in(_sharing_file(core.settings))
    return SharingDesk(core.database, core.log, core.catalogue, named, core.clock)


def policy_desk(core: Core) -> PolicyDesk:
    """Return what puts the operator's policy file in force by two people."""
    settings = core.settings
    return PolicyDesk(core.database, core.log, core.catalogue, settings.policy_file, core.clock)


def _sharing_file(settings: Settings) -> dict[str, object]:
    if not settings.sharing_file.exists():
        return {}
    try:
        return tomllib.loads(settings.sharing_file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise SetupError(f"{settings.sharing_file} cannot be read: {problem}.") from problem
