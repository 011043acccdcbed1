"""Civil affairs' list says who is in scope; a wrong line costs that line, a wrong file all."""

import pytest

from connectors.errors import SourceFormatError, SourceUnavailableError
from connectors.monitoring_list import Listed, read_monitoring_list
from connectors.protocol import ReasonCode

pytestmark = pytest.mark.anyio
HEAD = "申请人身份证号,户号,原因\n"
GOOD = "690106790315001,Ｈ１,DB\n"


async def test_every_line_names_a_household_an_applicant_and_a_reason(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("\ufeff" + HEAD + GOOD, encoding="utf-8")

    found = await read_monitoring_list(path)

    assert found.listed == (Listed("H1", "690106197903150012", "DB"),)
    assert found.unreadable == ()
    assert "690106197903150012" not in repr(found)


async def test_a_wrong_line_is_reported_and_the_others_count(tmp_path):
    path = tmp_path / "list.csv"
    bad = "69010619790315001,H2,DB\n690106197903150012,,DB\n690106197903150012,H3,??\nx\n"
    path.write_text(HEAD + bad + GOOD, encoding="utf-8")

    found = await read_monitoring_list(path)

    assert [entry.household_key for entry in found.listed] == ["H1"]
    assert sorted((line.location, line.reason) for line in found.unreadable) == [
        ("list.csv:2", ReasonCode.NUMBER_FORMAT),
        ("list.csv:3", ReasonCode.ROW_UNREADABLE),
        ("list.csv:4", ReasonCode.CODE_UNKNOWN),
        ("list.csv:5", ReasonCode.COLUMN_COUNT),
    ]


@pytest.mark.parametrize("content", [b"", b"a,b,c\n", "申请人身份证号".encode("gb18030")])
async def test_a_file_of_another_form_stops_everything(tmp_path, content):
    (tmp_path / "list.csv").write_bytes(content)

    with pytest.raises(SourceFormatError):
        await read_monitoring_list(tmp_path / "list.csv")


async def test_a_list_that_is_not_there_stops_everything(tmp_path):
    with pytest.raises(SourceFormatError):
        await read_monitoring_list(tmp_path / "list.csv")
    with pytest.raises(SourceUnavailableError):
        await read_monitoring_list(tmp_path / "absent" / "list.csv")
