"""Says in a sentence what pydantic has against a value of the connection file. No sentence shows the value: somebody
may have put a secret there.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from functions.connections.connection import Connection
from functions.connections.keys import PROFILED, Path, field_at, models_of, profile_of, profiles_of
from functions.connections.right_values import did_you_mean, either, given, header, told
from functions.connections.values import TRIMMED

TABLES = {"model_type", "model_attributes_type", "dict_type"}
LISTS = {"tuple_type", "list_type"}
WORD = "A-Za-z0-9_]"
ENDINGS = {
    r"\.pem$": "is the name of a file beside this one, ending in .pem",
    r"{2}$": "is two capital letters",
    r"_[A-Za-z0-9_]+$": "is an action by its whole name",
}
NAME = "is the file's name too: a lower-case letter, then lower-case letters, digits and hyphens, at most 31"
PLAIN = {
    "missing": "is missing",
    "string_type": "is text in quotes",
    "string_too_short": "is empty or too short",
    "too_short": "is empty",
    "tuple_type": "is a list in brackets",
    "timezone_aware": "is an instant with its zone, where Z is UTC",
}
COUNTED = {"string_too_long": "characters", "too_long": "entries"}
FAMILIES = (
    ("bool_", "is true or false, in small letters and without quotes"),
    ("date", "is an instant with its zone, where Z is UTC"),
)


def faults_of(content: Mapping[str, Any], name: str) -> list[ErrorDetails]:
    try:
        Connection.model_validate({"name": name, **content})
    except ValidationError as error:
        return error.errors(include_url=False, include_input=False)
    return []


def place_of(fault: ErrorDetails) -> Path:
    """Without what pydantic puts between the keys: the profile's name, and the mark of a map's key."""
    kept: list[str | int] = []
    for step in fault["loc"]:
        is_tag = bool(kept) and isinstance(kept[-1], int) and step in PROFILES
        if not is_tag and step != "[key]":
            kept.append(step)
    return (*kept, "profile") if fault["type"].startswith("union_tag") else tuple(kept)


def sentence(fault: ErrorDetails, content: Mapping[str, Any]) -> str:
    place = place_of(fault)
    key = f"{told(place)}: " if place else ""  # else the validator names it
    return f"{key}{_reason(fault, place, content)}"


def _reason(fault: ErrorDetails, place: Path, content: Mapping[str, Any]) -> str:
    kind, field = fault["type"], field_at(place, content)
    if place == ("name",):
        return f"{NAME}{_renamed(str(content.get('name', '')))}"
    if kind == "literal_error" or kind.startswith("union_tag"):
        return _choice(fault, place, _value(content, place))
    if kind in TABLES:
        return f"is one table: write {header(place, is_list=False)}"
    if kind in LISTS and field is not None and models_of(field.annotation):
        return f"is a list: write {header(place)}"
    if kind == "value_error":
        return _own_words(fault["msg"].removeprefix("Value error, "), place, field, content)
    return f"{_rule(kind, fault, field)}; for example {given(place, content)}"


def _renamed(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    right = re.sub(r"[^a-z0-9]+", "-", plain).lstrip("-0123456789")[:31].rstrip("-")
    return f"; rename the file to {right}.toml" if right else ""


def _own_words(text: str, place: Path, field: FieldInfo | None, content: Mapping[str, Any]) -> str:
    """Those of a validator, with an example where it did not say what was meant."""
    is_told = field is None or not field.examples or isinstance(field.examples[0], dict) or "did you mean" in text
    return text if is_told else f"{text}; for example {given(place, content)}"


def _rule(kind: str, fault: ErrorDetails, field: FieldInfo | None) -> str:
    context = fault.get("ctx", {})
    if "value is outside expected range" in str(context.get("error", "")):
        return "is an instant that does not exist"
    if kind in COUNTED:
        return f"is longer than {context['max_length']} {COUNTED[kind]}"
    return PLAIN.get(kind) or _family(kind) or _number(kind, field) or _spelling(context.get("pattern", ""))


def _family(kind: str) -> str:
    """Empty for a kind of no family."""
    return next((rule for prefix, rule in FAMILIES if kind.startswith(prefix)), "")


def _number(kind: str, field: FieldInfo | None) -> str:
    """Empty for a kind that is not about numbers."""
    if kind.startswith("int_"):
        return f"is a whole number without quotes{_bounds(field)}"
    if kind.startswith(("greater_than", "less_than")):
        return f"is out of range{_bounds(field) or ': above 0'}"
    return ""


def _spelling(pattern: str) -> str:
    if told := next((told for ending, told in ENDINGS.items() if pattern.endswith(ending)), ""):
        return told
    if pattern == TRIMMED:
        return "is empty, or has a blank at one of its ends"
    return (
        "is a name of letters, digits and _"
        if pattern.startswith("^[A") and WORD in pattern and "." not in pattern
        else "is not spelt as it has to be"
    )


def _bounds(field: FieldInfo | None) -> str:
    rules = field.metadata if field else ()
    limits = {name: getattr(rule, name) for rule in rules for name in ("ge", "le") if hasattr(rule, name)}
    return f", {limits['ge']} to {limits['le']}" if len(limits) > 1 else ""


def _choice(fault: ErrorDetails, place: Path, value: object) -> str:
    if fault["type"] == "literal_error":
        expected = fault["ctx"]["expected"].replace(" or ", ", ").replace("'", "")
        choices = expected.split(", ")
    else:
        choices = [profile_of(model) for step in place for model in profiles_of(str(step))]
    return f"is one of {either([json.dumps(word) for word in choices])}{did_you_mean(value, choices)}"


def _value(content: Any, place: Path) -> Any:
    """What the file holds there, only ever compared."""
    for step in place:
        is_there = step in content if isinstance(content, dict) else isinstance(content, list)
        content = content[step] if is_there else None
    return content


def _profiles() -> Iterable[str]:
    for listed in PROFILED:
        yield from map(profile_of, profiles_of(listed))


PROFILES = tuple(_profiles())
