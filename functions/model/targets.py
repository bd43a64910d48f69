"""IFS records as the flows see them: our field names, plain text values, and the ETag of the reading."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from functions.model.frozen import Frozen


class FieldName(StrEnum):
    TRACKING = "tracking"
    CARRIER = "carrier"
    SHIP_DATE = "ship_date"


class Record(Frozen):
    """One IFS record as read: `key` is `<profile>/<IFS key>`; `etag` is opaque, byte for byte as received.

    `values` holds every configured field, None where IFS holds nothing; dates as `YYYY-MM-DDThh:mm:ssZ`.
    """

    key: str
    etag: str
    values: dict[FieldName, str | None]
    site: str = ""
    is_delivered: bool = False
    is_cancelled: bool = False


class Line(Frozen):
    order_reference: str
    part: str
    quantity: int


class Candidate(Frozen):
    """A record together with the order lines it carries (of any order)."""

    record: Record
    lines: tuple[Line, ...] = Field(default=())


class Written(Frozen):
    """What IFS says it holds after our PATCH; `record` is None where the answer carried no entity."""

    http_status: int
    record: Record | None


class Conflict(Frozen):
    """The ETag was stale (412, or its database form): somebody else wrote in between."""

    http_status: int
