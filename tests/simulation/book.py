"""What a long run has found out, a line each as it ends: a run of the same version goes on where it was stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from infra.version import version
from tests.equipment.evidence import FOLDER, ROOT

Entry = dict[str, Any]
Key = TypeVar("Key", bound=Hashable)


def book(name: str) -> Path:
    """Each version has its own. That of changed files is begun anew: nobody knows of which code its entries were."""
    path = FOLDER / f"{name}-{version(ROOT).replace(' ', '-')}.jsonl"
    if path.stem.endswith("-dirty"):
        path.unlink(missing_ok=True)
    return path


def entered(path: Path) -> list[Entry]:
    """Without a last line that was not written whole."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [entry for line in lines if (entry := _read(line)) is not None]


def _read(line: str) -> Entry | None:
    try:
        found: Entry = json.loads(line)
    except ValueError:
        return None
    return found


def go_on(
    wanted: Iterable[Key],
    path: Path,
    run: Callable[[list[Key]], Iterator[Entry]],
    *,
    key: str,
    say: Callable[[Entry, int], None],
) -> list[Entry]:
    """What is not in the book yet is entered as it ends; `key` is the field that names it. `say` is told each new entry
    and how many there are. All of the book.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    known = entered(path)
    names = {entry[key] for entry in known}
    with path.open("w", encoding="utf-8") as out:
        out.writelines(f"{json.dumps(entry)}\n" for entry in known)
        out.flush()
        for entry in run([each for each in wanted if each not in names]):
            known.append(entry)
            out.write(f"{json.dumps(entry)}\n")
            out.flush()
            say(entry, len(known))
    return known
