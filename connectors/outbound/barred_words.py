"""Which words a credit record of a person may not hold: they tell of an illness.

The list is data, `barred_words.toml`, and ours: diseases and their history are barred from
credit collection, but no official list of words is known. A phrase that is allowed (the name
of a kind of assistance) is taken out before the words are looked for.
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from importlib import resources
from typing import Final


@dataclass(frozen=True, slots=True)
class BarredWords:
    """The list, ready to be looked for."""

    allowed: tuple[str, ...]
    words: tuple[str, ...]
    patterns: tuple[re.Pattern[str], ...]

    def tells_of_health(self, text: str) -> bool:
        """Whether a text holds a barred word or what looks like the code of a diagnosis."""
        folded = "".join(unicodedata.normalize("NFKC", text).split()).lower()
        for phrase in self.allowed:
            folded = folded.replace(phrase, "\n")
        return any(word in folded for word in self.words) or any(
            pattern.search(folded) for pattern in self.patterns
        )


def barred_words(text: str) -> BarredWords:
    """Return the list that a TOML document states."""
    stated = tomllib.loads(text)
    return BarredWords(
        tuple(stated["allowed"]),
        tuple(word.lower() for word in stated["words"]),
        tuple(re.compile(pattern, re.ASCII) for pattern in stated["patterns"]),
    )


BARRED: Final = barred_words(
    resources.files("connectors.outbound").joinpath("barred_words.toml").read_text("utf-8")
)
