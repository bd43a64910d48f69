"""Deliberate breakages of the shipping code. Each must make the oracle complain, or the simulation proves too little.

They reach into private parts of the code they break; one that no longer finds its part fails loudly.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from functions.connections.connection import Connection
from functions.errors import OutcomeUnknown, Permanent, Retryable
from functions.flows.from_shipstation import collect, crosscheck, live_streams, sweep
from functions.flows.to_ifs import (
    admission,
    audit_trail,
    deliver,
    desired,
    ownership,
    place,
    record_write,
    release,
    shared_records,
)
from functions.handlers import consume
from functions.ifs import client as ifs_client
from functions.ifs import faults
from functions.ifs.targets import custom_entity, shipment_header
from functions.ledger import jobs, readers
from functions.model.cursors import Stream
from functions.model.outcomes import Outcome, Reason
from functions.model.shipment import Shipment
from functions.shipstation import budget
from functions.shipstation.v1 import keyset_walk, normalise, pacific, source
from functions.wiring.telemetry import logger
from tests.simulation.simulate import simulate

SEEDS = (0, 11, 7, 1, 2, 8, 3, 4, 5, 6, 9, 10)  # not every week shows every fault; the telling ones first
DAYS = 3.0


@dataclass(frozen=True)
class Verdict:
    name: str
    is_caught: bool
    evidence: str


def _patch(owner: Any, name: str, value: Any) -> None:
    """For good: every breakage has a process of its own."""
    assert hasattr(owner, name), f"{owner} has no {name} any more: adapt the breakage"
    setattr(owner, name, value)


def _without_if_match() -> None:
    def patch(self: Any, path: str, etag: Any, body: Any, what: str) -> Any:
        headers = {"Content-Type": "application/json"}
        return self._send("PATCH", path, what, headers, json.dumps(body).encode())

    _patch(ifs_client.IfsClient, "patch", patch)


def _if_match_star() -> None:
    def patch(self: Any, path: str, etag: Any, body: Any, what: str) -> Any:
        headers = {"If-Match": "*", "Content-Type": "application/json"}
        return self._send("PATCH", path, what, headers, json.dumps(body).encode())

    _patch(ifs_client.IfsClient, "patch", patch)


def _cursor_first() -> None:
    def walk(self: Any, stream: Any, lane: Any) -> None:
        cursor = self._cursor(stream)
        for reading in self.source.walk(stream, cursor.settled, lane):
            cursor = self._advanced(stream, cursor, reading, settles=True)
            self.position.keep(stream, cursor)
            self._accept(stream, reading, lane, settles=True)

    _patch(live_streams.Walker, "walk", walk)
    # The advance alone is no loss while the settle pass and the sweep read everything again.
    _patch(live_streams.Walker, "_margin", lambda self, stream: timedelta(0))
    _patch(sweep, "due", lambda cursors, beginning, now: iter(()))


def _ignore_voids() -> None:
    _patch(Shipment, "is_voided", property(lambda self: False))


def _no_settle_pass() -> None:
    _patch(live_streams.Walker, "_is_settling_due", lambda self, stream, cursor: False)
    _no_sweep()


def _key_by_order_number() -> None:
    _patch(normalise, "_reference", lambda row, order, view: row.order_number)


def _pacific_as_utc() -> None:
    _patch(pacific, "PACIFIC", UTC)


def _no_fencing() -> None:
    def acquire(self: Any, connection: Any, holder: str, *, now: Any, until: Any) -> Any:
        reader = self._load(connection).model_copy(update={"holder": holder, "held_until": until})
        self._table.put(readers._item(reader))
        return reader

    _patch(readers.ReaderStore, "acquire", acquire)
    _patch(readers.ReaderStore, "save", lambda self, reader: self._table.put(readers._item(reader)))


def _blind_retry() -> None:
    def after(self: Any, this: Any, fault: OutcomeUnknown) -> bool:
        self._reread()
        self._accept(this, self.tools.ifs.write(self.record, this.changes))
        return True

    _patch(record_write.Settlement, "_after_lost_answer", after)


def _write_before_go_live() -> None:
    _patch(admission, "skip_reason", lambda shipment, connection, admission: shipment.skip)


def _clear_what_is_not_ours() -> None:
    _patch(
        ownership,
        "_after_void",
        lambda field: field.write(None) if field.current else field.remember(Outcome.UNCHANGED, None),
    )


def _forget_the_intent() -> None:
    _patch(audit_trail.Journal, "intend", lambda self, attempt, shipments: None)


def _pages_by_number() -> None:
    def walk(fetch: Any, listing: Any, filters: Any, window: Any, avoid: Any = ()) -> Iterator[Any]:
        start = pacific.window_start(window.start) if window.start else None
        bounds = listing.bounds(start, pacific.window_end(window.end) if window.end else None)
        last = None
        for number in range(1, 1000):
            rows = fetch({**listing.fixed, **filters, **bounds, "page": str(number)}, 3).rows
            keys = [keyset_walk.readable(row.get(listing.key_field)) for row in rows if row]
            last = max(filter(None, [*keys, last]), default=None)
            full = len(rows) >= listing.page_size
            yield keyset_walk.Page([row for row in rows if row], last, is_last=not full)
            if not full:
                return

    _patch(source, "walk", walk)


def _overwrite_people() -> None:
    _patch(ownership, "_may_write", lambda field: True)


def _no_governor() -> None:
    _patch(budget.Governor, "wait_for_place", lambda self, lane: None)


def _log_secrets() -> None:
    send = ifs_client.IfsClient._send

    def chatty(self: Any, *arguments: Any) -> Any:
        logger.info("calling", secret=self._tokens._credentials().client_secret.get_secret_value())
        return send(self, *arguments)

    _patch(ifs_client.IfsClient, "_send", chatty)


def _write_in_shadow() -> None:
    _patch(record_write.Settlement, "_rehearse", lambda self, this: self._write(this))


def _returns_are_deliveries() -> None:
    def skip(row: Any, reference: str | None) -> Reason | None:
        return Reason.NO_ORDER_REFERENCE if reference is None else None

    _patch(normalise, "_skip", skip)


def _guess_the_record() -> None:
    def place(shipments: Any, usable: Any, left: Any, missing: Any) -> Any:
        return (
            ({s.key: next(iter(usable)) for s in shipments}, {})
            if usable
            else ({}, {s.key: Reason.NOT_IN_IFS_YET for s in shipments})
        )

    _patch(place, "_place", place)


def _ignore_sharing() -> None:
    _patch(place, "is_shared", lambda candidate: False)


def _never_look_again() -> None:
    _patch(release, "SHARE_FOR_NEW", 1.0)
    _patch(consume, "deliver", _forgetful(deliver.deliver))


def _forgetful(inner: Callable[..., Any]) -> Callable[..., Any]:
    def once(batch: Any, delivery: Any) -> Any:
        return inner([work for work in batch if work.cause.kind != "release"], delivery)

    return once


def _one_parcel_an_order() -> None:
    tracking = desired._tracking
    _patch(desired, "_tracking", lambda live, rule: tracking(live[-1:], rule))


def _older_wins() -> None:
    def older(known: Any, arriving: Any) -> Any:
        return known

    _patch(admission, "newer", older)


def _no_fulfilments() -> None:
    walk = live_streams.Walker.walk

    def deaf(self: Any, stream: Any, lane: Any) -> None:
        if stream is not Stream.FULFILMENTS:
            walk(self, stream, lane)

    _patch(live_streams.Walker, "walk", deaf)
    _no_sweep()


def _no_sweep() -> None:
    _patch(sweep, "due", lambda cursors, beginning, now: iter(()))


def _every_store() -> None:
    _patch(admission, "skip_reason", lambda shipment, connection, admission=None: shipment.skip)


def _one_mode_for_all_stores() -> None:
    _patch(admission, "store_view", lambda state, connection: connection)
    _patch(deliver, "store_view", lambda state, connection: connection)


def _survivors_only() -> None:
    _patch(source, "copies", lambda shipment, merged, known: iter(()))


def _circuit_never_closes() -> None:
    def open_for_good(self: Any) -> None:
        self._position.note(refused_at=self._now(), probe_at=self._now() + timedelta(days=99))

    _patch(collect._Run, "open_circuit", open_for_good)


def _backlog_without_a_job() -> None:
    _patch(jobs.JobStore, "open", lambda self, job: job)
    _no_sweep()


def _no_cross_check() -> None:
    _patch(crosscheck.CrossCheck, "verify", lambda self, orders, older_than, cause, lane: True)


def _poison_stops_the_walk() -> None:
    _patch(keyset_walk._Walk, "_stepped_over", _raising)


def _raising(*_: Any, **__: Any) -> Any:
    raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, "500")


def _every_site() -> None:
    _patch(deliver, "is_ours", lambda connection: lambda record: True)


def _one_target_for_all_stores() -> None:
    at_store = Connection.at_store

    def at(self: Any, store: Any) -> Any:
        view = at_store(self, store)
        return view.model_copy(update={"ifs": view.ifs.model_copy(update={"targets": self.ifs.targets})})

    _patch(Connection, "at_store", at)


def _ignore_named_records() -> None:
    _patch(shipment_header.ShipmentHeaders, "_named", lambda self, sought: {})


def _refused_as_a_whole() -> None:
    _patch(record_write, "FIELDS_OWN_FAULTS", set())


def _read_prose() -> None:
    _patch(faults, "LOCKED", re.compile("is currently locked"))


def _rebuild_is_a_refusal() -> None:
    verdict = faults.verdict

    def hasty(answer: Any, what: str, method: str, **more: Any) -> Any:
        if answer.code == "MI_MODIFIED_ERROR":
            raise Permanent(Reason.IFS_PERMISSION, what)
        return verdict(answer, what, method, **more)

    _patch(ifs_client, "verdict", hasty)


def _date_before_delivery() -> None:
    _patch(ownership, "_must_wait", lambda field: False)


def _no_probe() -> None:
    find = deliver._find
    _patch(deliver, "_find", lambda cases, delivery, *, is_probe: find(cases, delivery, is_probe=False))


def _rows_without_looking() -> None:
    def candidates(shipments: Any, orders: Any, rows: Any) -> Any:
        return custom_candidates(shipments, orders, {})

    custom_candidates = custom_entity._candidates
    _patch(custom_entity, "_candidates", candidates)


def _alone_on_a_shared_record() -> None:
    enter = shared_records.Sharing.enter

    def alone(self: Any, order: Any, target: str, shipments: Any) -> Any:
        held = enter(self, order, target, shipments)
        return held and held.model_copy(update={"contributions": {order.digest: tuple(shipments)}})

    _patch(shared_records.Sharing, "enter", alone)


BREAKAGES: dict[str, Callable[[], None]] = {
    "drop If-Match": _without_if_match,
    "If-Match: *": _if_match_star,
    "move the cursor before enqueuing": _cursor_first,
    "ignore voids": _ignore_voids,
    "no settle pass": _no_settle_pass,
    "key by order number alone": _key_by_order_number,
    "Pacific as UTC": _pacific_as_utc,
    "no fencing": _no_fencing,
    "blind retry of a write": _blind_retry,
    "write before go-live": _write_before_go_live,
    "clear a field that is not ours": _clear_what_is_not_ours,
    "forget the intent": _forget_the_intent,
    "take page=2": _pages_by_number,
    "overwrite what a person typed": _overwrite_people,
    "no request governor": _no_governor,
    "log a secret": _log_secrets,
    "write in shadow mode": _write_in_shadow,
    "return labels are deliveries": _returns_are_deliveries,
    "guess among several records": _guess_the_record,
    "ignore that a record is shared": _ignore_sharing,
    "never look again": _never_look_again,
    "last parcel wins": _one_parcel_an_order,
    "the older reading wins": _older_wins,
    "read no fulfilments": _no_fulfilments,
    "no sweep": _no_sweep,
    "every store is ours": _every_store,
    "one mode for all stores": _one_mode_for_all_stores,
    "combined orders reach the survivor only": _survivors_only,
    "never ask again with a replaced key": _circuit_never_closes,
    "step over a backlog": _backlog_without_a_job,
    "no cross-check of shipped orders": _no_cross_check,
    "a poison row stops the walk": _poison_stops_the_walk,
    "records of every site are ours": _every_site,
    "one target for all stores": _one_target_for_all_stores,
    "ignore the record that an order names": _ignore_named_records,
    "one refused field refuses all": _refused_as_a_whole,
    "tell a lock by its English message": _read_prose,
    "take a rebuild of the metadata for a refusal": _rebuild_is_a_refusal,
    "write the ship date before IFS delivers": _date_before_delivery,
    "no probe while the circuit is open": _no_probe,
    "make a row without looking for it": _rows_without_looking,
    "forget the other orders of a shared record": _alone_on_a_shared_record,
}


def _nothing() -> None:
    """The same weeks with nothing broken: what they find then proves nothing of a breakage."""


UNBROKEN = "nothing is broken"


def try_breakage(name: str) -> Verdict:
    """Runs in a process of its own and never repairs what it broke."""
    BREAKAGES.get(name, _nothing)()
    for seed in SEEDS:
        found = simulate(seed, days=DAYS).violations
        if found:
            return Verdict(name, is_caught=True, evidence=f"seed {seed}: {found[0]}")
    return Verdict(name, is_caught=False, evidence=f"{len(SEEDS)} seeds found nothing")
