"""One measured figure beside its goal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Row:
    """`value comparison goal` has to hold; `limit` is what no connector can do better than."""

    id: str
    value: float
    unit: str
    goal: float
    limit: float
    seed: int
    comparison: Literal["<=", ">="] = "<="

    @property
    def ok(self) -> bool:
        return self.value <= self.goal if self.comparison == "<=" else self.value >= self.goal

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ok": self.ok}
