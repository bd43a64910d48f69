"""HTML made of elements alone: what is no element becomes text, whatever it contains."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

VOID = frozenset({"input", "br"})
IN_JSON = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


class Html:
    """Made here and nowhere else: by `tag`, of children that are elements or are escaped."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


Child = Html | str | int | float | None | Iterable["Child"]


def tag(name: str, /, *children: Child, **attributes: str | int | bool | None) -> Html:
    """`class_` is the attribute `class`. True is an attribute without a value; None and False leave it out."""
    opened = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    return Html(opened if name in VOID else f"{opened}{_inside(children)}</{name}>")


def together(*children: Child) -> Html:
    return Html(_inside(children))


def as_json(value: Mapping[str, Any]) -> Html:
    """The same JSON, whether it is read as text or as HTML."""
    return Html(json.dumps(value).translate(IN_JSON))


def styles(css: str) -> Html:
    """Of our own."""
    assert "<" not in css
    return Html(f"<style>{css}</style>")


def _attribute(key: str, value: str | int | bool | None) -> str:  # noqa: FBT001 # an attribute's value
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{_escaped(value)}"'


def _inside(children: Iterable[Child]) -> str:
    return "".join(map(_child, children))


def _child(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child.text
    if isinstance(child, str | int | float):
        return _escaped(child)
    return _inside(child)


def _escaped(value: object) -> str:
    """Control characters have no place in HTML."""
    return escape(re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "\ufffd", str(value)))
