"""The carrier map as the connection file spells it and as it is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator


def _carriers(raw: dict[str, str]) -> dict[str, str]:
    """By the code as it is looked up."""
    by_code: dict[str, str] = {}
    for code, forwarder in raw.items():
        key = _carrier_code(code)
        if not key.partition("/")[0]:
            raise ValueError("a key names no carrier")
        if key in by_code:
            raise ValueError(f"{code} stands there twice; upper and lower case do not tell carriers apart")
        by_code[key] = forwarder
    return by_code


def _carrier_code(text: str) -> str:
    """Labels carry codes, fulfilments names typed for people: case and white space tell nothing."""
    return "/".join(" ".join(part.casefold().split()) for part in text.split("/"))


def mapped(map_: Mapping[str, str], carrier: str | None, service: str | None) -> str | None:
    code = _carrier_code(carrier or "")
    return map_.get(f"{code}/{_carrier_code(service or '')}") or map_.get(code)


Carriers = Annotated[dict[str, str], AfterValidator(_carriers)]
