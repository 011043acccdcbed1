"""What `hub keys` does with the tag key: changes it and moves what is under the old version."""

from datetime import timedelta
from typing import NamedTuple

from connectors.department import DEFAULT_PACKAGES, discover
from hub.app import Core
from hub.commands.console import progress
from hub.custody.tags import TagCustodian, refusal_of
from hub.ingest.retag import Retagger
from hub.sealing.suites import Suite


class TagsRotated(NamedTuple):
    """What a rotation of the tag key did."""

    version: int
    is_new: bool
    left: str
    """What is still under an older version, in words; "" if nothing is."""


async def rotate_tags(
    core: Core, by: str, announce_s: int | None, *, anew: bool, suite: Suite | None = None
) -> TagsRotated:
    """Give the hub a new tag key, and move every tag to it; raises as `TagCustodian` does."""
    ahead = None if announce_s is None else timedelta(seconds=announce_s)
    key, is_new = await _custodian(core, by).renew(ahead, anew=anew, suite=suite)
    left = await retagger_of(core).move(_told)
    return TagsRotated(key.version, is_new, refusal_of(left))


async def retire_tags(core: Core, by: str, version: int, *, drop_listed_only: bool) -> int:
    """Destroy a version of the tag key; raises as `TagCustodian` does."""
    return await _custodian(core, by).retire(version, drop_listed_only=drop_listed_only)


def retagger_of(core: Core) -> Retagger:
    """Return what moves stored tags."""
    packages = (*DEFAULT_PACKAGES, *core.settings.connector_packages)
    mappings = {
        name: mapping
        for department in discover(packages).values()
        for name, mapping in department.mappings.items()
    }
    departments = sorted({dataset.department for dataset in core.catalogue.stored})
    parts = (core.database, core.data_keys, core.tagger)
    return Retagger(*parts, mappings, departments, core.clock)


def _custodian(core: Core, by: str) -> TagCustodian:
    return TagCustodian(core.database, core.keyring, core.log, core.clock, by)


def _told(done: int, total: int) -> None:
    progress(f"tags: {done:,} of {total:,} records")
