"""ShipStation V1's customers, read only: there is no way to make or change one.

GET /customers knows no filter by date, so it is read newest change first, until what was known. A customer's
`marketplaceUsernames` hold what orders called it; those that we push call it by IFS's customer number.
Source: https://www.shipstation.com/docs/api/customers/list/
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from functions.errors import Permanent, Retryable, Scope
from functions.model.alignment import SideRecord
from functions.model.outcomes import Reason
from functions.shipstation.client import Answer, ShipStationClient
from functions.shipstation.pacific import comparable, parse_instant
from functions.shipstation.v1.address import ADDRESS
from functions.shipstation.values import as_rows, as_text, as_whole

PATH = "/customers"
PAGE = 500
MOST_PAGES = 40
MARGIN = timedelta(minutes=10)  # rows become visible late
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
FIELDS = {"name": "name", "email": "email", **ADDRESS, "country": "countryCode"}


class ShipStationCustomers:
    """Raises Retryable or Permanent."""

    def __init__(self, client: ShipStationClient) -> None:
        self._client = client

    def changed_since(self, since: datetime) -> list[SideRecord]:
        """Oldest change first. One whose instant cannot be read comes before all."""
        found: dict[str, SideRecord] = {}
        rows: list[dict[str, Any]] = []
        for page in range(1, MOST_PAGES + 1):
            before, rows = rows, _rows(self._client.get(PATH, _options(page), "sweep"))
            found |= _new_records(rows, since)
            if len(rows) == PAGE and rows == before:
                raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"GET {PATH}: ignores which page is asked for")
            if not rows or rows == before or _reach_known(rows, since):
                return sorted(found.values(), key=lambda each: each.made_at or _NEVER)
        raise Permanent(Reason.SHIPSTATION_REQUEST, f"GET {PATH}: more than {MOST_PAGES} pages have changed")

    def one(self, customer_id: str) -> SideRecord | None:
        answer = self._client.get(f"{PATH}/{customer_id}", {}, "sweep", scope=Scope.RECORD)
        return _record(answer.body) if answer is not None and isinstance(answer.body, dict) else None


def _options(page: int) -> dict[str, str]:
    return {"sortBy": "ModifyDate", "sortDir": "DESC", "pageSize": str(PAGE), "page": str(page)}


def _rows(answer: Answer | None) -> list[dict[str, Any]]:
    """Raises Retryable for what is no list."""
    if answer is not None and answer.is_empty:
        return []
    shown = answer.body.get("customers") if answer is not None and isinstance(answer.body, dict) else None
    if not isinstance(shown, list):
        raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"GET {PATH}: no list")
    return as_rows(shown)


def _changed(row: dict[str, Any]) -> datetime | None:
    try:
        return parse_instant(as_text(row.get("modifyDate")))
    except ValueError:
        return None


def _new_records(rows: list[dict[str, Any]], since: datetime) -> dict[str, SideRecord]:
    """By number."""
    new = (_record(row) for row in rows if not _is_known(row, since))
    return {record.id: record for record in new if record is not None}


def _reach_known(rows: list[dict[str, Any]], since: datetime) -> bool:
    """Whatever follows changed earlier still."""
    return any(_is_known(row, since) for row in rows)


def _is_known(row: dict[str, Any], since: datetime) -> bool:
    """One whose instant cannot be read never is."""
    at = _changed(row)
    return at is not None and comparable(at) < comparable(since - MARGIN)


def _record(row: dict[str, Any]) -> SideRecord | None:
    number = as_whole(row.get("customerId"))
    if number is None:
        return None
    names = [as_text(each.get("username")) or "" for each in as_rows(row.get("marketplaceUsernames"))]
    fields = {ours: as_text(row.get(theirs)) or "" for ours, theirs in FIELDS.items()}
    return SideRecord(id=str(number), fields={**fields, "code": "\n".join(filter(None, names))}, made_at=_changed(row))
