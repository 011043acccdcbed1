"""The example documents of `examples/`, as the explorer offers them.

Each begins with comments that say what it is for and how to ask it: `# zh:` and `# en:` a title,
`# purpose:`, `# client:` of the demonstration, `# case:` where one is needed, `# variables:` JSON.
The folder lies beside the packages in a checkout and inside this package in a wheel.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

_HEAD: Final = re.compile(r"# (zh|en|purpose|client|case|variables): (.+)")
_NEEDED: Final = frozenset({"zh", "en", "purpose", "client", "variables"})


@dataclass(frozen=True, slots=True)
class Example:
    """One document with what is sent beside it."""

    name: str
    zh: str
    en: str
    purpose: str
    client: str
    case: str | None
    variables: Mapping[str, object]
    document: str


def examples_folder() -> Path:
    """Return where the examples lie."""
    inside = Path(__file__).with_name("examples")
    return inside if inside.is_dir() else Path(__file__).resolve().parents[3] / "examples"


def read_examples(folder: Path) -> tuple[Example, ...]:
    """Return every `*.graphql` of `folder`, by name.

    Raises:
        ValueError: One does not say what it is for; the message names the file.
    """
    return tuple(parsed_example(path) for path in sorted(folder.glob("*.graphql")))


def parsed_example(path: Path) -> Example:
    """Return the example in one file.

    Raises:
        ValueError: Its head lacks something; the message names the file.
    """
    text = path.read_text("utf-8")
    stated = [match for line in text.splitlines() if (match := _HEAD.fullmatch(line))]
    head = {match[1]: match[2] for match in stated}
    missing = _NEEDED - head.keys()
    if missing:
        raise ValueError(f"{path.name} does not say its {', '.join(sorted(missing))}")
    return Example(
        name=path.stem,
        zh=head["zh"],
        en=head["en"],
        purpose=head["purpose"],
        client=head["client"],
        case=head.get("case"),
        variables=json.loads(head["variables"]),
        document="\n".join(line for line in text.splitlines() if not _HEAD.fullmatch(line)).strip()
        + "\n",
    )


def told_examples(folder: Path) -> list[dict[str, object]]:
    """Return the examples as the explorer is told them."""
    return [asdict(example) for example in read_examples(folder)]
