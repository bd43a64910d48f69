"""Answers are tables on a terminal, aligned text in a pipe, and never more than text."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from functions.console import instants
from functions.console.screen import Line, Table, plain, show

TABLE = Table(("order", "reason"), [("P1", "record_locked"), ("P1002", "-")])


def test_a_pipe_gets_aligned_columns_without_a_control_character() -> None:
    out = Console(file=io.StringIO(), force_terminal=False, width=20)
    show([Line("head", tone="red"), TABLE, Line("a long line that is longer than the twenty columns", 2)], out)
    assert out.file.getvalue() == (  # type: ignore[attr-defined]
        "head\norder  reason\nP1     record_locked\nP1002  -\n  a long line that is longer than the twenty columns\n"
    )


def test_a_terminal_gets_colours_and_whole_cells_in_as_many_lines_as_they_need() -> None:
    out = Console(file=io.StringIO(), force_terminal=True, width=30, legacy_windows=False)
    show([Line("head", tone="red"), Table(("order",), [("P" * 40,)])], out)
    text = out.file.getvalue()  # type: ignore[attr-defined]
    assert "\x1b[" in text
    assert text.count("P") == 40


@pytest.mark.parametrize("hostile", ["\x1b[2Jgone", "a\rb", "bell\x07", "line\nbreak", "\x9b31m"])
@pytest.mark.parametrize("is_terminal", [True, False])
def test_what_a_vendor_says_moves_no_cursor(hostile: str, is_terminal: bool) -> None:  # noqa: FBT001
    out = Console(file=io.StringIO(), force_terminal=is_terminal, color_system=None, width=80)
    show([Line(hostile), Table((hostile,), [(hostile,)])], out)
    text = out.file.getvalue()  # type: ignore[attr-defined]
    assert not any(control in text for control in ("\x1b[2J", "\r", "\x07", "\x9b"))
    assert text.count("\n") == 3


def test_a_text_in_brackets_is_no_markup() -> None:
    assert list(plain([Line("[red]P1[/]")])) == ["[red]P1[/]"]
    out = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=80)
    show([Table(("a",), [("[red]P1[/]",)])], out)
    assert "[red]P1[/]" in out.file.getvalue()  # type: ignore[attr-defined]


def test_instants_are_typed_short() -> None:
    now = datetime.now(UTC)
    assert 7100 < (now - datetime.fromisoformat(instants.ago("2h"))).total_seconds() < 7300
    assert 3500 < (datetime.fromisoformat(instants.ahead("1h")) - now).total_seconds() < 3700
    assert instants.ago("2026-03-01") == "2026-03-01T00:00:00Z"
    assert instants.ago("2026-13-01") == "2026-13-01"
    assert instants.ago("soon") == "soon"
