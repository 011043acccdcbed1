"""Education: school roll, student aid and what schools report, as workbooks."""

from connectors.departments.education.workbooks import DEPARTMENT

__all__ = ["DEPARTMENT"]
