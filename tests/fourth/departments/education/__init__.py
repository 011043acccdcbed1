"""Education: the school roll, as CSV drops in UTF-8 with a byte-order mark."""

from tests.fourth.departments.education.roll import DEPARTMENT

__all__ = ["DEPARTMENT"]
