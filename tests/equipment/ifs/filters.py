"""The part of OData's `$filter` that the tenant understands: comparisons with typed literals, `tolower`, `and`, `or`,
brackets.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

Values = Mapping[str, Any]
Predicate = Callable[[Values], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<bracket>[()])|(?P<enum>IfsApp\.\w+\.\w+'\w+')|(?P<text>'(?:[^']|'')*')"
    r"|(?P<date>\d{4}-\d\d-\d\d(?:T[\d:]+Z)?)|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>\w+))"
)
_COMPARISONS = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


class BadFilterError(ValueError):
    """Malformed, an unknown property, or types that do not fit."""


@dataclass(frozen=True)
class Column:
    """`kind` is number, text, date, timestamp or enum. What is not updatable is accepted and dropped."""

    kind: str
    is_updatable: bool = True
    is_insertable: bool = True
    max_length: int = 2000


def parse(text: str, columns: Mapping[str, Column], projection: str) -> Predicate:
    tokens = _tokens(text)
    parser = _Parser([*tokens], columns, projection)
    predicate = parser.either()
    if parser.rest:
        raise BadFilterError(text)
    return _any_of(tokens) or predicate


def _any_of(tokens: list[tuple[str, str]]) -> Predicate | None:
    """`a eq x or a eq y …` by one look: of a large set thousands of these are asked for."""
    names = {tokens[at][1] for at in range(0, len(tokens), 4)}
    words = [tokens[at][1] for at in range(1, len(tokens), 2)]
    kinds = {tokens[at][0] for at in range(2, len(tokens), 4)}
    is_plain = len(tokens) % 4 == 3 and words == (["eq", "or"] * len(words))[: len(words)]
    if len(names) != 1 or not is_plain or kinds not in ({"text"}, {"number"}):
        return None
    (name,), (kind,) = names, kinds
    literals = [tokens[at][1] for at in range(2, len(tokens), 4)]
    if kind == "text":
        texts = {literal[1:-1].replace("''", "'") for literal in literals}
        return lambda row: row.get(name) in texts
    numbers = set(map(Decimal, literals))
    return lambda row: row.get(name) is not None and Decimal(str(row[name])) in numbers


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            raise BadFilterError(text)
        tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], columns: Mapping[str, Column], projection: str) -> None:
        self.rest, self._columns, self._projection = tokens, columns, projection

    def either(self) -> Predicate:
        terms = [self._both()]
        while self._take_word("or"):
            terms.append(self._both())
        return terms[0] if len(terms) == 1 else lambda row: any(term(row) for term in terms)

    def _both(self) -> Predicate:
        terms = [self._comparison()]
        while self._take_word("and"):
            terms.append(self._comparison())
        return lambda row: all(term(row) for term in terms)

    def _comparison(self) -> Predicate:
        kind, name = self._take()
        if (kind, name) == ("bracket", "("):
            inner = self.either()
            if self._take() != ("bracket", ")"):
                raise BadFilterError("bracket")
            return inner
        is_folded = name == "tolower"
        if is_folded:
            name = self._argument()
        _, comparison = self._take()
        if name not in self._columns or comparison not in _COMPARISONS:
            raise BadFilterError(name)
        value = self._literal(self._columns[name], *self._take())
        compare = _COMPARISONS[comparison]
        if is_folded:
            return lambda row: row.get(name) is not None and compare(str(row[name]).lower(), value)
        return lambda row: row.get(name) is not None and compare(_comparable(row[name], value), value)

    def _argument(self) -> str:
        opened, (_, name), closed = self._take(), self._take(), self._take()
        if (opened, closed) != (("bracket", "("), ("bracket", ")")):
            raise BadFilterError("bracket")
        return name

    def _literal(self, column: Column, kind: str, text: str) -> Any:
        expected = {"timestamp": "date"}.get(column.kind, column.kind)
        if kind != expected:
            raise BadFilterError("types not compatible")
        if kind == "enum":
            space, _, member = text.partition("'")
            if not space.startswith(f"IfsApp.{self._projection}."):
                raise BadFilterError(text)
            return member.rstrip("'")
        if kind == "number":
            return Decimal(text)
        return text[1:-1].replace("''", "'") if kind == "text" else datetime.fromisoformat(text)

    def _take(self) -> tuple[str, str]:
        if not self.rest:
            raise BadFilterError("end")
        return self.rest.pop(0)

    def _take_word(self, word: str) -> bool:
        if self.rest and self.rest[0] == ("word", word):
            self.rest.pop(0)
            return True
        return False


def _comparable(value: Any, literal: Any) -> Any:
    if isinstance(literal, Decimal):
        return Decimal(str(value))
    return datetime.fromisoformat(value) if isinstance(literal, datetime) else value
