"""Regular expressions of a connection file. What they may cost is bounded here: a row brings any text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Annotated

from pydantic import AfterValidator

LONGEST_TEXT = 250  # characters; no field of ShipStation that names an order holds more
LONGEST_SAMPLE = 4  # characters of any kind
LONGEST_RUN = 20  # of one character alone
COMMON = "A0 -"
MOST_CHARACTERS, MOST_TURNS = 8, 40  # to try; the more, the longer a file takes to read
AGAIN = ("*", "+")
AGAIN_UP_TO = re.compile(r"\{(?:\d*,)?(\d*)\}")
FEW = 3  # repeats of a repeat that stay cheap
OPENING = re.compile(r"^\(\?(:|P<\w+>)")


def found(pattern: str, text: str) -> re.Match[str] | None:
    """Of a text that matches whole. One that is too long for any order's name matches nothing."""
    return re.fullmatch(pattern, text) if len(text) <= LONGEST_TEXT else None


def _pattern(text: str) -> str:
    try:
        flags = re.compile(text).flags
    except re.error as error:
        hint = "; a named group is written (?P<reference>…)" if "(?<" in text else ""
        raise ValueError(f"is not a regular expression: {error}{hint}") from error
    repeated = _repeated_groups(text)
    if group := next((each for each in repeated if _reads_one_text_two_ways(each, flags)), None):
        why = "which may be read in two ways: a text that does not match would take hours"
        raise ValueError(f"repeats {group}, {why}; let each repeat end with a character of its own")
    return text


def _repeated_groups(pattern: str) -> Iterator[str]:
    """What stands in parentheses and is repeated, the parentheses included; without the repeat."""
    opened: list[int] = []
    for at, character in _outside_classes(pattern):
        if character == "(":
            opened.append(at)
        # One in a comment closes nothing.
        elif character == ")" and opened:
            group = pattern[opened.pop() : at + 1]
            if _is_repeated(pattern[at + 1 :]):
                yield group


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


def _reads_one_text_two_ways(group: str, flags: int) -> bool:
    """Whether one turn of the group may be read as two, or by two of its alternatives: each such stretch of a text
    doubles the ways to fail.
    """
    try:
        once = re.compile(group, flags)
        ways = [re.compile(way, flags) for way in _alternatives(group)]
    except re.error:  # it speaks of a group that stands elsewhere
        return False
    turns = [text for text in _samples(group) if once.fullmatch(text)]
    few = turns[:MOST_TURNS] + turns[-MOST_TURNS:]
    return any(once.fullmatch(first + second) for first in few for second in few) or any(
        sum(way.fullmatch(text) is not None for way in ways) > 1 for text in turns
    )


def _alternatives(group: str) -> list[str]:
    """What stands between the group's own bars."""
    inner = OPENING.sub("(", group)[1:-1]
    depth, begun, found = 0, 0, []
    for at, character in _outside_classes(inner):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "|" and depth == 0:
            found.append(inner[begun:at])
            begun = at + 1
    return [*found, inner[begun:]]


def _samples(group: str) -> Iterator[str]:
    """Texts of the group's own characters and of common ones."""
    literal = re.sub(r"\\\w|(?<!\\)[()\[\]{}|?*+^$.]", "", OPENING.sub("", group)).replace("\\", "")
    characters = list(dict.fromkeys(filter(str.isprintable, literal[: MOST_CHARACTERS // 2] + COMMON + literal)))
    characters = characters[:MOST_CHARACTERS]
    for length in range(1, LONGEST_SAMPLE + 1):
        yield from map("".join, product(characters, repeat=length))
    yield from (each * length for each in characters for length in range(LONGEST_SAMPLE + 1, LONGEST_RUN + 1))


Pattern = Annotated[str, AfterValidator(_pattern)]
