"""Short words for declaring fields: one for each kind, bound to a class.

`S.day("died_on", "死亡日期", "day of death")` is a date of class S, sealed, as every class S and X
field is. Fields of one `group` are sealed into one value and granted together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from schema.catalogue import Classification, Field, Kind, Scalar, Values
from schema.codes import CodeList

CENT: Final = "cent CNY"


@dataclass(frozen=True, slots=True)
class Declaring:
    """Makes fields of one class."""

    classification: Classification
    consent: bool = False

    def _field(
        self,
        said: tuple[str, str, str],
        kind: Kind,
        group: str | None,
        *,
        sealed: bool = False,
        codes: CodeList | None = None,
        unit: str | None = None,
        derived: Callable[[Values], Scalar] | None = None,
    ) -> Field:
        always = self.classification is not Classification.GENERAL
        return Field(
            *said,
            kind,
            self.classification,
            sealed=sealed or always,
            seal_group=group,
            codes=codes,
            unit=unit,
            derived=derived,
            consent=self.consent,
        )

    def text(
        self, name: str, zh: str, en: str, group: str | None = None, *, sealed: bool = False
    ) -> Field:
        """Return a field of free text."""
        return self._field((name, zh, en), Kind.TEXT, group, sealed=sealed)

    def day(
        self,
        name: str,
        zh: str,
        en: str,
        group: str | None = None,
        *,
        sealed: bool = False,
        derived: Callable[[Values], Scalar] | None = None,
    ) -> Field:
        """Return a field that holds a day."""
        return self._field((name, zh, en), Kind.DATE, group, sealed=sealed, derived=derived)

    def moment(self, name: str, zh: str, en: str) -> Field:
        """Return a field that holds a moment."""
        return self._field((name, zh, en), Kind.MOMENT, None)

    def cents(
        self, name: str, zh: str, en: str, group: str | None = None, *, sealed: bool = True
    ) -> Field:
        """Return an amount in cents of the yuan; amounts are sealed whatever their class."""
        return self._field((name, zh, en), Kind.CENTS, group, sealed=sealed, unit=CENT)

    def whole(self, name: str, zh: str, en: str, unit: str, group: str | None = None) -> Field:
        """Return a whole number of `unit`."""
        return self._field((name, zh, en), Kind.INTEGER, group, unit=unit)

    def flag(
        self,
        name: str,
        zh: str,
        en: str,
        group: str | None = None,
        *,
        derived: Callable[[Values], Scalar] | None = None,
    ) -> Field:
        """Return a field that is so, is not so, or is unknown."""
        return self._field((name, zh, en), Kind.FLAG, group, derived=derived)

    def code(
        self,
        name: str,
        zh: str,
        en: str,
        codes: CodeList,
        group: str | None = None,
        *,
        derived: Callable[[Values], Scalar] | None = None,
    ) -> Field:
        """Return a field whose values are those of a code list."""
        return self._field((name, zh, en), Kind.CODE, group, codes=codes, derived=derived)


G: Final = Declaring(Classification.GENERAL)
S: Final = Declaring(Classification.SENSITIVE)
X: Final = Declaring(Classification.RESTRICTED)
CONSENTED: Final = Declaring(Classification.SENSITIVE, consent=True)
"""Class S that moreover needs the person's own authorisation, for that source, today."""
