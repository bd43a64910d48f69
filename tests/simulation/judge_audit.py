"""Judges the audit by IFS's own book of writes: one entry for each of ours, none for anybody else's, no intent left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from boto3.dynamodb.conditions import ConditionBase

from tests.equipment.ifs.store import Write
from tests.equipment.world import LEDGER, Site, World
from tests.simulation import ledger_format as ledger

ROWS = "ShipmentTrackingSet"
IDENTITY = {"ShipstationId", "OrderNo", "Company"}  # of a row that is made
Place = tuple[str, str, str]  # the record's key, the field, the value


def of_site(world: World, site: Site) -> Iterator[str]:
    yield from _entries(world, site)
    for key in ledger.open_intents(world, site):
        yield f"{site.connection.name}: an intent is open at the end: {key}"


def _entries(world: World, site: Site) -> Iterator[str]:
    ours, others = _written(site, by_us=True), _written(site, by_us=False)
    claimed, maybe = Counter[Place](), Counter[Place]()
    for entry in ledger.entries(world, site):
        counts = {ledger.CLAIMS: claimed, ledger.MAYBE: maybe}.get(str(entry.get(ledger.OUTCOME)))
        if counts is not None:
            counts.update((ledger.record_of(entry), *each) for each in ledger.values_of(entry))
    for place, times in ours.items():
        if times > claimed[place] + maybe[place]:
            yield f"{_name(site, place)}: written {times} times, {claimed[place] + maybe[place]} entries say so"
    for place, times in claimed.items():
        if times > ours[place]:
            whose = "a colleague's write is claimed" if others[place] else "an entry claims a write that was not made"
            yield f"{_name(site, place)}: {whose}"


def _name(site: Site, place: Place) -> str:
    key, field, value = place
    return f"{site.connection.name}/{key}: {field} = {value!r}"


def _written(site: Site, *, by_us: bool) -> Counter[Place]:
    return Counter(
        (_key(site, write), ledger.FIELDS[name], ledger.comparable(ledger.FIELDS[name], value))
        for write in site.tenant.writes
        for name, value in write.changes.items()
        if (write.by == "api") is by_us and name in ledger.FIELDS and name not in IDENTITY
    )


def _key(site: Site, write: Write) -> str:
    """As the audit names the record: a row by its shipment."""
    if write.entity == ROWS:
        return str(site.tenant.record(write.entity, write.key).values["ShipstationId"])
    return str(write.key[0])


class IntentWatch:
    """Looks on while the week runs: at the instant of every write of ours, an intent stands open in the ledger that
    names its values. `missing` counts the writes without one, by connection.
    """

    def __init__(self, world: World) -> None:
        self.missing: Counter[str] = Counter()
        self._open: dict[str, str] = {}
        self._table = world.tables[LEDGER]
        self._put = self._table.put
        self._table.put = self._watched  # type: ignore[method-assign] # what is stored is seen, not changed
        for site in world.sites.values():
            site.tenant.after_commit = partial(self._look, site.connection.name)

    def _watched(self, item: Mapping[str, Any], *, condition: ConditionBase | None = None) -> bool:
        before = self._table.changes(item["pk"])
        try:
            return self._put(item, condition=condition)
        finally:  # stored, and its answer lost, is stored
            if self._table.changes(item["pk"]) != before:
                self._note(item)

    def _note(self, item: Mapping[str, Any]) -> None:
        intent = item.get(ledger.INTENT)
        if intent:
            self._open[item["pk"]] = ledger.as_text(intent)
        else:
            self._open.pop(item["pk"], None)

    def _look(self, connection: str, write: Write) -> None:
        values = [str(v)[:10] for n, v in write.changes.items() if n not in IDENTITY | {"Objstate"} and v is not None]
        if write.by != "api" or "Objstate" in write.changes:
            return
        prefix = ledger.RECORD.format(connection)
        intents = [text for key, text in self._open.items() if key.startswith(prefix)]
        if not any(all(value in text for value in values) for text in intents):
            self.missing[connection] += 1

    def violations(self) -> Iterator[str]:
        for name, times in self.missing.items():
            yield f"{name}: {times} writes without an intent that was stored before"
