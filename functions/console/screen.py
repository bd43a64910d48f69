"""What an answer looks like: tables and colours on a terminal, aligned text in a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rich.console import Console
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

Tone = Literal["", "bold", "green", "red", "yellow"]
GAP = "  "


@dataclass(frozen=True)
class Line:
    text: str
    indent: int = 0
    tone: Tone = ""


@dataclass(frozen=True)
class Table:
    headings: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)


Block = Line | Table


@dataclass(frozen=True)
class Shown:
    """An answer for people. `asks`: somebody has to look closer."""

    blocks: list[Block]
    asks: bool = False


def clean(text: object) -> str:
    """Vendors' texts reach a terminal: what moves its cursor or rings its bell does not."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in str(text))


def show(blocks: Iterable[Block], console: Console) -> None:
    if console.is_terminal:
        _on_terminal(blocks, console)
        return
    for line in plain(blocks):
        console.file.write(f"{line}\n")


def plain(blocks: Iterable[Block]) -> Iterator[str]:
    """Whole cells, however long."""
    for block in blocks:
        if isinstance(block, Line):
            yield f"{' ' * block.indent}{clean(block.text)}".rstrip()
        else:
            yield from _aligned([block.headings, *block.rows])


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    cells = [[clean(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _on_terminal(blocks: Iterable[Block], console: Console) -> None:
    for block in blocks:
        if isinstance(block, Line):
            console.print(Padding(Text(clean(block.text), style=block.tone), (0, 0, 0, block.indent), expand=False))
        else:
            console.print(_table(block))


def _table(block: Table) -> RichTable:
    table = RichTable(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for heading in block.headings:
        table.add_column(Text(clean(heading), style="underline"), overflow="fold")
    for row in block.rows:
        table.add_row(*(Text(clean(cell)) for cell in row))
    return table
