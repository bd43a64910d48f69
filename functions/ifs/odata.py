"""OData v4 text as IFS wants it: literals that no order number can break out of, addresses within a length.

Source: https://docs.ifs.com/techdocs/ (OData provider, supported functionalities) and the OData 4.0 URL conventions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal
from urllib.parse import quote, urlencode

FILTER_BUDGET = 1500  # characters of an encoded filter: proxies in front of IFS cut addresses from about 2,000 on
HALVES = "replace"  # half a character has no encoding: a question mark finds nothing, and keeps nothing else from it


def text(value: str) -> str:
    """A string literal: quotes doubled. It still has to be percent-encoded, which `query` does."""
    return "'" + value.replace("'", "''") + "'"


def literal(kind: Literal["text", "number"], value: str) -> str:
    """A typed literal; empty for what is no number where one is wanted, because IFS refuses the whole filter then."""
    if kind == "text":
        return text(value)
    return value if re.fullmatch(r"-?\d{1,30}(\.\d{1,10})?", value) else ""


def key(parts: Mapping[str, str]) -> str:
    """What stands between the brackets of a record's address: literals by attribute, percent-encoded for a path."""
    return ",".join(f"{name}={quote(value, safe=chr(39), errors=HALVES)}" for name, value in parts.items())


def any_of(attribute: str, literals: Iterable[str]) -> Iterator[str]:
    """`a eq x or a eq y …`, in as many filters as the length budget asks for."""
    return either(f"{attribute} eq {literal}" for literal in literals)


def either(conditions: Iterable[str]) -> Iterator[str]:
    """`x or y …`, each once, in as many filters as the length budget asks for."""
    terms: list[str] = []
    length = 0
    for term in dict.fromkeys(conditions):
        cost = len(quote(f"{term} or ", safe="", errors=HALVES))
        if terms and length + cost > FILTER_BUDGET:
            yield " or ".join(terms)
            terms, length = [], 0
        terms.append(term)
        length += cost
    if terms:
        yield " or ".join(terms)


def pairs(attributes: Sequence[str], keys: Iterable[Sequence[str]]) -> Iterator[str]:
    """`(a eq x and b eq y) or …` for keys of texts, likewise."""
    return either(
        "(" + " and ".join(f"{name} eq {text(value)}" for name, value in zip(attributes, values, strict=True)) + ")"
        for values in keys
    )


def query(options: Mapping[str, str]) -> str:
    """System query options, percent-encoded; a space is %20, never a plus sign."""
    return urlencode(options, quote_via=quote, safe="$,()", errors=HALVES)


def selection(attributes: Sequence[str]) -> str:
    return ",".join(dict.fromkeys(attributes))
