"""Which households were ever warned about: kept on their places, so that a region's are found.

A worklist asks for the alerts of a region, but a region is a household's, and changes. Of all the
places of a region few have a household with an alert; the flag `warned` marks those, whatever
versions of either there are, so that a partial index finds them. It is only ever set, never
trusted: the search still asks for the alert and the place that hold.

The database keeps it, by two triggers, because every writer of an alert or a place would have to.
"""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from schema.catalogue import Catalogue

ALERTS: Final = "alert"
"""The dataset whose records warn."""
_IS_THERE: Final = "select count(*) from pg_trigger where tgname = 'mark_warned'"
_TRIGGERS: Final = (
    """
    create or replace function mark_warned() returns trigger language plpgsql as $$
    begin
        update household_place p set warned = true from added a
        where p.cell = a.cell and p.household_id = a.identity_id and not p.warned;
        return null;
    end $$
    """,
    """
    create or replace trigger mark_warned after insert on alert
    referencing new table as added for each statement execute function mark_warned()
    """,
    """
    create or replace function place_warned() returns trigger language plpgsql as $$
    begin
        new.warned := exists (
            select from alert a where a.cell = new.cell and a.identity_id = new.household_id);
        return new;
    end $$
    """,
    """
    create or replace trigger place_warned before insert on household_place
    for each row execute function place_warned()
    """,
)
_MARK: Final = """
    update household_place p set warned = true where not p.warned and exists (
        select from alert a where a.cell = p.cell and a.identity_id = p.household_id)
"""


def keep_warned(connection: Connection, catalogue: Catalogue) -> None:
    """Set the triggers up where they are missing, and mark what was there before them."""
    if ALERTS not in catalogue.by_name or connection.execute(sa.text(_IS_THERE)).scalar_one():
        return
    for statement in _TRIGGERS:
        connection.execute(sa.DDL(statement))  # type: ignore[no-untyped-call]  # SQLAlchemy's own
    connection.execute(sa.text(_MARK))
