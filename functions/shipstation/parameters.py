"""The parameters of an address in a webhook, for both APIs."""

from __future__ import annotations

from urllib.parse import parse_qsl


def parameters(query: str) -> dict[str, str]:
    """By name in small letters. None at all where one is given twice: which one counts, only ShipStation knows."""
    pairs = [(name.lower(), value) for name, value in parse_qsl(query, keep_blank_values=True)]
    found = dict(pairs)
    return found if len(found) == len(pairs) else {}
