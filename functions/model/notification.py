"""What a webhook leaves in the queue. The webhook starts without pydantic, so these are plain dataclasses; whoever
takes the message out has pydantic read it (`wiring.batch`), so a tampered one is refused at the door.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import ClassVar, Literal

from functions.model.connection_name import ConnectionName

Kind = Literal["shipments_batch", "orders_import", "order", "fulfilment", "label", "anything", "go_on"]
NUMBER, BATCH, UNUSED = (
    re.compile(p, re.ASCII) for p in (r"[0-9]{1,19}", r"[0-9a-fA-F-]{1,64}", r"[0-9a-fA-F-]{0,64}")
)
IDS = {"orders_import": BATCH, "anything": UNUSED, "go_on": UNUSED}  # the others are numbers
STRICT = {"extra": "forbid", "hide_input_in_errors": True}  # as Frozen's, read by pydantic


@dataclass(frozen=True, kw_only=True)
class Pointer:
    """Where a webhook points, reduced to ids: the address itself is never kept and never contacted. `go_on` is no
    webhook's: a run that ended with work left sends it to itself.
    """

    __pydantic_config__: ClassVar = STRICT

    kind: Kind
    id: str = ""

    def __post_init__(self) -> None:
        if not IDS.get(self.kind, NUMBER).fullmatch(self.id):
            raise ValueError("no id of its kind")


@dataclass(frozen=True, kw_only=True)
class Notification:
    __pydantic_config__: ClassVar = STRICT

    connection: ConnectionName
    event: str
    pointer: Pointer
    received_at: datetime
    correlation_id: str

    def pointer_through(self, api: str) -> Pointer:
        """Batches of one API are numbered for themselves: a connection that reads the other one looks instead."""
        is_own = self.event.endswith("_V2") == (api == "v2")
        is_batch = self.pointer.kind in {"shipments_batch", "orders_import"}
        return Pointer(kind="anything") if is_batch and not is_own else self.pointer

    def as_json(self) -> str:
        return json.dumps(asdict(self), default=datetime.isoformat)
