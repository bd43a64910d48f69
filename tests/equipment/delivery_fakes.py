"""Small stand-ins for the rooms, so that a flow's decisions are seen alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from functions.connections.connection import Connection
from functions.errors import ConnectorError, Permanent
from functions.flows.to_ifs.circuit_breaker import Breaker
from functions.flows.to_ifs.deliver import Delivery
from functions.flows.to_ifs.earlier_version import Earlier
from functions.flows.to_ifs.lookup import Lookup
from functions.flows.to_ifs.record_session import Records
from functions.ledger.orders import OrderStore
from functions.ledger.plans import PlanStore
from functions.model.audit import AuditEntry, EarlierAuditEntry
from functions.model.earlier import EarlierShared
from functions.model.messages import DeliverOrder
from functions.model.outcomes import Reason
from functions.model.record_memory import RecordMemory
from functions.model.records import Candidate, Conflict, FieldName, Record, RecordKey, Sought, Written
from functions.model.shipment import ConnectionName, OrderKey
from functions.model.state import OrderRecord, OrderState
from functions.model.tenant import Circuit
from tests.equipment.builders import NOON, a_connection, a_key
from tests.equipment.memory_aws.table import MemoryTable


class FakeIfs:
    """Records under counting ETags. `before_write` runs between our read and our write; each fault is raised once, what
    `refuses` says every time. `hidden` records are not shown. `listed_tags` says that lists carry another tag than a
    write checks.
    """

    def __init__(self, *candidates: Candidate) -> None:
        self.candidates = {c.record.key: c for c in candidates}
        self.writes: list[tuple[str, dict[FieldName, str | None]]] = []
        self.attempts = 0
        self.searches = 0
        self.rereads = 0
        self.unreadable = ""
        self.hidden: set[RecordKey] = set()
        self.listed_tag = ""
        self.before_write: list[Callable[[], None]] = []
        self.find_faults: list[ConnectorError] = []
        self.read_faults: list[ConnectorError] = []
        self.fails_for: dict[str, ConnectorError] = {}
        self.write_faults: list[tuple[ConnectorError, bool]] = []
        self.always: ConnectorError | None = None
        self.dropped: set[FieldName] = set()
        self.refuses: dict[FieldName, ConnectorError] = {}
        self.actions: list[tuple[str, str]] = []
        self.before_act: list[Callable[[], None]] = []
        self.act_faults: list[tuple[ConnectorError, bool]] = []

    def record(self, key: str = "42") -> Record:
        return self.candidates[self.key(key)].record

    def key(self, record_id: str) -> RecordKey:
        return next((key for key in self.candidates if key.id == record_id), a_key(record_id))

    def values(self, key: str = "42") -> dict[FieldName, str | None]:
        return self.record(key).values

    def edit(self, key: str = "42", **changes: object) -> None:
        """As somebody else would: the ETag moves on."""
        candidate = self.candidates[self.key(key)]
        number = int(candidate.record.etag.strip('W/"')) + 1
        values = {**candidate.record.values, **{FieldName(n): v for n, v in changes.items() if n in set(FieldName)}}
        other = {name: value for name, value in changes.items() if name not in set(FieldName)}
        record = candidate.record.model_copy(update={"etag": f'W/"{number}"', "values": values, **other})
        self.candidates[self.key(key)] = candidate.model_copy(update={"record": record})

    def put(self, candidate: Candidate) -> None:
        """New, or with other lines."""
        self.candidates[candidate.record.key] = candidate

    def find(self, sought: Sequence[Sought]) -> dict[OrderKey, list[Candidate]]:
        self.searches += 1
        if self.find_faults:
            raise self.find_faults.pop(0)
        for each in sought:
            if each.order.reference in self.fails_for:
                raise self.fails_for[each.order.reference]
        if any(s.order.reference == self.unreadable for s in sought):
            raise Permanent(Reason.IFS_CONFIGURATION, "400")
        found = {each.order: [self._listed(c, each) for c in self._shown() if _concerns(c, each)] for each in sought}
        return {order: candidates for order, candidates in found.items() if candidates}

    def _shown(self) -> list[Candidate]:
        return [candidate for key, candidate in self.candidates.items() if key not in self.hidden]

    def _listed(self, candidate: Candidate, each: Sought) -> Candidate:
        named = candidate.named_by
        is_own = _carries(candidate, each.order) and not (named and not candidate.lines)
        shown = candidate.model_copy(update={"is_own": is_own, "orders": candidate.orders or (each.order.reference,)})
        if not self.listed_tag:
            return shown
        return shown.model_copy(update={"record": shown.record.model_copy(update={"etag": self.listed_tag})})

    def read(self, keys: Sequence[RecordKey]) -> dict[RecordKey, Record]:
        self.rereads += 1
        if self.read_faults:
            raise self.read_faults.pop(0)
        return {key: self.candidates[key].record for key in keys if key in self.candidates and key not in self.hidden}

    def reread(self, record: Record) -> Record | None:
        found = self.read([record.key]).get(record.key)
        return found if found is not None and found.exists else None

    def write(self, record: Record, changes: Mapping[FieldName, str | None]) -> Written | Conflict:
        self.attempts += 1
        if self.before_write:
            self.before_write.pop(0)()
        if self.always is not None:
            raise self.always
        for name in self.refuses.keys() & changes.keys():
            raise self.refuses[name]
        fault, commits = self.write_faults.pop(0) if self.write_faults else (None, True)
        if fault is not None and not commits:
            raise fault
        if record.etag != self.record(record.key.id).etag:
            return Conflict(http_status=412)
        self.writes.append((record.key.id, dict(changes)))
        self.edit(record.key.id, **{n: v for n, v in changes.items() if n not in self.dropped}, exists=True)
        if fault is not None:
            raise fault
        return Written(http_status=200, record=self.record(record.key.id))

    def act(self, record: Record, action: str) -> Written | Conflict:
        if self.before_act:
            self.before_act.pop(0)()
        fault, commits = self.act_faults.pop(0) if self.act_faults else (None, True)
        if fault is not None and not commits:
            self.actions.append((record.key.id, action))
            raise fault
        if record.etag != self.record(record.key.id).etag:
            return Conflict(http_status=412)
        self.actions.append((record.key.id, action))
        self.edit(record.key.id, state="Completed")
        if fault is not None:
            raise fault
        return Written(http_status=204, record=None)


def _concerns(candidate: Candidate, each: Sought) -> bool:
    if _carries(candidate, each.order):
        return True
    is_named = candidate.named_by and {shipment.key for shipment in each.shipments} & set(candidate.named_by)
    return bool(is_named) or (bool(each.remembered) and candidate.record.key in each.remembered)


def _carries(candidate: Candidate, order: OrderKey) -> bool:
    if not candidate.lines and not candidate.named_by:
        return order.reference in candidate.orders
    return any(line.order_reference == order.reference for line in candidate.lines)


ORDERS_PER_PAGE = 50


class FakeOrders:
    def __init__(self) -> None:
        self.states: dict[OrderKey, OrderState] = {}
        self.saves = 0
        self.faults: list[ConnectorError] = []
        self.unreadable: dict[OrderKey, ConnectorError] = {}

    def load(self, keys: Sequence[OrderKey]) -> dict[OrderKey, OrderState]:
        if self.faults:
            raise self.faults.pop(0)
        for key in keys:
            if key in self.unreadable:
                raise self.unreadable[key]
        return {key: self.states[key] for key in keys if key in self.states}

    def save(self, state: OrderState) -> bool:
        known = self.states.get(state.key)
        if known is not None and known.revision != state.revision:
            return False
        self.saves += 1
        self.states[state.key] = state.stored()
        return True

    def scan(self, connection: ConnectionName) -> Iterator[OrderState]:
        return iter([state for key, state in self.states.items() if key.connection == connection])

    def page(self, connection: ConnectionName, after: str) -> tuple[list[OrderState], str]:
        states, start = list(self.scan(connection)), int(after or 0)
        end = start + ORDERS_PER_PAGE
        return states[start:end], str(end) if end < len(states) else ""

    def is_too_large(self, state: OrderState) -> bool:
        return OrderStore(MemoryTable()).is_too_large(state)


class FakeMemories:
    """`before_save` runs before a save: somebody else may be faster."""

    def __init__(self) -> None:
        self.items: dict[RecordKey, RecordMemory] = {}
        self.saves = 0
        self.before_save: list[Callable[[], None]] = []
        self.faults: list[ConnectorError] = []

    def load(self, connection: ConnectionName, keys: Sequence[RecordKey]) -> dict[RecordKey, RecordMemory]:
        return {key: self.items.get(key, RecordMemory(connection=connection, key=key)) for key in keys}

    def save(self, memory: RecordMemory) -> bool:
        if self.before_save:
            self.before_save.pop(0)()
        if self.faults:
            raise self.faults.pop(0)
        known = self.items.get(memory.key)
        if (known.revision if known else 0) != memory.revision:
            return False
        self.saves += 1
        self.items[memory.key] = memory.stored()
        return True

    def plans_of(self, connection: ConnectionName, keys: Collection[RecordKey]) -> dict[RecordKey, Sequence[str]]:
        return {key: self.items[key].plans for key in keys if key in self.items}

    def of(self, record_id: str = "42") -> RecordMemory:
        return next(memory for key, memory in self.items.items() if key.id == record_id)


class FakeAudit:
    """`before_put` runs before an entry is kept."""

    def __init__(self) -> None:
        self.before_put: list[Callable[[], None]] = []
        self.entries: list[AuditEntry] = []
        self.by_key: dict[tuple[RecordKey, str], AuditEntry] = {}
        self.earlier: list[EarlierAuditEntry] = []
        self.stories = 0
        self._keys = 0

    def new_key(self, at: datetime) -> str:
        self._keys += 1
        return f"{at.isoformat()}#{self._keys}"

    def put(self, key: str, entry: AuditEntry) -> bool:
        if self.before_put:
            self.before_put.pop(0)()
        if (entry.record, key) in self.by_key:
            return False
        self.by_key[entry.record, key] = entry
        self.entries.append(entry)
        return True

    def get(self, connection: ConnectionName, record: RecordKey, key: str) -> AuditEntry | None:
        return self.by_key.get((record, key))

    def story(self, connection: ConnectionName, record: RecordKey) -> Iterable[AuditEntry]:
        self.stories += 1
        return [entry for entry in reversed(self.entries) if entry.record == record]

    def earlier_story(self, order: OrderKey, days: Sequence[date]) -> list[EarlierAuditEntry]:
        return [e for e in self.earlier if e.order == order and e.at.date() in days]

    def said(self) -> list[str]:
        return [str(entry.outcome) for entry in self.entries]


class FakeCircuits:
    def __init__(self) -> None:
        self.stored: Circuit | None = None
        self.saves = 0

    def circuit(self, connection: ConnectionName) -> Circuit:
        return self.stored or Circuit(connection=connection)

    def save_circuit(self, circuit: Circuit) -> bool:
        if self.circuit(circuit.connection).revision != circuit.revision:
            return False
        self.saves += 1
        self.stored = circuit.model_copy(update={"revision": circuit.revision + 1})
        return True


class FakeShared:
    def __init__(self) -> None:
        self.items: dict[str, EarlierShared] = {}

    def load(self, connection: ConnectionName, target: str) -> EarlierShared | None:
        return self.items.get(target)


class FakeQueue:
    def __init__(self) -> None:
        self.sent: list[DeliverOrder] = []

    def send(self, orders: Iterable[DeliverOrder]) -> None:
        self.sent += orders

    def take(self) -> list[DeliverOrder]:
        taken, self.sent = self.sent, []
        return taken


class World:
    """One delivery's surroundings. `at` is the clock."""

    def __init__(self, ifs: FakeIfs, connection: Connection | None = None) -> None:
        self.at = NOON + timedelta(hours=2)
        self.ifs, self.orders, self.audit = ifs, FakeOrders(), FakeAudit()
        self.plans = PlanStore(MemoryTable())
        self.memories, self.queue = FakeMemories(), FakeQueue()
        self.connection = connection or a_connection()
        self.time_left = True
        self.drift: ConnectorError | None = None
        self.circuits = FakeCircuits()
        self.shared = FakeShared()
        self.by_entity_set: dict[str, FakeIfs] = {}

    @property
    def lookup(self) -> Lookup:
        return Lookup(
            connection=self.connection,
            ifs=self.opened,
            drift=lambda _: self.drift,
            breaker=Breaker(self.circuits, self.connection.name, lambda: self.at),
            memories=self.memories,
            audit=self.audit,
            earlier=Earlier(self.shared, self.audit, lambda: self.at),
            now=lambda: self.at,
            has_time=lambda: self.time_left,
        )

    @property
    def delivery(self) -> Delivery:
        return Delivery(
            lookup=self.lookup,
            ifs=self.opened,
            orders=self.orders,
            plans=self.plans,
            audit=self.audit,
            queue=self.queue,
            pause=lambda _: None,
        )

    def opened(self, connection: Connection) -> Records:
        """IFS as this target shows it; one that was not given is the usual one."""
        return self.by_entity_set.get(connection.ifs.targets[0].entity_set, self.ifs)

    def state(self, reference: str | None = None) -> OrderState:
        """The only order's, or that of one of several."""
        if reference is None:
            (state,) = self.orders.states.values()
            return state
        return next(state for key, state in self.orders.states.items() if key.reference == reference)

    def on(self, record_id: str = "42", reference: str | None = None) -> OrderRecord:
        """How the order's fields ended on a record."""
        return next(record for record in self.state(reference).records if record.key.id == record_id)
