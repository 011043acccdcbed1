"""Medical insurance: enrolment and settlements, two tables of its SQL database."""

from connectors.departments.medical_insurance.database import DEPARTMENT

__all__ = ["DEPARTMENT"]
