"""Medical insurance: what diagnoses come to, restricted."""

from typing import Final

from schema.catalogue import Dataset, Grain, Subject
from schema.codes import DISEASE_CLASS
from schema.declare import X

DIAGNOSIS_STATUS: Final = Dataset(
    name="diagnosis_status",
    type_name="DiagnosisStatus",
    department="medical-insurance",
    zh="诊断类别状态",
    en="class of a listed major disease; no diagnosis text",
    subject=Subject.PERSON,
    many=False,
    source_time_grain=Grain.MONTH,
    refresh="monthly",
    legal_basis="社会救助法 第24条",
    fields=(
        X.code(
            "major_disease_class",
            "大病类别",
            "class of a listed major disease",
            DISEASE_CLASS,
            "diagnosis",
        ),
        X.flag("chronic", "慢特病标志", "recognised chronic disease", "diagnosis"),
    ),
)

DATASETS: Final = (DIAGNOSIS_STATUS,)
