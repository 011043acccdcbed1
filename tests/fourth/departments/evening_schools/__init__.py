"""Evening schools: their roll, as CSV drops in UTF-8 with a byte-order mark."""

from tests.fourth.departments.evening_schools.roll import DEPARTMENT

__all__ = ["DEPARTMENT"]
