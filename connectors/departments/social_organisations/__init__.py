"""Trade unions, the women's federation, the Red Cross, charities: workbooks of help given."""

from connectors.departments.social_organisations.workbooks import DEPARTMENT

__all__ = ["DEPARTMENT"]
