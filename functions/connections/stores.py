"""Which ShipStation stores are ours, and what a store has of its own."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from functions.connections.values import some
from functions.connections.vendors import Company, OrderReference, Sites, Targets
from functions.model.frozen import Frozen

Mode = Literal["off", "shadow", "write"]
StoreId = Annotated[int, Field(strict=True, gt=0)]


def is_store_id(key: str) -> bool:
    return re.fullmatch(r"[1-9][0-9]*", key) is not None


class StoreOverride(Frozen):
    """What one store has of its own; what is left out is the connection's."""

    mode: Mode | None = None
    company: Company | None = None
    order_reference: OrderReference | None = None
    shipment_id: OrderReference | None = None
    targets: Targets | None = None
    sites: Sites | None = None


class Stores(Frozen):
    """Which ShipStation stores are ours: those of `include`, every one while it is empty, without those of `exclude`.
    A table named after a store's id overrides the connection for that store.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, StoreOverride] = Field(init=False)

    include: Annotated[tuple[StoreId, ...], BeforeValidator(some)] = Field(default=(), examples=[[100001, 100002]])
    exclude: tuple[StoreId, ...] = Field(default=(), examples=[[100003]])

    @property
    def overrides(self) -> dict[str, StoreOverride]:
        """By store id as the file spells it."""
        return self.__pydantic_extra__

    @property
    def names_any(self) -> bool:
        return bool(self.include or self.exclude or self.overrides)

    def leaves_out(self, store_id: int) -> bool:
        return store_id in self.exclude or (bool(self.include) and store_id not in self.include)

    @model_validator(mode="before")
    @classmethod
    def _tables_are_store_ids(cls, raw: Any) -> Any:
        keys = set(raw) - set(cls.model_fields) if isinstance(raw, dict) else set()
        for key in sorted(map(str, keys)):
            if not is_store_id(key):
                raise ValueError(f"{key}: unknown key")
        return raw

    def overlap(self, other: Stores) -> bool:
        """Whether one store may be both's."""
        if self.include:
            return not all(map(other.leaves_out, self.include))
        return not other.include or other.overlap(self)

    @model_validator(mode="after")
    def _no_store_is_in_and_out(self) -> Stores:
        both = sorted(set(self.include) & set(self.exclude))
        if both:
            raise ValueError(f"{both[0]} is included and excluded")
        # A table that can never hold is a store that somebody believes to be delivered.
        for key in self.overrides:
            if self.leaves_out(int(key)):
                why = "excluded" if int(key) in self.exclude else "not in include"
                raise ValueError(f"{key} has a table of its own and is {why}")
        return self
