import tomllib
from pathlib import Path

import pytest

from scoring.score import score
from tests.support.households import AS_OF, full_profile, household

FOLDER = Path(__file__).parents[2] / "golden" / "scoring"
CASES = [
    pytest.param(case, id=f"{path.stem}: {case['sentence']}")
    for path in sorted(FOLDER.glob("*.toml"))
    for case in tomllib.loads(path.read_text("utf-8"))["case"]
]
CHECKED = {
    "total": lambda s: s.total,
    "band": lambda s: s.band.value,
    "coverage": lambda s: s.coverage,
    "undecided_exactly": lambda s: list(s.undecided),
    "missing_inputs": lambda s: list(s.missing_inputs),
    "triggers": lambda s: [t.key for t in s.triggers],
    "reasons": lambda s: [[r.indicator, r.points, r.text_zh, r.text_en] for r in s.reasons],
}
INPUTS = {"sentence", "as_of", "members", "household", "points", "undecided", "dimensions"}


@pytest.mark.parametrize("case", CASES)
def test_the_golden_sentence_is_true(case):
    assert case.keys() <= INPUTS | CHECKED.keys()

    scored = score(
        household(*case["members"], as_of=case.get("as_of", AS_OF), **case.get("household", {})),
        full_profile(),
    )

    given = {reason.indicator: reason.points for reason in scored.reasons}
    for indicator, points in case.get("points", {}).items():
        assert indicator not in scored.undecided
        assert given.get(indicator, 0) == points
    assert set(case.get("undecided", [])) <= set(scored.undecided)
    dimensions = {d.code: d.points for d in scored.dimensions}
    assert case.get("dimensions", {}).items() <= dimensions.items()
    for name, value in CHECKED.items():
        assert name not in case or value(scored) == case[name], name


def test_every_indicator_has_cases_with_and_without_points():
    points = {}
    for case in CASES:
        for indicator, given in case.values[0].get("points", {}).items():
            points.setdefault(indicator, set()).add(given)

    for indicator in full_profile().document.indicators:
        wanted = {0} | {tier.points for tier in indicator.tiers}
        assert points[indicator.code] == wanted, indicator.code
