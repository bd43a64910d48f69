"""Eight-line stand-ins for the rooms, so that a flow's decisions are seen alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

from functions.connections.connection import Connection
from functions.errors import ConnectorError, Permanent
from functions.flows.to_ifs.circuit_breaker import Breaker
from functions.flows.to_ifs.deliver import Delivery, Ifs
from functions.flows.to_ifs.shared_records import Sharing
from functions.model.audit import AuditEntry
from functions.model.outcomes import Reason
from functions.model.plans import Plan
from functions.model.records import Candidate, Conflict, FieldName, Record, Sought, Written
from functions.model.shared import SharedTarget
from functions.model.shipment import ConnectionName, OrderKey
from functions.model.state import OrderState
from functions.model.tenant import Circuit
from tests.equipment.builders import NOON, a_connection


class FakeIfs:
    """Records under counting ETags. `before_write` runs between our read and our write; each fault is raised once, what
    `refuses` says every time.
    """

    def __init__(self, *candidates: Candidate) -> None:
        self.candidates = {c.record.key: c for c in candidates}
        self.writes: list[tuple[str, dict[FieldName, str | None]]] = []
        self.searches = 0
        self.unreadable = ""
        self.before_write: list[Callable[[], None]] = []
        self.find_faults: list[ConnectorError] = []
        self.write_faults: list[tuple[ConnectorError, bool]] = []
        self.dropped: set[FieldName] = set()
        self.refuses: dict[FieldName, ConnectorError] = {}
        self.actions: list[tuple[str, str]] = []
        self.act_faults: list[tuple[ConnectorError, bool]] = []

    def record(self, key: str = "shipment_header/42") -> Record:
        return self.candidates[key].record

    def edit(self, key: str = "shipment_header/42", **changes: object) -> None:
        """As somebody else would: the ETag moves on."""
        candidate = self.candidates[key]
        number = int(candidate.record.etag.strip('W/"')) + 1
        values = {**candidate.record.values, **{FieldName(n): v for n, v in changes.items() if n in set(FieldName)}}
        other = {name: value for name, value in changes.items() if name not in set(FieldName)}
        record = candidate.record.model_copy(update={"etag": f'W/"{number}"', "values": values, **other})
        self.candidates[key] = candidate.model_copy(update={"record": record})

    def find(self, sought: Sequence[Sought]) -> dict[OrderKey, list[Candidate]]:
        self.searches += 1
        if self.find_faults:
            raise self.find_faults.pop(0)
        if any(s.order.reference == self.unreadable for s in sought):
            raise Permanent(Reason.IFS_CONFIGURATION, "400")
        found = {s.order: [c for c in self.candidates.values() if _carries(c, s.order)] for s in sought}
        return {order: candidates for order, candidates in found.items() if candidates}

    def read(self, keys: Sequence[str]) -> dict[str, Record]:
        return {key: self.candidates[key].record for key in keys if key in self.candidates}

    def write(self, record: Record, changes: Mapping[FieldName, str | None]) -> Written | Conflict:
        if self.before_write:
            self.before_write.pop(0)()
        for name in self.refuses.keys() & changes.keys():
            raise self.refuses[name]
        fault, commits = self.write_faults.pop(0) if self.write_faults else (None, True)
        if fault is not None and not commits:
            raise fault
        if record.etag != self.record(record.key).etag:
            return Conflict(http_status=412)
        self.writes.append((record.key, dict(changes)))
        self.edit(record.key, **{n: v for n, v in changes.items() if n not in self.dropped})
        if fault is not None:
            raise fault
        return Written(http_status=200, record=self.record(record.key))

    def act(self, record: Record, action: str) -> Written | Conflict:
        fault, commits = self.act_faults.pop(0) if self.act_faults else (None, True)
        if fault is not None and not commits:
            raise fault
        if record.etag != self.record(record.key).etag:
            return Conflict(http_status=412)
        self.actions.append((record.key, action))
        self.edit(record.key, state="Completed")
        if fault is not None:
            raise fault
        return Written(http_status=204, record=None)


def _carries(candidate: Candidate, order: OrderKey) -> bool:
    return any(line.order_reference == order.reference for line in candidate.lines)


class FakeOrders:
    def __init__(self) -> None:
        self.states: dict[OrderKey, OrderState] = {}
        self.saves = 0

    def load(self, keys: Sequence[OrderKey]) -> dict[OrderKey, OrderState]:
        return {key: self.states[key] for key in keys if key in self.states}

    def save(self, state: OrderState) -> bool:
        known = self.states.get(state.key)
        if known is not None and known.revision != state.revision:
            return False
        self.saves += 1
        self.states[state.key] = state.model_copy(update={"revision": state.revision + 1})
        return True


class FakeAudit:
    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    def put(self, entry: AuditEntry) -> None:
        self.entries.append(entry)

    def story(self, order: OrderKey, days: Sequence[date]) -> list[AuditEntry]:
        return [e for e in self.entries if e.order == order and e.at.date() in days]

    def said(self) -> list[tuple[str, str | None]]:
        return [(entry.kind, entry.outcome) for entry in self.entries]


class FakePlans:
    def __init__(self) -> None:
        self.plans: dict[str, Plan] = {}

    def get(self, plan_id: str) -> Plan | None:
        return self.plans.get(plan_id)

    def put(self, plan: Plan) -> bool:
        return self.plans.setdefault(plan.plan_id, plan) is plan

    def mark_applied(self, plan_id: str, at: datetime) -> bool:
        self.plans[plan_id] = self.plans[plan_id].model_copy(update={"applied_at": at})
        return True


class FakeCircuits:
    def __init__(self) -> None:
        self.standing: Circuit | None = None
        self.saves = 0

    def circuit(self, connection: ConnectionName) -> Circuit:
        return self.standing or Circuit(connection=connection)

    def save_circuit(self, circuit: Circuit) -> bool:
        if self.circuit(circuit.connection).revision != circuit.revision:
            return False
        self.saves += 1
        self.standing = circuit.model_copy(update={"revision": circuit.revision + 1})
        return True


class FakeShared:
    def __init__(self) -> None:
        self.items: dict[str, SharedTarget] = {}

    def load(self, connection: ConnectionName, target: str) -> SharedTarget:
        return self.items.get(target) or SharedTarget(connection=connection, target=target)

    def save(self, shared: SharedTarget) -> bool:
        if self.load(shared.connection, shared.target).revision != shared.revision:
            return False
        self.items[shared.target] = shared.model_copy(update={"revision": shared.revision + 1})
        return True


class World:
    """One delivery's surroundings. `at` is the clock."""

    def __init__(self, ifs: FakeIfs, connection: Connection | None = None) -> None:
        self.at = NOON + timedelta(hours=2)
        self.ifs, self.orders, self.audit, self.plans = ifs, FakeOrders(), FakeAudit(), FakePlans()
        self.connection = connection or a_connection()
        self.time_left = True
        self.unfit: ConnectorError | None = None
        self.circuits = FakeCircuits()
        self.shared = FakeShared()
        self.by_entity_set: dict[str, FakeIfs] = {}

    @property
    def delivery(self) -> Delivery:
        return Delivery(
            connection=self.connection,
            ifs=self.opened,
            unfit=lambda _: self.unfit,
            sharing=Sharing(self.shared, lambda: self.at),
            breaker=Breaker(self.circuits, self.connection.name, lambda: self.at),
            orders=self.orders,
            plans=self.plans,
            audit=self.audit,
            now=lambda: self.at,
            pause=lambda _: None,
            has_time=lambda: self.time_left,
        )

    def opened(self, connection: Connection) -> Ifs:
        """IFS as this target shows it; one that was not given is the usual one."""
        return self.by_entity_set.get(connection.ifs.targets[0].entity_set, self.ifs)

    def state(self) -> OrderState:
        (state,) = self.orders.states.values()
        return state
