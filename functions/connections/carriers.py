"""The carrier map as the connection file spells it and as it is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator

from functions.connections.values import Text

# Postage accounts of ShipStation, which nothing in IFS is called by.
CODES = frozenset(
    {
        "stamps_com",
        "endicia",
        "ups_walleted",
        "dhl_express",
        "dhl_express_worldwide",
        "dhl_ecommerce",
        "amazon_shipping_us",
        "amazon_buy_shipping",
    }
)


def _carriers(raw: dict[str, str]) -> dict[str, str]:
    """By the code as it is looked up."""
    by_code: dict[str, str] = {}
    for code, forwarder in raw.items():
        key = _carrier_code(code)
        if not key.partition("/")[0]:
            raise ValueError("a key names no carrier")
        if key in by_code:
            raise ValueError(f"{code} stands there twice; upper and lower case do not tell carriers apart")
        if forwarder in CODES and forwarder != key:
            raise ValueError(f'{forwarder} is a code of ShipStation: it stands on the left, as in {forwarder} = "…"')
        by_code[key] = forwarder
    return by_code


def _carrier_code(text: str) -> str:
    """Labels carry codes, fulfilments names typed for people: case and white space tell nothing."""
    return "/".join(" ".join(part.casefold().split()) for part in text.split("/"))


def entry(map_: Mapping[str, str], carrier: str | None, service: str | None) -> str | None:
    """The key that decides about a carrier: with its service, else alone."""
    code = _carrier_code(carrier or "")
    return next((key for key in (f"{code}/{_carrier_code(service or '')}", code) if key in map_), None)


def mapped(map_: Mapping[str, str], carrier: str | None, service: str | None) -> str | None:
    key = entry(map_, carrier, service)
    return None if key is None else map_[key]


def same_carrier(code: str) -> str:
    """One text for every spelling."""
    return _carrier_code(code)


Carriers = Annotated[dict[str, Text], AfterValidator(_carriers)]
