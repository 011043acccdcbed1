"""The page of the command line: every command, argument and option, from the program itself."""

import inspect
from collections.abc import Iterator, Sequence
from enum import Enum, EnumType
from pathlib import Path
from typing import Any, Final

import typer
import typer.main

from hub.reference.markdown import page, table

_VALUES: Final = {"Path": "path", "str": "text", "int": "number", "datetime": "date"}
"""What stands for a value, by the type that the command declares."""


def commands_page(app: typer.Typer) -> str:
    """Return the page about every command of `app`, in the order in which they are declared."""
    root = typer.main.get_command(app)
    found = list(_below(root, (root.name or "hub",)))
    return page(
        "The command line",
        _prose(root.help) + "\n",
        table(
            ("command", "what it does"),
            [
                (f"[`{' '.join(words)}`](#{'-'.join(words)})", _first_line(command))
                for words, command in found
            ],
        ),
        *(_command(words, command) for words, command in found),
    )


def _below(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command that does something, with the words that call it."""
    for name, each in getattr(command, "commands", {}).items():
        if hasattr(each, "commands"):
            if each.invoke_without_command:
                yield (*words, name), each
            yield from _below(each, (*words, name))
        else:
            yield (*words, name), each


def _prose(text: str | None) -> str:
    return inspect.cleandoc(text or "")


def _first_line(command: Any) -> str:
    return _prose(command.help).split("\n\n", 1)[0]


def _command(words: Sequence[str], command: Any) -> str:
    usage = [*words, *(_usage(each) for each in command.params if _is_argument(each)), "[OPTIONS]"]
    rows = [(_names(each), _value(each), _default(each), each.help) for each in command.params]
    return (
        f"## {' '.join(words)}\n\n{_prose(command.help)}\n\n"
        f"```\n{' '.join(usage)}\n```\n\n"
        + table(("argument or option", "value", "default", "what it is for"), rows)
    )


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _usage(parameter: Any) -> str:
    several = "..." if _annotation(parameter).startswith("list[") else ""
    word = f"{parameter.name.upper()}{several}"
    return word if parameter.required else f"[{word}]"


def _names(parameter: Any) -> str:
    if _is_argument(parameter):
        return f"`{parameter.name.upper()}`"
    return ", ".join(f"`{name}`" for name in parameter.opts)


def _annotation(parameter: Any) -> str:
    kind = parameter.type_descriptor.annotation
    return kind.__name__ if type(kind) is type else str(kind).replace("pathlib.", "")


def _value(parameter: Any) -> str:
    if getattr(parameter, "is_flag", False):
        return ""
    kind = parameter.type_descriptor.annotation
    if isinstance(kind, EnumType):
        return "one of " + ", ".join(f"`{each.value}`" for each in kind)  # type: ignore[var-annotated]
    name = _annotation(parameter)
    inner = name.removeprefix("list[").removesuffix("]")
    word = _VALUES[inner]
    if parameter.min is not None:
        word += f", at least {parameter.min}"
    return f"{word}, repeatable" if inner != name else word


def _default(parameter: Any) -> str:
    if parameter.required:
        return "needed"
    value = parameter.default
    value = value.value if isinstance(value, Enum) else value
    return "" if value in (None, False, []) or isinstance(value, Path) else f"`{value}`"
