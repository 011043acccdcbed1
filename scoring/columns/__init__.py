"""Scores of many households at once, by columns: the same answers as the interpreter, in integers.

    vectors -> table      rows of all households in one array, by kind
    table -> inputs       one column an input, of people or of households; unknown is not no
    inputs -> outcome     points of each indicator, days of each trigger, totals, bands, coverage

`scoring.score` explains one household and is the oracle: for every household and every profile both
give the same points, or the same silence. Everything is 64-bit integers; a household with an amount
that could overflow them is left to the interpreter (`Outcome.unusual`).
"""

from scoring.columns.outcome import ColumnScorer, Outcome
from scoring.columns.table import Table, table_of

__all__ = ["ColumnScorer", "Outcome", "Table", "table_of"]
