"""Which households there are: sizes, ages and kinships, and how often which plot befalls one.

Calibrated so that a listed household has about 1.66 members, as the district that the
issue's figures are read from (13,000 households, 21,600 people).
"""

from dataclasses import dataclass
from typing import Final

from hub.demo.people import FATHER, GRANDSON, MOTHER, SON, SPOUSE, Plot


@dataclass(frozen=True, slots=True)
class Role:
    """A place in a household: relation, and years older than the head."""

    relation: str
    years: tuple[int, int]

    @property
    def is_child(self) -> bool:
        """Whether it is the head's child."""
        return self.relation == SON


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of household: the head's ages, and who lives with the head."""

    weight: int
    head_ages: tuple[int, int]
    roles: tuple[Role, ...] = ()


_WIFE: Final = Role(SPOUSE, (-6, 4))
_CHILD: Final = Role(SON, (-34, -22))
_PUPIL: Final = Role(SON, (-38, -28))
_GRANDCHILD: Final = Role(GRANDSON, (-62, -54))
_PA: Final = Role(FATHER, (22, 34))
_MA: Final = Role(MOTHER, (20, 31))
KINDS: Final = (
    Kind(345, (62, 91)),
    Kind(260, (24, 61)),
    Kind(125, (60, 85), (_WIFE,)),
    Kind(60, (26, 59), (_WIFE,)),
    Kind(60, (27, 55), (_WIFE, _CHILD)),
    Kind(30, (30, 55), (_WIFE, _CHILD, _CHILD)),
    Kind(60, (28, 52), (_CHILD,)),
    Kind(20, (30, 52), (_CHILD, _MA)),
    Kind(14, (32, 52), (_WIFE, _CHILD, _MA)),
    Kind(10, (32, 52), (_WIFE, _CHILD, _PA, _MA)),
    Kind(6, (32, 50), (_WIFE, _CHILD, _CHILD, _PA, _MA)),
)
WEIGHTS: Final = tuple(kind.weight for kind in KINDS)

Choice = tuple[tuple[Kind, ...], tuple[int, ...]]


def _choice(*kinds: Kind) -> Choice:
    return kinds, tuple(kind.weight for kind in kinds)


PLOT_KINDS: Final[dict[Plot, Choice]] = {
    Plot.HARD_PRESSED: _choice(
        Kind(4, (42, 50), (_WIFE, _PUPIL)),
        Kind(4, (42, 50), (_PUPIL,)),
        Kind(3, (42, 49), (_PUPIL, _MA)),
        Kind(3, (42, 49), (_WIFE, _PUPIL, _PA, _MA)),
    ),
    Plot.EARNER_DIED: _choice(
        Kind(2, (36, 50), (_WIFE, _PUPIL)), Kind(1, (36, 50), (_WIFE, _PUPIL, _MA))
    ),
    Plot.UNATTENDED_CHILD: _choice(Kind(1, (62, 70), (_GRANDCHILD,))),
    Plot.RELEASED: _choice(Kind(1, (24, 55))),
    Plot.LOST_DIBAO: _choice(Kind(2, (40, 58)), Kind(1, (28, 50), (_CHILD,))),
}
"""The kinds among which a household of a plot is; others are of any kind."""

PLOTS: Final = (
    (
        Plot.ORDINARY,
        Plot.STRAINED,
        Plot.HARD_PRESSED,
        Plot.HEAVY_BILL,
        Plot.EARNER_DIED,
        Plot.FIRE,
        Plot.UNATTENDED_CHILD,
        Plot.RELEASED,
        Plot.LOST_DIBAO,
    ),
    (890, 60, 24, 8, 3, 4, 3, 4, 4),
)
"""The plots, and how often each of them."""
