"""Every key that a connection file may hold, where it belongs, and which key a stray one was meant to be."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from functions.connections.carriers import CODES
from functions.connections.connection import Connection, is_no_entry
from functions.connections.other_words import ELSEWHERE, OTHER_WORDS
from functions.connections.stores import StoreOverride, Stores, is_store_id
from functions.connections.values import names_a_secret

Path = tuple[str | int, ...]

UNITS = ("_seconds", "_minutes", "_hours", "_days", "_ms")
CARRIERS = CODES | {"ups", "usps", "fedex", "dhl", "ontrac"}
PROFILED: dict[str, Path] = {"targets": ("ifs", "targets"), "align": ("align",)}  # lists of tables with a profile
LIKE, ELSEWHERE_LIKE = 0.75, 0.85  # of spelling, for a key of the same table and of another one


@dataclass(frozen=True)
class Stray:
    """A key that its table does not know. `meant` are the places that it may have been meant for; `says` is the key of
    its table that takes the stray one's name as a word.
    """

    at: Path
    value: Any
    meant: tuple[Path, ...] = ()
    known: tuple[str, ...] = ()
    says: str = ""

    @property
    def key(self) -> str:
        return str(self.at[-1])

    @property
    def table(self) -> Path:
        return self.at[:-1]

    @property
    def is_secret(self) -> bool:
        return names_a_secret(self.key) or (isinstance(self.value, dict) and any(map(names_a_secret, self.value)))

    @property
    def elsewhere(self) -> str:
        """Where it is said instead, if not in this file."""
        return ELSEWHERE.get(_folded(self.key), "")

    @property
    def profiles(self) -> tuple[str, ...]:
        """Those of its list's tables whose own key it is."""
        listed = next((str(step) for step in self.at[-3:-2] if step in PROFILED), "")
        return tuple(profile_of(model) for model in profiles_of(listed) if self.key in fields_of(model))

    @property
    def is_misspelt(self) -> bool:
        return bool(self.meant) and self.meant[0][:-1] == self.table


def strays(raw: Mapping[str, Any], model: type[BaseModel] = Connection, at: Path = ()) -> Iterator[Stray]:
    fields = fields_of(model)
    for key, value in raw.items():
        if key in fields:
            yield from _within(fields[key], value, (*at, key))
        elif model is Stores and is_store_id(key):
            yield from strays(value, StoreOverride, (*at, key)) if isinstance(value, dict) else ()
        else:
            stray = Stray((*at, key), value, known=tuple(fields))
            meant = () if stray.profiles else tuple(_meant(key, model, at, raw))
            yield replace(stray, meant=meant, says="" if meant or stray.profiles else _says(key, fields))


def field_at(path: Path, raw: Mapping[str, Any]) -> FieldInfo | None:
    """The field that reads what stands at a place of the file; None within a map and for a table of a store."""
    model: type[BaseModel] | None = Connection
    found: FieldInfo | None = None
    value: Any = raw
    for step in path:
        value = _step(value, step)
        if isinstance(step, int):
            model = _model(found, value) if found else None
        elif model is Stores and is_store_id(step):
            model, found = StoreOverride, None
        elif model is None or (found := fields_of(model).get(step)) is None:
            return None
        else:
            model = _model(found, value)
    return found


def fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """By the key of the file."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def profiles_of(listed: str) -> tuple[type[BaseModel], ...]:
    """The models of a list whose tables name a profile; none for another list."""
    field = field_at(PROFILED[listed], {}) if listed in PROFILED else None
    return models_of(field.annotation) if field else ()


def profile_of(model: type[BaseModel]) -> str:
    return str(get_args(model.model_fields["profile"].annotation)[0])


def models_of(annotation: Any) -> tuple[type[BaseModel], ...]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (annotation,)
    return tuple(model for part in get_args(annotation) for model in models_of(part))


def settled(lost: Iterable[Stray]) -> list[Stray]:
    """Of several tables that a key may have been meant for, the one that a neighbour in the file belongs to."""
    everything = list(lost)
    sure = {(stray.table, stray.meant[0][:-1]) for stray in everything if len(stray.meant) == 1}
    return [replace(stray, meant=_sure(stray, sure) or stray.meant) for stray in everything]


def _sure(stray: Stray, sure: Container[tuple[Path, Path]]) -> tuple[Path, ...]:
    return tuple(place for place in stray.meant if (stray.table, place[:-1]) in sure)[:1]


def _step(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    return value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None


def _model(field: FieldInfo, value: Any) -> type[BaseModel] | None:
    """Of several profiles the one that the table names."""
    models = models_of(field.annotation)
    named = value.get("profile") if isinstance(value, dict) else None
    fitting = (m for m in models if named in get_args(fields_of(m)["profile"].annotation)) if len(models) > 1 else ()
    return next(iter(fitting), models[0] if models else None)


def _within(field: FieldInfo, value: Any, at: Path) -> Iterator[Stray]:
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _within(field, each, (*at, number))
    elif isinstance(value, dict) and (model := _model(field, value)) is not None:
        yield from strays(value, model, at)
    elif isinstance(value, dict):
        yield from _within_map(value, at)


def _within_map(entries: Mapping[str, Any], at: Path) -> Iterator[Stray]:
    for key in (name for name in entries if is_no_entry(name)):
        yield Stray((*at, key), entries[key], tuple(place for place in places() if place[-1] == key))


def _meant(key: str, model: type[BaseModel], at: Path, raw: Mapping[str, Any]) -> Iterator[Path]:
    """A key of the same table that is spelt like it or differs in its unit alone, else the same key elsewhere."""
    near = _nearest(_folded(key), {_folded(name): name for name in fields_of(model)})
    elsewhere = [place for place in _called(key) if place[:-1] != at]
    if near and (not elsewhere or near not in raw):
        yield (*at, near)
        return
    found = [("carriers", key)] if key in CARRIERS else elsewhere or _spelt_like(key)
    yield from _under(at, found) or found


def _says(key: str, fields: Mapping[str, FieldInfo]) -> str:
    return next((name for name, field in fields.items() if word_of(key, words_of(field.annotation))), "")


def words_of(annotation: Any) -> tuple[str, ...]:
    """Those that a key takes, none where it takes any."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(word for part in get_args(annotation) if get_origin(part) is Literal for word in get_args(part))


def word_of(text: object, choices: Sequence[str]) -> str | None:
    """Of the choices the one that is written or, in another tool's words, meant."""
    word = str(text).strip().casefold().replace("-", "_").replace(" ", "_")
    return next((each for each in (word, OTHER_WORDS.get(word)) if each in choices), None)


def _called(key: str) -> list[Path]:
    return [place for place in places() if _folded(str(place[-1])) == _folded(key)]


def _under(at: Path, found: Iterable[Path]) -> list[Path]:
    table = tuple(step for step in at if isinstance(step, str))
    return [place for place in found if place[: len(at)] == table]


def _spelt_like(key: str) -> list[Path]:
    close = get_close_matches(_folded(key), {str(place[-1]) for place in places()}, n=1, cutoff=ELSEWHERE_LIKE)
    return [place for place in places() if place[-1] in close]


def _nearest(key: str, names: Mapping[str, str]) -> str | None:
    stem = _stem(key)
    same = next((name for folded, name in names.items() if stem != folded and _stem(folded) == stem), None)
    close = get_close_matches(key, names, n=1, cutoff=LIKE)
    return same or (names[close[0]] if close else None)


def _stem(key: str) -> str:
    return next((key.removesuffix(unit) for unit in UNITS if key.endswith(unit)), key)


def _folded(key: str) -> str:
    return key.strip().casefold().replace("-", "_").replace(" ", "_")


@cache
def places() -> tuple[Path, ...]:
    """Every place of the file once, the tables of single stores left out; `ifs.targets` stands for each target."""
    return tuple(dict.fromkeys(_below(Connection, ())))


def _below(model: type[BaseModel], at: Path) -> Iterator[Path]:
    for key, field in fields_of(model).items():
        yield (*at, key)
        for inner in models_of(field.annotation):
            yield from _below(inner, (*at, key))
