"""Trade unions, the women's federation, the Red Cross, charities: help given."""

from typing import Final

from schema.catalogue import Dataset, Grain, Subject
from schema.codes import HELP_KIND
from schema.declare import S

SOCIAL_HELP: Final = Dataset(
    name="social_help",
    type_name="SocialHelp",
    department="social-organisations",
    zh="社会组织帮扶信息",
    en="help by unions, the women's federation, the Red Cross, charities",
    subject=Subject.PERSON,
    many=True,
    plural="social_helps",
    source_time_grain=Grain.MONTH,
    refresh="monthly",
    legal_basis="社会救助法 第41条、第55条",
    fields=(
        S.code("kind", "帮扶类别", "kind", HELP_KIND, "help"),
        S.text("organisation", "帮扶单位", "who helped", "help"),
        S.cents("amount_cents", "帮扶金额", "amount or value", "help"),
        S.day("helped_on", "帮扶日期", "day of the help", "help"),
    ),
)

DEPARTMENT_NAMES: Final = {"social-organisations": ("群团和社会组织", "social organisations")}
DATASETS: Final = (SOCIAL_HELP,)
