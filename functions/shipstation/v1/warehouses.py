"""ShipStation V1's warehouses: where goods are shipped from.

    GET  /warehouses                   a bare array of all
    POST /warehouses/createwarehouse   answers the whole object
    PUT  /warehouses/{id}              wants the whole object, answers `{success, message}`

Recorded: a default that was not asked for comes back (`isDefault`), a return address that was null comes back as a copy
of the origin, without `residential`; what is deleted is only hidden. There is no field for an id of somebody else's.
Source: https://www.shipstation.com/docs/api/warehouses/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from functions.errors import ConnectorError, OutcomeUnknown, Permanent, Retryable, Scope
from functions.model.alignment import SideRecord
from functions.model.outcomes import Reason
from functions.model.text import folded
from functions.shipstation.client import ShipStationClient
from functions.shipstation.pacific import parse_instant
from functions.shipstation.v1.address import ADDRESS
from functions.shipstation.values import as_rows, as_text, as_whole

PATH = "/warehouses"
ORIGIN = {"contact": "name", **ADDRESS}
# What a warehouse's fields have to look like. Its lengths are those of the import guides (help.shipstation.com).
FORMS = {
    "name": r".{1,100}",
    "contact": r".{0,100}",
    "street1": r".{1,200}",
    "street2": r".{0,200}",
    "street3": r".{0,200}",
    "city": r".{1,100}",
    "state": r".{0,100}",
    "postal_code": r".{0,50}",
    "country": r"[A-Z]{2}",
    "phone": r".{0,50}",
}


class WarehouseRecords:
    """Raises Retryable, OutcomeUnknown (writes) or Permanent."""

    def __init__(self, client: ShipStationClient) -> None:
        self._client = client

    def read(self) -> list[SideRecord]:
        answer = self._client.get(PATH, {}, "push")
        if answer is not None and answer.is_empty:
            return []
        if answer is None or not isinstance(answer.body, list):
            raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"GET {PATH}: no list")
        return [record for row in as_rows(answer.body) if (record := _record(row))]

    def parts(self, changes: Mapping[str, str]) -> list[dict[str, str]]:
        return [dict(changes)]

    def change(self, record: SideRecord, changes: Mapping[str, str]) -> SideRecord | None:
        """Read anew and stored whole. ShipStation knows no condition on a write: an edit between the two is lost."""
        path = f"{PATH}/{record.id}"
        current = self._read_one(path)
        if current is None or _differs(current, {name: record.fields.get(name, "") for name in changes}):
            return None
        answer = self._client.put(path, _merged(current.body, changes), "push")
        if isinstance(answer, dict) and answer.get("success") is False:
            raise Permanent(Reason.SHIPSTATION_REQUEST, f"PUT {path}: no success", scope=Scope.RECORD)
        after = self._read_back(path)
        if after is None or _differs(after, changes):
            raise Permanent(Reason.NOT_STORED, f"PUT {path}: taken and not stored", scope=Scope.RECORD)
        return after

    def make(self, fields: Mapping[str, str]) -> SideRecord:
        body = {"warehouseName": fields["name"], "originAddress": _origin(fields), "returnAddress": None}
        path = f"{PATH}/createwarehouse"
        answer = self._client.post(path, body, "push")
        made = _record(answer) if isinstance(answer, dict) else None
        if made is None:
            raise OutcomeUnknown(Reason.SHIPSTATION_UNAVAILABLE, f"POST {path}: no warehouse answered")
        return made

    def _read_one(self, path: str) -> SideRecord | None:
        answer = self._client.get(path, {}, "push", scope=Scope.RECORD)
        return _record(answer.body) if answer is not None and isinstance(answer.body, dict) else None

    def _read_back(self, path: str) -> SideRecord | None:
        """What was written and is not seen may stand there all the same."""
        try:
            return self._read_one(path)
        except ConnectorError as fault:
            text = f"PUT {path}: not read back"
            raise OutcomeUnknown(Reason.SHIPSTATION_UNAVAILABLE, text, status=fault.status) from fault


def _differs(record: SideRecord, texts: Mapping[str, str]) -> bool:
    return any(folded(record.fields.get(name, "")) != folded(text) for name, text in texts.items())


def _record(row: dict[str, Any]) -> SideRecord | None:
    """Of a warehouse that shows no address its fields are unknown, not empty."""
    number, origin = as_whole(row.get("warehouseId")), _object(row.get("originAddress"))
    if number is None:
        return None
    is_shown = isinstance(row.get("originAddress"), dict)
    fields = {name: as_text(origin.get(theirs)) or "" for name, theirs in ORIGIN.items()} if is_shown else {}
    name = as_text(row.get("warehouseName")) or ""
    return SideRecord(id=str(number), fields={"name": name, **fields}, made_at=_made(row), body=row)


def _made(row: dict[str, Any]) -> datetime | None:
    try:
        return parse_instant(as_text(row.get("createDate")))
    except ValueError:
        return None


def _merged(body: Mapping[str, Any], changes: Mapping[str, str]) -> dict[str, Any]:
    """The object as it stands but for these fields. A return address that is a copy of the origin stays one."""
    before = _object(body.get("originAddress"))
    after = {**before, **{ORIGIN[name]: text or None for name, text in changes.items() if name in ORIGIN}}
    returned = _object(body.get("returnAddress"))
    merged = {**body, "originAddress": after}
    if _place(returned) == _place(before):
        merged["returnAddress"] = {**returned, **_place(after)} if returned else None
    if "name" in changes:
        merged["warehouseName"] = changes["name"]
    return merged


def _origin(fields: Mapping[str, str]) -> dict[str, Any]:
    """The name on the label is the warehouse's where IFS tells none."""
    origin: dict[str, Any] = {theirs: fields.get(name) or None for name, theirs in ORIGIN.items()}
    return {**origin, "name": origin["name"] or fields["name"]}


def _place(address: Mapping[str, Any]) -> dict[str, Any]:
    return {theirs: address.get(theirs) for theirs in (*ORIGIN.values(), "company")}


def _object(raw: object) -> dict[str, Any]:
    return raw if isinstance(raw, dict) else {}
