"""The departments of the made-up district, in the order in which the hub reads them.

Public security comes first: its register says who everybody is.
"""

from typing import Final

from hub.demo.sources import federation, insurance, register
from hub.demo.writing import Source

SOURCES: Final[tuple[Source, ...]] = (
    register.SOURCE,
    insurance.SOURCE,
    federation.SOURCE,
)
DEPARTMENTS: Final = tuple(source.department for source in SOURCES)
