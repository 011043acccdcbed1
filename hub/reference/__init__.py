"""The reference pages of `docs/`, made from what they describe, so that they cannot disagree."""

from hub.reference.commands import commands_page
from hub.reference.graph import graph_page
from hub.reference.lists import (
    DENIALS,
    QUARANTINES,
    datasets_page,
    errors_page,
    every_error,
    settings_page,
)
from hub.reference.systems import systems_table

__all__ = [
    "DENIALS",
    "QUARANTINES",
    "commands_page",
    "datasets_page",
    "errors_page",
    "every_error",
    "graph_page",
    "settings_page",
    "systems_table",
]
