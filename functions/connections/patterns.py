"""Regular expressions of a connection file. What they may cost is bounded here: a row brings any text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Annotated

from pydantic import AfterValidator

LONGEST_TEXT = 250  # characters; no field of ShipStation that names an order holds more
LONGEST_SAMPLE = 4  # characters; shorter than this, a repeat within a repeat shows itself
COMMON = "A0 -"
MOST_CHARACTERS = 8  # to try; the more, the longer a file takes to read
AGAIN = ("*", "+")
AGAIN_UP_TO = re.compile(r"\{\d*,(\d*)\}")
FEW = 8  # repeats of a repeat that stay cheap


def found(pattern: str, text: str) -> re.Match[str] | None:
    """Of a text that matches whole. One that is too long for any order's name matches nothing."""
    return re.fullmatch(pattern, text) if len(text) <= LONGEST_TEXT else None


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        hint = "; a named group is written (?P<reference>…)" if "(?<" in text else ""
        raise ValueError(f"is not a regular expression: {error}{hint}") from error
    if group := next(filter(_reads_one_text_two_ways, _repeated_groups(text)), None):
        why = "which may be read in two ways: a text that does not match would take hours"
        raise ValueError(f"repeats {group}, {why}; let each repeat end with a character of its own")
    return text


def _repeated_groups(pattern: str) -> Iterator[str]:
    """What stands in parentheses and is repeated, the parentheses included; without the repeat."""
    opened: list[int] = []
    for at, character in _outside_classes(pattern):
        if character == "(":
            opened.append(at)
        elif character == ")" and _is_repeated(pattern[at + 1 :]):
            yield pattern[opened.pop() : at + 1]
        elif character == ")":
            opened.pop()


def _outside_classes(pattern: str) -> Iterator[tuple[int, str]]:
    """Each character that is neither escaped nor within brackets."""
    is_escaped, opened_at = False, -1
    for at, character in enumerate(pattern):
        if is_escaped:
            is_escaped = False
        elif character == "\\":
            is_escaped = True
        elif opened_at >= 0:
            # A bracket that stands first in a class is one of its characters.
            is_first = pattern[opened_at + 1 : at] in {"", "^"}
            opened_at = -1 if character == "]" and not is_first else opened_at
        elif character == "[":
            opened_at = at
        else:
            yield at, character


def _is_repeated(rest: str) -> bool:
    """A possessive repeat gives nothing back, and so tries nothing twice."""
    if match := AGAIN_UP_TO.match(rest):
        return (not match[1] or int(match[1]) > FEW) and rest[match.end() : match.end() + 1] != "+"
    return rest.startswith(AGAIN) and rest[1:2] != "+"


def _reads_one_text_two_ways(group: str) -> bool:
    """Whether some text is the group once, and also the group twice: each such stretch doubles the ways to fail."""
    try:
        once, twice = re.compile(group), re.compile(group + _without_names(group))
    except re.error:  # it speaks of a group that stands elsewhere
        return False
    characters = dict.fromkeys(filter(str.isprintable, COMMON + re.sub(r"\\[a-zA-Z]|[()\[\]{}|?*+^$\\]", "", group)))
    samples = list(characters)[:MOST_CHARACTERS]
    return any(
        once.fullmatch(text) and twice.fullmatch(text)
        for length in range(1, LONGEST_SAMPLE + 1)
        for text in map("".join, product(samples, repeat=length))
    )


def _without_names(group: str) -> str:
    return re.sub(r"\(\?P<\w+>", "(", group)


Pattern = Annotated[str, AfterValidator(_pattern)]
