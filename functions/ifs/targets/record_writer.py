"""What the profiles have in common: rows become records, changes become bodies, every PATCH carries its ETag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from functions.connections.targets import AnyTarget, FieldRule, FieldType
from functions.errors import Permanent
from functions.ifs import odata
from functions.ifs.client import ETag
from functions.ifs.faults import Answer, Call, somebody_elses
from functions.ifs.service import Row, Service
from functions.model.amounts import amount_of, plain
from functions.model.outcomes import Reason
from functions.model.records import Conflict, FieldName, Record, Written

CONFLICT = Conflict(http_status=412)


class Fields:
    """The written attributes of a target, by our names."""

    def __init__(self, target: AnyTarget) -> None:
        self._rules = target.rules
        self.attributes = tuple(rule.attribute for rule in self._rules.values())

    def values(self, row: Row) -> dict[FieldName, str | None]:
        return {name: _value(rule.type, row.get(rule.attribute)) for name, rule in self._rules.items()}

    def body(self, changes: Mapping[FieldName, str | None], record: Record) -> dict[str, str | float | None]:
        """Raises Permanent for a value that IFS would have to cut; what stood there before fits again."""
        sent = {name: _sent(self._rules[name], value) for name, value in changes.items()}
        for name in (name for name in sent if name not in record.returning):
            _check(name, self._rules[name], sent[name])
        return {self._rules[name].attribute: value for name, value in sent.items()}

    def are_in(self, answer: Answer) -> bool:
        return isinstance(answer.body, dict) and set(self.attributes) <= set(answer.body)


class Writer:
    """PATCHes one record of a set under the ETag of its reading."""

    def __init__(self, service: Service, entity_set: str, fields: Fields) -> None:
        self._service, self._set, self._fields = service, entity_set, fields

    def patch(self, record: Record, key: str, changes: Mapping[FieldName, str | None]) -> Answer | None:
        """None for a conflict. `key` is the record's as `odata.key` makes it."""
        path = self._service.address(self._set, key)
        return self._service.client.patch(path, ETag(record.etag), self._fields.body(changes, record), self._set)

    def written(self, answer: Answer | None, before: Record) -> Written | Conflict:
        """What the answer says the record holds now; without a record where it says nothing. Raises OutcomeUnknown for
        JSON that is none of IFS's.
        """
        if answer is None:
            return CONFLICT
        if answer.is_json and not answer.is_odata and not self._fields.are_in(answer):
            raise somebody_elses(answer, Call("PATCH", self._set, "write"))
        # An answer that leaves a written field out does not say whether it was stored.
        if not self._fields.are_in(answer):
            return Written(http_status=answer.status, record=None, etag=answer.headers.get("etag"))
        etag = answer.headers.get("etag") or answer.body.get("@odata.etag")
        after = before.holding(self._fields.values(answer.body), str(etag)) if etag else None
        return Written(http_status=answer.status, record=after)

    def read(self, key: str, attributes: Sequence[str]) -> Row | None:
        """One record by its address, with the tag that a write checks. None where it is not there."""
        options = {"$select": odata.selection((*attributes, *self._fields.attributes))}
        path = f"{self._service.address(self._set, key)}?{odata.query(options)}"
        answer = self._service.client.get(path, self._set)
        if answer is None or not isinstance(answer.body, dict):
            return None
        # Either of them may be missing.
        return {**answer.body, "@odata.etag": answer.headers.get("etag") or answer.body.get("@odata.etag")}


def etag_of(row: Row) -> str:
    return str(row.get("@odata.etag") or "")


def text_of(value: object) -> str:
    return "" if value is None else str(value)


def _check(name: FieldName, rule: FieldRule, value: str | float | None) -> None:
    # Cut off it would be another value, and look like somebody else's at the next look.
    if isinstance(value, str) and len(value.encode()) > rule.max_length:
        raise Permanent(Reason.IFS_CONFIGURATION, f"{name} is longer than its max_length")


def _sent(rule: FieldRule, value: str | None) -> str | float | None:
    amount = amount_of(value) if rule.type == "number" else None
    if amount is None:
        return value
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _value(kind: FieldType, value: Any) -> str | None:
    """IFS may send a date with a time, a time with fractions or an offset; the day is what counts."""
    # An import fills empty columns with blanks.
    if value is None or not str(value).strip():
        return None
    text = str(value)
    if kind == "number":
        amount = amount_of(value)
        return text if amount is None else plain(amount)
    if kind == "date":
        return text[:10]
    return f"{text[:10]}T{text[11:19] or '00:00:00'}Z" if kind == "timestamp" else text
