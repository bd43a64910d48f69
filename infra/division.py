"""Divides the connections among stacks for one synthesis, and says what was written down of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from functions.console.stack_names import stack_name
from infra.placement import (
    FILE,
    MOST,
    ROOM,
    SILENT,
    UNASKED,
    PlacementError,
    Places,
    Standing,
    known,
    placed,
    write,
    written,
)

ASKING = "cloudformation:DescribeStacks"


@dataclass(frozen=True)
class Division:
    """`places` is empty where one stack holds all. `before` is what the file said; None where there was none. `beside`
    is what other stacks of the account hold, by their number: no file and no line names any of it.
    """

    stack: str
    folder: Path
    names: Collection[str]
    places: Places
    before: Places | None
    told: str | None
    beside: Mapping[int, Collection[str]] = field(default_factory=dict)

    @cached_property
    def stack_names(self) -> list[str]:
        """Of the stacks that a connection stands in, as far as places were given."""
        return [stack_name(self.stack, number) for number in sorted({self.places[name] for name in self._placed})]

    @property
    def _placed(self) -> list[str]:
        return [name for name in self.names if name in self.places]

    def keep(self) -> Iterator[str]:
        """Writes down what is new, and says so. Raises PlacementError where another synthesis could not know of it."""
        new = sorted(self.places.keys() - (self.before or {}).keys())
        if new:
            yield self._kept(self._in_stacks(new))
        yield from self._gone()
        yield from self._beside()
        if self.told == SILENT:
            yield self._unseen

    @property
    def _unseen(self) -> str:
        what = f"{FILE} was believed, and nobody looked whether it is whole."
        if self.before is None:
            first = stack_name(self.stack, 1)
            what = f"no {FILE} says: all are in {first}. One that stood in another stack has begun anew there."
        return f"The account could not be asked which connections its stacks hold ({ASKING}); {what}"

    def _kept(self, new: str) -> str:
        if self.told == UNASKED:
            return f"{FILE} was not written, because a synthesis asks no account what stands. If nothing does: {new}."
        try:
            write(self.folder, self.places)
        except OSError as error:
            if self.told in {None, SILENT}:
                raise PlacementError(f"{FILE}: cannot be written in {self.folder}: {error.strerror}") from None
            return f"{FILE} could not be written ({error.strerror}); every deployment asks the account. New: {new}."
        return f"{FILE} was written: {new}. Keep it with the connection files; it says where each connection stays."

    def _in_stacks(self, names: Iterable[str]) -> str:
        by_number = defaultdict(list)
        for name in names:
            by_number[self.places[name]].append(name)
        stacks = sorted(by_number.items())
        return "; ".join(f"{', '.join(held)} in {stack_name(self.stack, number)}" for number, held in stacks)

    def _gone(self) -> Iterator[str]:
        gone = sorted(self.places.keys() - set(self.names))
        if gone:
            yield f"{FILE} names what has no file: {self._in_stacks(gone)}. A line that is taken out makes room."
        for number in sorted({self.places[name] for name in gone} - {self.places[name] for name in self._placed}):
            yield (
                f"{stack_name(self.stack, number)} has no connection left. A deployment leaves it as it is: delete it "
                f"as docs/operations.md says, then take its lines out of {FILE}."
            )

    def _beside(self) -> Iterator[str]:
        for number, held in sorted(self.beside.items()):
            verbs = "has no file here, and goes" if len(held) == 1 else "have no file here, and go"
            yield (
                f"{stack_name(self.stack, number)} holds {', '.join(sorted(held))}, which {verbs} on reading and "
                "writing: put the file back, or delete that stack as docs/operations.md says, unless another folder "
                "was deployed as it."
            )


def divided(
    stack: str, folder: Path, names: Collection[str], *, told: str | None, holds: Callable[[], bool]
) -> Division:
    """`told` is what a deployment found in the account, SILENT, UNASKED, or None where nobody looked. `holds`: whether
    the first stack holds them all, which takes seconds. Raises PlacementError.
    """
    lock = written(folder)
    standing = Standing({}) if told in {None, SILENT, UNASKED} else Standing.parsed(str(told))
    if misnamed := standing.misnamed(names):
        raise misnamed
    places = known(names, lock, standing)
    beside = standing.foreign({*names, *places})
    if lock is None and _is_one(names, places, told, holds):
        return Division(stack, folder, names, {}, lock, told, beside)
    if lock is None and told in {None, SILENT}:
        raise _unsaid(folder, names)
    return Division(stack, folder, names, placed(names, places, beside), lock, told, beside)


def _is_one(names: Collection[str], places: Places, told: str | None, holds: Callable[[], bool]) -> bool:
    """More than any stack has room for may stand divided though they would fit: an account that is silent hides it."""
    if not set(places.values()) <= {1}:
        return False
    if len(names) <= ROOM:
        return True
    return told != SILENT and len(names) <= MOST and holds()


def _unsaid(folder: Path, names: Collection[str]) -> PlacementError:
    return PlacementError(
        f"{len(names)} connections may stand in several stacks, and {folder} has no {FILE} to say where: make deploy "
        f"asks the account ({ASKING}) and writes it; written by hand it has a line such as acme = 1 for each "
        "connection that stands, and an empty one says that none is deployed yet"
    )


def alone(stack: str, folder: Path, names: Collection[str]) -> Division:
    """Where each connection has a stack of its own, nothing has to be written down."""
    return Division(stack, folder, names, {}, None, None)
