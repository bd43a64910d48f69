"""What both APIs' addresses in a webhook have in common: how they end, and how they are taken apart."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

QUERY = r"(?:\?(?P<query>[A-Za-z0-9=&_.%+:,;~|*-]{0,4000}))?"


def parts(address: re.Pattern[str], url: str) -> tuple[list[str], dict[str, str]] | None:
    """The path's words in small letters, and the parameters. None for what `address`, which names `path` and `query`,
    does not spell out whole.
    """
    match = address.fullmatch(url)
    return (match["path"].lower().split("/"), parameters(match["query"] or "")) if match else None


def parameters(query: str) -> dict[str, str]:
    """By name in small letters. None at all where one is given twice: which one counts, only ShipStation knows."""
    pairs = [(name.lower(), value) for name, value in parse_qsl(query, keep_blank_values=True)]
    found = dict(pairs)
    return found if len(found) == len(pairs) else {}
