"""Stores the place of records once an item: most orders stay below one write unit of a kilobyte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

PLACE, ID = "place", "id"


def compact(values: Mapping[str, Any]) -> dict[str, Any]:
    """The place that most records have stands beside everything; their keys keep only the id."""
    places = Counter(_places(values))
    if not places:
        return dict(values)
    ((place, _),) = places.most_common(1)
    return {**_without(values, place), PLACE: place}


def whole(values: Mapping[str, Any]) -> dict[str, Any]:
    """As it was. An item that an earlier version stored names each place itself."""
    place = values.get(PLACE)
    kept = {name: value for name, value in values.items() if name != PLACE}
    return _with(kept, place) if place is not None else kept


def _places(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.keys() == {PLACE, ID}:
            yield value[PLACE]
        for inner in value.values():
            yield from _places(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _places(inner)


def _without(value: Any, place: str) -> Any:
    if isinstance(value, dict):
        is_there = value.keys() == {PLACE, ID} and value[PLACE] == place
        return {name: _without(inner, place) for name, inner in value.items() if not (is_there and name == PLACE)}
    return [_without(inner, place) for inner in value] if isinstance(value, list) else value


def _with(value: Any, place: str) -> Any:
    if isinstance(value, dict):
        known = {PLACE: place} if value.keys() == {ID} else {}
        return {**known, **{name: _with(inner, place) for name, inner in value.items()}}
    return [_with(inner, place) for inner in value] if isinstance(value, list) else value
