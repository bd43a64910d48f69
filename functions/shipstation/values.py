"""What stands in a vendor's JSON, made safe once, where it enters: text without what nobody sees, numbers that are
numbers, lists that are lists. What cannot be read is None; whoever needs it says so.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from functions.model.amounts import amount_of
from functions.model.text import cleaned

LARGEST = 10**18 - 1  # ids are 64 bits at most, and DynamoDB keeps 38 digits
LONGEST_TEXT = 1000  # a custom field's note, which a pattern may read an order number out of
FLAGS = {"true": True, "1": True, "false": False, "0": False}
LONGEST_FLAG = 6  # none of them is as long
DIGITS_READ = 100  # of one number: Python refuses to read some thousand


def parsed(content: bytes) -> Any:
    """JSON as one spoilt row leaves it: bytes that are no UTF-8 are dropped, raw control characters are read, a number
    of some thousand digits and `NaN` are None. Raises ValueError for what is no JSON.
    """
    text = content.decode("utf-8-sig", errors="ignore")
    try:
        return json.loads(text, strict=False, parse_int=_integer, parse_constant=lambda _: None)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= DIGITS_READ else None


def as_text(raw: object) -> str | None:
    """A number stands for its digits; what is no text is None."""
    if isinstance(raw, str):
        return cleaned(raw[: 2 * LONGEST_TEXT])[:LONGEST_TEXT].strip()
    if isinstance(raw, float):
        raw = as_whole(raw)
    return str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else None


def as_whole(raw: object) -> int | None:
    """A whole number that can be kept, also where it is written as `2.0` or `"2"`; else None."""
    if isinstance(raw, str):
        raw = int(raw) if raw.isascii() and raw.isdecimal() and len(raw) <= DIGITS_READ else None
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    is_kept = -LARGEST <= raw <= LARGEST and raw == int(raw)
    return int(raw) if is_kept else None


def as_cost(raw: object) -> Decimal | None:
    """Money that was paid: zero, or more."""
    amount = amount_of(raw)
    return amount if amount is not None and amount >= 0 else None


def as_order_id(raw: object) -> int | None:
    """Zero stands for none, too: .NET clients emit it. Raises ValueError as `as_id` does."""
    return as_id(raw) or None


def as_id(raw: object) -> int | None:
    """None for none. Raises ValueError for what is there and is no id."""
    if raw is None:
        return None
    number = as_whole(raw)
    if number is None:
        raise ValueError("no id")
    return number


def as_flag(raw: object) -> bool | None:
    """Also where it is written as a number or a word; None for what is none."""
    return FLAGS.get(str(raw)[:LONGEST_FLAG].lower()) if isinstance(raw, bool | int | str) else None


def as_fields(raw: object) -> object:
    """An object of the vendor's, None for what is none."""
    return raw if isinstance(raw, dict) else None


def as_rows(raw: object) -> list[Any]:
    """The objects of a list; no list holds none."""
    return [row for row in raw if isinstance(row, dict)] if isinstance(raw, list) else []


def next_page(body: object) -> dict[str, str]:
    """The query of the page that a list of V2 says comes next, empty for the last one; the address is ours."""
    links = body.get("links") if isinstance(body, dict) else None
    following = links.get("next") if isinstance(links, dict) else None
    href = following.get("href") if isinstance(following, dict) else None
    return dict(parse_qsl(urlsplit(href).query)) if isinstance(href, str) else {}
