"""One set of rows of a statement, packed into one row: an array a column, and its keys as arrays.

Sets stand side by side in the statement's FROM, each LATERAL: what is found by the ids of another
set finds them in that set's own arrays. As common tables, each set was stored and looked through
again by each of its users; every step of a plan costs, whatever it finds.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from typing_extensions import override

from hub.query.row_ids import ID_COLUMNS, packed_ids


class Packed:
    """A set of rows under a name of its own in the statement.

    What others need of it is known only when they have been composed, so it is written last.
    """

    def __init__(
        self, name: str, rows: Any, columns: Sequence[str], order: Sequence[Any] = ()
    ) -> None:
        """Write nothing yet.

        Args:
            name: Of the set, unique in the statement.
            rows: A subquery or a common table; it may depend on sets before this one.
            columns: What of it is returned, in order.
            order: Of the rows, as expressions over them.
        """
        self.name = name
        self.rows = rows
        self.columns = tuple(columns)
        self._order = tuple(order)
        self._keys: dict[tuple[str, str | None], str] = {}
        self._also: dict[str, str] = {}
        self._row: Any = None

    def all(self, column: str, department: str | None = None) -> Any:
        """Return the array of a column, of all rows or those of one department.

        It is for sets behind this one. Null where there is no row, and nothing is among null.
        """
        key = self._keys.setdefault((column, department), f"key_{len(self._keys)}")
        kind: Any = pg.ARRAY(self.rows.c[column].type)
        return sa.literal_column(f"{self.name}.{key}", kind)

    def each(self, name: str, *columns: str) -> Any:
        """Return the rows anew, with some columns, for a set behind this one to join."""
        arrays = [self.all(column) for column in columns]
        shown = (sa.column(column, self.rows.c[column].type) for column in columns)
        return sa.func.unnest(*arrays).table_valued(*shown).render_derived(name=name)

    def also(self, column: str) -> str:
        """Return the name of a column that is returned for a set within this one."""
        if column in self.columns:
            return column
        return self._also.setdefault(column, f"also_{column}")

    def written(self) -> Any:
        """Return the one row, which knows then what all others want of it."""
        if self._row is None:
            self._row = self._written()
        return self._row

    def values(self) -> list[Any]:
        """Return the packed columns."""
        return [self.written().c[column] for column in self.columns]

    def _written(self) -> Any:
        wanted = dict.fromkeys([*self.columns, *self._also])
        wanted.update(dict.fromkeys(column for column, _ in self._keys))
        if any(department is not None for _, department in self._keys):
            wanted["department"] = None
        ordered = sa.select(*(self.rows.c[column] for column in wanted)).order_by(*self._order)
        rows = ordered.subquery(f"{self.name}_rows")
        shown = [_packed(rows.c[column], column).label(column) for column in self.columns]
        shown += [
            _packed(rows.c[column], column).label(name) for column, name in self._also.items()
        ]
        for (column, department), key in self._keys.items():
            keys: Any = sa.func.array_agg(rows.c[column])
            if department is not None:
                keys = keys.filter(rows.c.department == department)
            shown.append(keys.label(key))
        return sa.select(*shown).lateral(self.name)


class Within(Packed):
    """The rows of another set, of which other columns are shown: it is read with that set."""

    def __init__(self, whole: Packed, names: Mapping[str, str], columns: Sequence[str]) -> None:
        """Show `columns`; `names` says what each is called in `whole`, if not the same."""
        super().__init__(whole.name, whole.rows, columns)
        self._whole, self._names = whole, names
        self._shown = [whole.also(names.get(column, column)) for column in columns]

    @override
    def all(self, column: str, department: str | None = None) -> Any:
        """Return the array of a column."""
        return self._whole.all(self._names.get(column, column), department)

    @override
    def written(self) -> Any:
        """Return the one row of the whole."""
        return self._whole.written()

    @override
    def values(self) -> list[Any]:
        """Return the packed columns."""
        return [self.written().c[name] for name in self._shown]


def _packed(column: Any, name: str) -> Any:
    return packed_ids(column) if name in ID_COLUMNS else sa.func.array_agg(column)


def among(column: Any, keys: Any) -> Any:
    """Whether a value is one of an array of keys."""
    return column == sa.any_(keys)


def crossed(froms: Sequence[Any]) -> Any:
    """Return one-row tables side by side."""
    joined = froms[0]
    for other in froms[1:]:
        joined = joined.join(other, sa.true())
    return joined
