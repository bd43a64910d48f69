"""Pages of answers whose every text is one and the same, and what a browser would make of a page."""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from html.parser import HTMLParser
from typing import Annotated, Any, Literal, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from functions.model.jobs import Progress
from functions.page.widget_event import WidgetEvent

M = TypeVar("M", bound=BaseModel)
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
CALLED = ("view", "act", "replay", "reconcile", "pull")
ENDPOINTS = {name: f"arn:aws:lambda:us-east-1:000000000000:function:{name}" for name in CALLED}
SCALARS: dict[Any, Any] = {
    int: 7,
    float: 1.5,
    bool: True,
    datetime: NOON,
    date: NOON.date(),
    type(None): None,
    Any: None,
}


def filled(model: type[M], text: str, many: int = 1) -> M:
    """With `text` wherever a text may stand, and `many` of whatever there may be several of."""
    hints = get_type_hints(model, include_extras=True)
    names = (name for name in model.model_fields if name in hints)
    return model.model_construct(**{name: _value(hints[name], text, many) for name in names})


def _value(kind: Any, text: str, many: int) -> Any:  # noqa: PLR0911 -- one line a kind
    if isinstance(kind, NewType):
        return _value(kind.__supertype__, text, many)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _value(arguments[0], text, many)
    if origin is Literal:
        return arguments[-1]
    if origin in {Union, types.UnionType}:
        return _value(arguments[0], text, many)
    if origin is tuple:
        is_list = arguments[-1] is Ellipsis
        return (
            (_value(arguments[0], text, many),) * many if is_list else tuple(_value(a, text, many) for a in arguments)
        )
    if origin in {dict, Mapping}:
        return {f"{_value(arguments[0], text, many)}{n or ''}": _value(arguments[1], text, many) for n in range(many)}
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return filled(kind, text, many)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    return text if kind is str else SCALARS[kind]


def parts_of(model: type[BaseModel]) -> set[type[BaseModel]]:
    """It and the models of its fields, but for `Progress`, which is told as it is."""
    kinds = list(get_type_hints(model).values())
    found = {model}
    while kinds:
        kind = kinds.pop()
        kinds += get_args(kind)
        if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in found | {Progress}:
            found.add(kind)
            kinds += get_type_hints(kind).values()
    return found


def a_widget(
    ask: dict[str, Any], typed: dict[str, str] | None = None, *, only: tuple[str, ...] = tuple(ENDPOINTS)
) -> Any:
    params = {"show": "attention", "connection": "acme", **{name: ENDPOINTS[name] for name in only}}
    context = {"params": params, "forms": {"all": typed or {}}, "theme": "light"}
    return WidgetEvent.of({"ask": ask, "widgetContext": context})


class Parsed(HTMLParser):
    """Elements, the names of attributes, and the text between the elements, but for the style sheet."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.values: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.values += [value or "" for _, value in attrs]
        if tag not in {"input", "br"}:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"{tag} is closed and not open"

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.text += data
