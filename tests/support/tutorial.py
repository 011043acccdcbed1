"""What the tutorial shows: its documents, its commands, and a program made of them."""

import re
from pathlib import Path

from tests.support.golden import ROOT

TEXT = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
FOLDER = ROOT / "examples" / "tutorial"
_HEAD = re.compile(r"^# \w+: .*\n", re.MULTILINE)


def blocks(language: str, text: str = TEXT) -> list[str]:
    """Return the fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def document(path: Path) -> str:
    """Return the document of an example, without the head that says what it is for."""
    return _HEAD.sub("", path.read_text(encoding="utf-8"))


def head(path: Path) -> dict[str, str]:
    """Return what the head of an example says."""
    return dict(re.findall(r"^# (\w+): (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE))


def questions(text: str = TEXT) -> list[tuple[str, str, str]]:
    """Return client, purpose and document of each question that the commands ask."""
    return re.findall(r"\bask ([\w-]+) ([A-Z]+) ([\w-]+) ", "\n".join(blocks("sh", text)))


def program(address: str, home: Path) -> str:
    """Return every command after `make demo` as one program; each block's output has a head.

    Raises:
        ValueError: The tutorial does not say where hub and home are in the way that we expect.
    """
    first, *rest = blocks("sh")
    text = "\n".join(f"echo '=== {n}'\n{block}" for n, block in enumerate(rest, 1))
    for stated, real in (
        ("HUB=http://127.0.0.1:8700\n", f"HUB={address}\n"),
        ("HUB_HOME=.hub\n", f"HUB_HOME={home}\n"),
    ):
        if text.count(stated) != 1:
            raise ValueError(f"{stated.strip()} does not stand once in the tutorial")
        text = text.replace(stated, real)
    if not first.startswith("make demo"):
        raise ValueError("the tutorial does not begin with make demo")
    return f"set -eo pipefail\n{text}"
