"""The worked example of the score, from departments' records on."""

from scoring.score import Band, score
from tests.support.facts import seen
from tests.support.households import full_profile
from tests.support.zhou import AS_OF, family


def test_records_of_departments_make_the_worked_example():
    scored = score(seen(*family(), as_of=AS_OF), full_profile())

    assert (scored.total, scored.band, scored.coverage) == (67, Band.ORANGE, 94)
    assert {d.code: d.points for d in scored.dimensions} == {
        "D1": 12,
        "D2": 21,
        "D3": 12,
        "D4": 5,
        "D5": 10,
        "D6": 7,
    }
    assert scored.undecided == ("single-parent", "never-assisted")
    assert scored.triggers == ()
    texts = {r.indicator: (r.text_zh, r.text_en) for r in scored.reasons}
    zh, en = texts["income-drop"]
    assert zh.startswith("6个月内收入下降60%（来源：人力资源和社会保障")
    assert en.startswith("income fell by 60% within six months (source: human resources")
