"""What would be right at a place of the connection file, as TOML."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, get_origin

from functions.connections.keys import PROFILED, Path, field_at, models_of, word_of


def given(place: Path, content: Mapping[str, Any]) -> str:
    """The key with a right value; the header of a table; the key alone where there is no value to show."""
    key, field = next((str(step) for step in reversed(place) if isinstance(step, str)), ""), field_at(place, content)
    if field is None:
        return _entry_of_map(place, content) or key
    if models_of(field.annotation) or get_origin(field.annotation) is dict:
        return header(place)
    value = field.examples[0] if field.examples else field.get_default(call_default_factory=True, validated_data={})
    text = _toml(value)
    return f"{key} = {text}" if text else key


def header(place: Path, *, is_list: bool | None = None) -> str:
    """How a table, or each table of a list, is opened."""
    name = ".".join(str(step) for step in place if isinstance(step, str))
    if not name:
        return "the file's head, above the first [table]"
    return f"[[{name}]]" if (place[-1] in PROFILED if is_list is None else is_list) else f"[{name}]"


def told(place: Path) -> str:
    """`ifs.targets.tracking.policy (target 1)`."""
    numbered = [(before, step + 1) for before, step in pairwise(place) if isinstance(step, int)]
    entries = ", ".join(f"{'target' if name == 'targets' else 'entry'} {number}" for name, number in numbered)
    return ".".join(str(step) for step in place if isinstance(step, str)) + (f" ({entries})" if entries else "")


def did_you_mean(value: object, choices: Sequence[str]) -> str:
    word = str(value).strip().casefold().replace("-", "_").replace(" ", "_")
    meant = word_of(value, choices)
    near = [meant] if meant else get_close_matches(word, choices, n=1, cutoff=0.6)
    return f"; did you mean {json.dumps(near[0])}?" if near else ""


def either(words: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _entry_of_map(place: Path, content: Mapping[str, Any]) -> str:
    """Of the map that stands there, such as the carriers."""
    parent = field_at(place[:-1], content) if place else None
    entries = parent.examples[0] if parent is not None and parent.examples else None
    return next((f"{k} = {_toml(v)}" for k, v in entries.items()), "") if isinstance(entries, dict) else ""


def _toml(value: object) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, str | bool | int):
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(list(value)) if isinstance(value, list | tuple) else ""
