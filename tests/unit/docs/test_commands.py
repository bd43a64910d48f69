"""Every documented command is one that the operator's command line takes, and each of its commands is documented."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from functions.console.commands import COMMANDS
from functions.console.operate import BY_NAME, parser

ROOT = Path(__file__).parents[3]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/*.md")])
TYPED = sorted(
    {
        typed.strip()
        for page in PAGES
        for typed in re.findall(
            r"^\.ci/operate .+$|(?<=`)\.ci/operate [^`]+(?=`)", page.read_text("utf-8"), re.MULTILINE
        )
        if "COMMAND" not in typed and "--help" not in typed
    }
)


@pytest.mark.parametrize("typed", TYPED)
def test_what_is_documented_can_be_typed(typed: str) -> None:
    arguments = parser().parse_args(shlex.split(typed)[1:])
    command = BY_NAME[arguments.command]
    arguments.connection, arguments.by = "example", "kim"
    command.model(arguments).model_validate(command.request(arguments))
    assert not command.is_signed(arguments) or arguments.note


def test_every_command_is_documented() -> None:
    assert {shlex.split(typed)[1] for typed in TYPED} >= {command.name for command in COMMANDS}
