"""Counted calls times list prices: one line a service and kind."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
MONTH_DAYS = 30
MONTH_HOURS = 730
GB = 1024**3

Usage = Counter[str]  # amounts by `service.kind`, the names of prices.toml, or `service.kind (what of it)`


@cache
def table(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def price(kind: str) -> float:
    service, _, rest = kind.partition(".")
    return float(table("prices")[service][rest.partition(" ")[0]])


def total(usage: Mapping[str, float]) -> float:
    return sum(amount * price(kind) for kind, amount in usage.items())


def times(usage: Mapping[str, float], factor: float) -> dict[str, float]:
    return {kind: amount * factor for kind, amount in usage.items()}


def without(usage: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {kind: usage.get(kind, 0) - other.get(kind, 0) for kind in {**usage, **other}}


def together(*usages: Mapping[str, float]) -> dict[str, float]:
    return {kind: sum(usage.get(kind, 0) for usage in usages) for kind in dict.fromkeys(k for u in usages for k in u)}


def text(title: str, usage: Mapping[str, float]) -> str:
    """The dearest line first, each service's sum beside its name."""
    lines = {kind: amount * price(kind) for kind, amount in usage.items()}
    services = Counter[str]()
    for kind, usd in lines.items():
        services[kind.partition(".")[0]] += usd  # type: ignore[assignment] # dollars, not pieces
    told = [f"{title} ({table('prices')['region']}, {table('prices')['date']}): {total(usage):.2f} USD"]
    for service, usd in services.most_common():
        told.append(f"  {service:<12}{usd:>9.2f}")
        own = sorted((kind for kind in lines if kind.startswith(f"{service}.")), key=lambda kind: -lines[kind])
        told += [f"    {kind.partition('.')[2]:<40}{usage[kind]:>16,.1f}{lines[kind]:>9.2f}" for kind in own]
    return "\n".join(told)
