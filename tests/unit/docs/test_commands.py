"""Every documented command is one that the operator's command line or the Makefile takes, and each of the former's is
documented.
"""

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
MADE = sorted(
    {
        typed.strip()
        for page in [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]
        for typed in re.findall(r"^make .+$|(?<=`)make [^`]+(?=`)", page.read_text("utf-8"), re.MULTILINE)
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


@pytest.mark.parametrize("typed", MADE)
def test_what_make_is_told_is_a_verb_and_what_it_reads(typed: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    verbs = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    read = set(re.findall(r"\$\$?[({]?([A-Z]+)\b", makefile))
    words = shlex.split(typed.partition("#")[0])[1:]
    assert {word for word in words if "=" not in word} <= verbs
    assert {word.partition("=")[0] for word in words if "=" in word} <= read


def test_commands_of_make_are_found() -> None:
    assert {"make setup", "make secrets CONNECTION=NAME FOLDER=FOLDER"} <= {*MADE}


def questions() -> list[list[str]]:
    """The cells of each question that an operator has."""
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    lines = text.partition("\n| question | command |")[2].partition("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:]]


@pytest.mark.parametrize("question", questions(), ids=lambda cells: cells[0])
def test_a_question_has_its_command_its_answer_and_what_is_clicked_for_it(question: list[str]) -> None:
    asked, command, answer, clicked = question
    assert all((asked, command, answer, clicked))
    shown = "".join(path.read_text("utf-8") for path in (*ROOT.glob("functions/page/*.py"), ROOT / "infra/page.py"))
    assert [word for word in re.findall(r"`([^`]+)`", clicked) if f'"{word}"' not in shown] == []
