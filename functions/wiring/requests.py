"""Answers what a person asked for wrongly: which key, what is wrong with it, what is allowed and what is nearest, never
the value that came.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from functions.connections.connection import Connection
from functions.model.connection_name import ConnectionName

Asked = TypeVar("Asked", bound=BaseModel)
Connections = Mapping[ConnectionName, Connection]
MOST_FAULTS = 10  # of one answer
NO_ORDERS = "connection: its file has no [orders]"
MANY = 20  # allowed ones that nobody reads to their end
QUOTED = re.compile(r"'([^']*)'")


def explained(error: ValidationError, model: type[BaseModel] | None = None) -> str:
    """One clause a fault, each beginning with the key; those that nobody reads to their end are counted. `model` is
    what was asked for: it says which keys it has.
    """
    faults = error.errors(include_url=False)
    more = [f"and {len(faults) - MOST_FAULTS} more"] if len(faults) > MOST_FAULTS else []
    return "; ".join([*(_explained(fault, model) for fault in faults[:MOST_FAULTS]), *more])


def parsed(
    event: dict[str, Any], model: type[Asked], known: Connections, connection: Callable[[Asked], str | None]
) -> Asked | str:
    """What is asked, or what is wrong with it. `connection` is the one that it is asked of; None for all."""
    try:
        asked = model.model_validate(as_kept(event, known))
    except ValidationError as error:
        return explained(error, model)
    name = connection(asked)
    return asked if name is None or name in known else unknown_connection(names(known), name)


def as_kept(event: Any, known: Connections) -> dict[str, Any]:
    """A connection that was renamed may be asked for by either name; it is kept under the first one. What is no object
    asks for nothing.
    """
    if not isinstance(event, dict):
        return {}
    kept = {each.called: each.name for each in known.values() if each.called != each.name}
    asked = event.get("connection")
    return {**event, "connection": kept[asked]} if isinstance(asked, str) and asked in kept else event


def names(known: Connections) -> list[str]:
    """As people call them."""
    return sorted(each.called for each in known.values())


def unknown_connection(known: Collection[str], name: str = "") -> str:
    return f"connection: unknown{_meant(name, known)}; known are {sorted(known)}"


def _explained(fault: ErrorDetails, model: type[BaseModel] | None) -> str:
    if fault["type"].startswith("union_tag"):
        return _of_no_kind(fault, model)
    model, path = _chosen(model, fault["loc"])
    key = ".".join(map(str, path)) or "request"
    if fault["type"] == "extra_forbidden":
        names = _names_at(model, path[:-1])
        allowed = f"; allowed are {', '.join(names)}" if names else ""
        return f"{key}: unknown{_meant(path[-1], names)}{allowed}"
    choices = QUOTED.findall(str(fault.get("ctx", {}).get("expected", "")))
    if len(choices) > MANY:
        return f"{key}: unknown{_meant(fault['input'], choices) or _nearest(fault['input'], choices)}"
    return f"{key}: {fault['msg']}{_meant(fault['input'], choices)}"


def _of_no_kind(fault: ErrorDetails, model: type[BaseModel] | None) -> str:
    """A request that is one of several, and says of none that it is it."""
    word = fault.get("ctx", {}).get("discriminator", "").strip("'")
    kinds = [tag for member in _models_in(_root_of(model)) for tag in _tags(member)]
    said = fault["input"].get(word) if isinstance(fault["input"], dict) else None
    return f"{word}: is one of {', '.join(kinds)}{_meant(said, kinds)}"


def _chosen(
    model: type[BaseModel] | None, path: tuple[int | str, ...]
) -> tuple[type[BaseModel] | None, tuple[int | str, ...]]:
    """Of a request that is one of several: that one, and the path in it."""
    member = next((each for each in _models_in(_root_of(model)) if path and path[0] in _tags(each)), None)
    return (member, path[1:]) if member is not None else (model, path)


def _root_of(model: type[BaseModel] | None) -> Any:
    return model.model_fields["root"].annotation if model is not None and "root" in model.model_fields else None


def _tags(model: type[BaseModel]) -> list[str]:
    """What a member of a union is told by."""
    annotations = (field.annotation for field in model.model_fields.values())
    return [tag for each in annotations if get_origin(each) is Literal for tag in get_args(each)][:1]


def _meant(word: object, choices: Iterable[str]) -> str:
    """Of the allowed ones, the one that is nearest to what came."""
    near = get_close_matches(_plain(word), choices, n=1)
    return f", did you mean {near[0]}?" if near else ""


def _nearest(word: object, choices: Iterable[str]) -> str:
    near = get_close_matches(_plain(word), choices, n=3, cutoff=0)
    return f"; the nearest are {', '.join(near)}"


def _plain(word: object) -> str:
    return re.sub(r"[\W_]+", "_", word.strip().casefold()) if isinstance(word, str) else ""


def _names_at(model: type[BaseModel] | None, path: tuple[int | str, ...]) -> list[str]:
    """What the keys are called there, in the words of the request."""
    for step in path:
        if isinstance(step, str) and model is not None:
            fields = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
            model = next(_models_in(fields.get(step)), None)
    return [field.alias or name for name, field in model.model_fields.items()] if model is not None else []


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)
