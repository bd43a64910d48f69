"""Says what is wrong with a connection file: one sentence a mistake, with the key, the reason and a right value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from itertools import groupby
from typing import Any

from pydantic_core import ErrorDetails

from functions.connections.faults import faults_of, place_of, sentence
from functions.connections.keys import Path, Stray, field_at, settled, strays, word_of, words_of
from functions.connections.right_values import either, given, header, told
from functions.connections.values import NOT_HERE

MOST_NAMED = 5  # keys in one sentence


def explained(content: Mapping[str, Any], name: str) -> list[str]:
    """`key: reason` for each mistake, none where there is none. `name` is the connection's."""
    lost = settled(strays(content))
    repaired, moved = _repaired(content, lost)
    faults = faults_of(repaired, name)
    named = {"name": name, **repaired}
    own = [sentence(fault, named) for fault in _once(faults) if _is_own(fault, lost, moved)]
    return [*_sentences(lost, faults), *own]


def _repaired(content: Mapping[str, Any], lost: Sequence[Stray]) -> tuple[dict[str, Any], list[Path]]:
    """Without the stray keys, and with those in their place that can only be meant for one: what is wrong with the
    rest has a cause of its own.
    """
    repaired: dict[str, Any] = deepcopy(dict(content))
    moved: list[Path] = []
    for stray in lost:
        value = _table(repaired, stray.table).pop(stray.key)
        if len(stray.meant) == 1 and not stray.is_secret and not stray.elsewhere:
            moved.append(stray.meant[0])
            _put(repaired, stray.meant[0], value)
    return repaired, moved


def _table(content: Any, path: Path) -> dict[str, Any]:
    for step in path:
        content = content[step]
    table: dict[str, Any] = content
    return table


def _put(content: dict[str, Any], path: Path, value: Any) -> None:
    """Where something stands already, that stays. A path through a list without a number means its first table."""
    table: Any = content
    for step in path[:-1]:
        table = _first(table, step)
        table = table.setdefault(step, {}) if isinstance(table, dict) else _entry(table, step)
    table = _first(table, path[-1])
    if isinstance(table, dict):
        table.setdefault(path[-1], value)


def _first(table: Any, step: str | int) -> Any:
    return table[0] if isinstance(table, list) and table and isinstance(step, str) else table


def _entry(table: Any, step: str | int) -> Any:
    return table[step] if isinstance(table, list) and isinstance(step, int) else None


def _once(faults: Sequence[ErrorDetails]) -> Iterator[ErrorDetails]:
    """One for all entries of a list with the same fault; none for a list that is short without its wrong entries."""
    seen: set[tuple[Path, str]] = set()
    places = [place_of(fault) for fault in faults]
    for fault, place in zip(faults, places, strict=True):
        is_hollow = fault["type"] == "too_short" and any(p[: len(place)] == place != p for p in places)
        where = place[:-1] if place and isinstance(place[-1], int) else place
        if not is_hollow and (where, fault["type"]) not in seen:
            seen.add((where, fault["type"]))
            yield fault


def _is_own(fault: ErrorDetails, lost: Sequence[Stray], moved: Sequence[Path]) -> bool:
    """Whether nothing that was told already is its cause."""
    place = place_of(fault)
    is_moved = any(place[: len(path)] == path or path[: len(place)] == place for path in moved)
    is_told = fault["type"] == "missing" and any(place[:-1] in _tables(stray) for stray in lost)
    return not is_moved and not is_told


def _tables(stray: Stray) -> list[Path]:
    """Those in which a key may be missing because the stray one was meant for it."""
    return (
        []
        if stray.is_secret or stray.says or stray.elsewhere
        else [place[:-1] for place in stray.meant] or [stray.table]
    )


def _sentences(lost: Sequence[Stray], faults: Sequence[ErrorDetails]) -> Iterator[str]:
    """One for all the keys that one wrong header moved into a table."""

    def kind(stray: Stray) -> tuple[str, ...]:
        is_told_alone = (stray.is_misspelt and not stray.is_secret) or stray.says or stray.elsewhere
        alone = stray.at if is_told_alone else ()
        return str(stray.table), str(stray.is_secret), str(alone), str(_tables(stray))

    for _, group in groupby(sorted(lost, key=kind), kind):
        together = list(group)
        yield f"{_keys(together)}: {_why(together, faults)}"


def _keys(together: Sequence[Stray]) -> str:
    names = [stray.key for stray in together[1:MOST_NAMED]] + ["…"] * (len(together) > MOST_NAMED)
    return "".join([told(together[0].at), *(f", {name}" for name in names)])


def _why(together: Sequence[Stray], faults: Sequence[ErrorDetails]) -> str:
    stray = together[0]
    if alone := _why_alone(stray):
        return alone
    if stray.meant:
        tables = list(dict.fromkeys(header(place[:-1]) for place in stray.meant))
        return f"unknown key here; {'they belong' if len(together) > 1 else 'it belongs'} in {either(tables[:3])}"
    missing = [place[-1] for place in map(place_of, _missing(faults)) if place[:-1] == stray.table]
    return f"unknown key; {', '.join(map(str, missing))} is missing here" if missing else _unknown(stray)


def _why_alone(stray: Stray) -> str:
    """Where the key itself says enough."""
    if stray.elsewhere:
        return f"is no key of this file: it {stray.elsewhere}"
    if stray.is_secret:
        return NOT_HERE
    if stray.profiles:
        return f"is no key of this profile; {either(stray.profiles)} has it"
    if stray.is_misspelt:
        return f"unknown key; did you mean {given(stray.meant[0], {})}?"
    return _said(stray) if stray.says else ""


def _said(stray: Stray) -> str:
    place = (*stray.table, stray.says)
    field = field_at(place, {})
    word = word_of(stray.key, words_of(field.annotation)) if field else None
    if stray.value is True:
        return f'unknown key; did you mean {stray.says} = "{word}"?'
    return f"unknown key; {stray.says} says it, as in {given(place, {})}"


def _unknown(stray: Stray) -> str:
    stores = ", and tables named after a store's id, such as [stores.100001]" if stray.table == ("stores",) else ""
    return f"unknown key; known here are {', '.join(stray.known)}{stores}"


def _missing(faults: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    return [fault for fault in faults if fault["type"] == "missing"]
