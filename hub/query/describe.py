"""Writes a plan down for a reader: levels as a tree, what is opened, what is refused."""

from collections.abc import Iterator

from hub.query.model import Constant, Entities, Introspected, Level, Plan, Root


def described(plan: Plan) -> str:
    """Return the plan as text, the same for equal plans."""
    return "\n".join(_lines(plan)) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    for output in plan.outputs:
        match output:
            case Root():
                yield from _root(plan, output)
            case Entities():
                for root in output.roots:
                    yield from _root(plan, root)
            case Constant():
                yield f"{output.key}: constant {output.value!r}"
            case Introspected():
                yield f"{output.key}: the schema"
    for error in plan.errors:
        yield f"refused {'.'.join(error.path)}: {error.field} {error.code}"


def _root(plan: Plan, root: Root) -> Iterator[str]:
    yield f"{root.key}: {root.kind}, {root.unit_cost} values a row"
    for level in plan.levels:
        if level.root == root.index and level.parent is None:
            yield from _tree(plan, level, 1)


def _tree(plan: Plan, level: Level, depth: int) -> Iterator[str]:
    blanks = "  " * depth
    name = f" {level.dataset.name}" if level.dataset else ""
    yield f"{blanks}level {level.index}: {level.kind}{name}"
    if level.choice is not None:
        yield f"{blanks}  chosen by: {level.choice.text}{', counted' if level.counted else ''}"
    if level.columns:
        yield f"{blanks}  clear: {', '.join(level.columns)}"
    if level.groups:
        yield f"{blanks}  opened: {', '.join(level.groups)}"
    if level.uncovered is not None:
        yield f"{blanks}  rows: of people whose authorisation covers them"
    if level.anchor is not None:
        yield f"{blanks}  relations: to an anchor"
    yield f"{blanks}  answered: {', '.join(level.answered)}"
    for below in plan.levels:
        if below.parent == level.index:
            yield from _tree(plan, below, depth + 1)
