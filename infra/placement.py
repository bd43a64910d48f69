"""Which of several stacks each connection stands in, where one does not hold them all: written down beside the
connection files, because a connection that changes its stack begins there without its memory.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Collection, Container, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from functions.connections.toml_text import UnreadableError, content_of

FILE = "stacks.lock"  # no *.toml, so that nobody takes it for a connection file
UNASKED = "unasked"  # told by a synthesis alone, which needs no account
SILENT = "silent"  # told by a deployment that may not ask it
ROOM = 6  # connections that fit into any stack, whatever they are called and ask for
MOST = 16  # more fit into none, however short their names
HEAD = """\
# Which stack each connection stands in. Written by a deployment; keep it with the connection files.
# A connection whose number changes begins in another stack, without its memory.
"""

Places = Mapping[str, int]  # the number of its stack by connection; the first is 1


class PlacementError(Exception):
    """Names the file, the connection and what to do."""


@dataclass(frozen=True)
class Standing:
    """What an account holds already: connections by the number of their stack, and of those that were renamed the first
    name, which they are kept under, by the one that they have now.
    """

    held: Mapping[int, frozenset[str]]
    first: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parsed(cls, text: str) -> Standing:
        """By the number a list of `acme`, or `acme=northwind` where it was renamed."""
        pairs = {int(n): [name.partition("=") for name in names] for n, names in json.loads(text).items()}
        first = {called: name for held in pairs.values() for name, _, called in held if called}
        return cls({number: frozenset(name for name, _, _ in held) for number, held in pairs.items()}, first)

    def misnamed(self, names: Collection[str]) -> PlacementError | None:
        """Of a file that says a later name than the first, or none: it would be another connection."""
        for name in sorted({*names} & self.first.keys()):
            if name not in self._all and self.first[name] not in names:
                return PlacementError(
                    f"{name}: the account keeps it as {self.first[name]}, its first name, and as {name} it would begin "
                    f'without its memory; write formerly = "{self.first[name]}" in its file'
                )
        return None

    @property
    def _all(self) -> frozenset[str]:
        return frozenset[str]().union(*self.held.values())

    def foreign(self, own: Collection[str]) -> Mapping[int, frozenset[str]]:
        """Stacks that hold none of these, hence somebody else's, or forgotten. The first one bears the name that was
        chosen.
        """
        return {n: names for n, names in self.held.items() if n > 1 and names and names.isdisjoint(own)}


def written(folder: Path) -> Places | None:
    """What the file says; None where there is none. Raises PlacementError."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        content = content_of(path)
    except UnreadableError as error:
        raise PlacementError(f"{FILE}: {error}") from None
    for name, number in content.items():
        if type(number) is not int or number < 1:
            raise PlacementError(f"{FILE}: {name}: is the number of a stack, 1 or more")
    return content


def known(names: Collection[str], lock: Places | None, standing: Standing) -> Places:
    """What must not be moved: as written down, and what stands in the account without being written down."""
    lock = lock or {}
    return {**dict(_standing(names, lock, standing)), **lock}


def _standing(names: Collection[str], lock: Places, standing: Standing) -> Iterator[tuple[str, int]]:
    for number, held in sorted(standing.held.items(), reverse=True):
        for name in sorted(held.intersection(names)):
            if lock.get(name, number) != number and name not in standing.held.get(lock[name], ()):
                raise PlacementError(
                    f"{FILE}: {name} = {lock[name]}: the account has it in stack {number}, and elsewhere it would "
                    f"begin without its memory; write {name} = {number}"
                )
            yield name, number


def placed(names: Collection[str], places: Places, taken: Container[int] = ()) -> Places:
    """Each new connection in the first stack that has room and is nobody else's. What has a place keeps it."""
    found, filled = dict(places), Counter(places.values())
    for name in sorted(set(names) - places.keys()):
        found[name] = next(number for number in count(1) if number not in taken and filled[number] < ROOM)
        filled[found[name]] += 1
    return found


def write(folder: Path, places: Places) -> None:
    """A line for each connection, the stacks one after the other. Raises OSError."""
    lines = (f"{name} = {number}\n" for number, name in sorted((number, name) for name, number in places.items()))
    path = folder / FILE
    unfinished = path.with_name(f"{FILE}.{os.getpid()}")
    unfinished.write_text(HEAD + "".join(lines), encoding="utf-8")
    unfinished.replace(path)
