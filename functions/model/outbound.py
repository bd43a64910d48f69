"""What IFS wants packed on its way to ShipStation, where each consignment becomes one order that is ready to pack.

consignment ──pull──▶ Outbound (what the order should say) ──push──▶ ShipStation order
▲                                        │
└── PushedOrder: what we last made of it ┘
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from functions.model.audit import Cause
from functions.model.frozen import Frozen
from functions.model.outcomes import Outcome, Reason
from functions.model.shipment import ConnectionName

Wish = Literal["pack", "cancel"]
OrderField = Literal[
    "number",
    "ordered_on",
    "ship_by",
    "customer",
    "ship_to",
    "items",
    "warehouse",
    "reference",
    "group",
    "email",
    "held",
]
Texts = Mapping[OrderField, str]  # every field in one comparable form
Digests = dict[str, str]
PROBLEM = "problem"  # beside the fields in what IFS asked
HELD = "held"  # the text of that field while it is so
CANCELLING = "cancel"  # in place of fields in what a run was about to write


class OutboundKey(Frozen):
    """One IFS shipment of one connection, or what one customer order sends from one site to one place: `group` is empty
    for the order's own site and place, else the first of the lines that go otherwise.
    """

    connection: ConnectionName
    shipment_id: str = ""
    order_no: str = ""
    group: str = ""

    @property
    def number(self) -> str:
        """What IFS is asked for."""
        return self.order_no or self.shipment_id

    @property
    def part(self) -> str:
        """Within the connection, in one word."""
        order = f"o{self.order_no}:{self.group}" if self.group else f"o{self.order_no}"
        return order if self.order_no else f"s{self.shipment_id}"

    def order_key(self, generation: int) -> str:
        """What ShipStation knows the order by; at most 50 characters, as V2's `external_shipment_id`. A cancelled order
        cannot be revived, so one that is opened again is another generation.
        """
        later = f":g{generation}" if generation > 1 else ""
        return f"ifs:{self.connection}:{self.part}{later}"


class Address(Frozen):
    """As a label needs it. Never logged, never kept: the ledger holds digests."""

    name: str
    street1: str
    street2: str = ""
    street3: str = ""
    city: str
    state: str = ""
    postal_code: str = ""
    country: str
    phone: str = ""


class OutboundItem(Frozen):
    """`line_key` is the IFS order line, or the shipment line where it comes from no order."""

    line_key: str
    sku: str
    name: str
    quantity: int


class OrderContent(Frozen):
    """What the ShipStation order should say. `number` is what people see, `reference` what the way back reads: the IFS
    shipment's id, or the customer order's number once more. `held`: it must not be packed for now. None is what the
    source says nothing of.
    """

    number: str
    reference: str
    ordered_on: date
    ship_by: date | None = None
    customer: str = ""
    ship_to: Address
    items: tuple[OutboundItem, ...]
    warehouse_id: int | None = None
    group: str | None = None
    email: str | None = None
    held: bool | None = None


class Problem(Frozen):
    """Why a consignment cannot become an order: the reason, and the field that says so, never its value. `is_passing`:
    the next look will tell.
    """

    reason: Reason
    field: str
    is_passing: bool = False


class Outbound(Frozen):
    """What one reading of a consignment asks for. `content` is None where there is a problem, or nothing to pack any
    more.
    """

    key: OutboundKey
    wish: Wish
    read_at: datetime
    content: OrderContent | None = None
    problem: Problem | None = None

    @property
    def asked(self) -> Digests:
        """What IFS says, by field; where it makes no order, what is in the way."""
        if self.content is not None:
            return digests(texts(self.content))
        return {PROBLEM: f"{self.problem.reason} {self.problem.field}"} if self.problem else {}

    @property
    def shown(self) -> Digests:
        """What shadow mode was asked for."""
        return {**self.asked, "wish": self.wish}

    @property
    def is_held(self) -> bool:
        return self.content is not None and bool(self.content.held)

    def spoilt(self, problem: Problem) -> Outbound:
        """The same reading, of which nothing is made."""
        return self.model_copy(update={"wish": "pack", "content": None, "problem": problem})


class PushOrders(Frozen):
    """A message: make these orders agree. Together, because ShipStation takes a hundred in one request."""

    connection: ConnectionName
    outbound: tuple[Outbound, ...]
    cause: Cause

    @property
    def deduplication_id(self) -> str:
        """The same again within minutes is one message."""
        asked = [each.model_dump_json(exclude={"read_at"}) for each in self.outbound]
        return hashlib.sha256("\n".join(asked).encode()).hexdigest()


class PushedOrder(Frozen):
    """What is remembered of a consignment. `asked` are the digests of what IFS said when we last dealt with it, field
    by field; `written` of what we then put into ShipStation. They differ where a field was left to the warehouse's own
    edit. `trying` is what a run was about to write, and may have, with its `trying_address`; `audit_key` is where the
    audit has it. `is_cancelled`: the order was cancelled because IFS said so. `shown` is what shadow mode would have
    written. `since`: first not in agreement. `lines` are those of a customer order that it was last asked for. `file`
    is the `[orders]` under which ShipStation refused it.
    """

    key: OutboundKey
    revision: int = 0
    generation: int = 1
    number: str = ""
    order_id: int | None = None
    trying: Digests = Field(default_factory=dict)
    trying_address: str = ""
    audit_key: str = ""
    is_open: bool = True
    is_cancelled: bool = False
    wish: Wish = "pack"
    asked: Digests = Field(default_factory=dict)
    written: Digests = Field(default_factory=dict)
    shown: Digests = Field(default_factory=dict)
    lines: tuple[str, ...] = ()
    loose_address: str = ""
    outcome: Outcome | None = None
    reason: Reason | None = None
    field: str = ""
    attention: Reason | None = None
    file: str = ""
    next_attempt_at: datetime | None = None
    since: datetime | None = None
    read_at: datetime | None = None
    pushed_at: datetime | None = None

    @property
    def order_key(self) -> str:
        return self.key.order_key(self.generation)

    @property
    def may_exist(self) -> bool:
        """A run was about to make the order, and nobody was told what became of it."""
        return self.order_id is None and bool(self.trying)

    @property
    def may_stand(self) -> bool:
        """ShipStation has the order, or may have it."""
        return self.order_id is not None or self.may_exist

    @property
    def is_refused(self) -> bool:
        """ShipStation takes no such order: another file, or a person, may change that."""
        return self.outcome is Outcome.PARKED and self.reason is Reason.REFUSED_BY_SHIPSTATION

    def has_heard(self, outbound: Outbound) -> bool:
        """Whether this is what was dealt with. What a run has left half done was not, unless there is no doing it."""
        is_done = not self.trying or outbound.problem is not None
        return is_done and outbound.wish == self.wish and self._asked_after(outbound) == self.asked

    def about_to_make(self, outbound: Outbound, content: OrderContent, at: datetime, audit_key: str) -> PushedOrder:
        """Saved before the order is made: who finds it so looks for the order first."""
        update = {
            "trying": outbound.asked,
            "trying_address": loose_address(content.ship_to),
            "audit_key": audit_key,
            "number": content.number,
            "pushed_at": at,
            "is_open": True,
            "read_at": outbound.read_at,
        }
        return self.model_copy(update=update)

    def about_to_change(self, outbound: Outbound, fields: Iterable[OrderField], audit_key: str) -> PushedOrder:
        """Saved before the order is changed: who finds it so knows these values for ours."""
        content = outbound.content
        update = {
            "trying": {field: outbound.asked[field] for field in fields} if content else {CANCELLING: ""},
            "trying_address": loose_address(content.ship_to) if content else "",
            "audit_key": audit_key,
            "is_open": True,
            "read_at": outbound.read_at,
        }
        return self.model_copy(update=update)

    def arrived(self) -> PushedOrder:
        """What a run was about to write stands in ShipStation."""
        tried = {field: digest for field, digest in self.trying.items() if field != CANCELLING}
        update = {
            "asked": {**self.asked, **tried},
            "written": {**self.written, **tried},
            "loose_address": self.trying_address if "ship_to" in tried else self.loose_address,
            "is_cancelled": self.is_cancelled or CANCELLING in self.trying,
            "trying": {},
        }
        return self.model_copy(update=update)

    def cancelled(self) -> PushedOrder:
        """As IFS asked; opened again, it is another order."""
        return self.model_copy(update={"is_cancelled": True})

    def reopened(self) -> PushedOrder:
        """Its former order is cancelled for good."""
        update: dict[str, Any] = {
            "generation": self.generation + 1,
            "order_id": None,
            "is_cancelled": False,
            "trying": {},
            "written": {},
            "loose_address": "",
        }
        return self.model_copy(update=update)

    def found(self, order_id: int | None) -> PushedOrder:
        return self.model_copy(update={"order_id": order_id})

    def holding(self, written: Digests, loose_address: str) -> PushedOrder:
        """What ShipStation holds of ours."""
        return self.model_copy(update={"written": written, "loose_address": loose_address})

    def showing(self, outbound: Outbound) -> PushedOrder:
        """What would be written. What was dealt with before stays as it is."""
        return self.model_copy(
            update={
                "shown": outbound.shown,
                "read_at": outbound.read_at,
                "outcome": Outcome.WOULD_WRITE,
                "reason": None,
                "field": "",
                "attention": None,
                "next_attempt_at": None,
                "since": None,
            }
        )

    def refused_under(self, file: str) -> PushedOrder:
        """Another file is another try."""
        return self.model_copy(update={"file": file})

    def closed(self) -> PushedOrder:
        """It is not read again."""
        return self.model_copy(update={"is_open": False, "next_attempt_at": None})

    def saved(self) -> PushedOrder:
        """As the ledger holds it now."""
        return self.model_copy(update={"revision": self.revision + 1})

    def ended(
        self,
        outbound: Outbound,
        outcome: Outcome,
        reason: Reason | None = None,
        field: str = "",
        *,
        is_waiting: bool = False,
    ) -> PushedOrder:
        """Dealt with, until IFS says something else. A reason calls for a person, unless the order only waits. With a
        problem nobody has looked what became of `trying`.
        """
        update = {
            "wish": outbound.wish,
            "asked": self._asked_after(outbound),
            "lines": self._lines_after(outbound),
            "read_at": outbound.read_at,
            "trying": self.trying if outbound.problem else {},
            "shown": {},
            "is_open": True,
            "outcome": outcome,
            "reason": reason,
            "field": field,
            "attention": None if is_waiting else reason,
            "next_attempt_at": None,
            "since": None,
        }
        return self.model_copy(update=update)

    def delayed(
        self, outbound: Outbound, reason: Reason, *, now: datetime, until: datetime, attention: Reason | None
    ) -> PushedOrder:
        """`trying` stays: the order may have been written."""
        update = {
            "read_at": outbound.read_at,
            "is_open": True,
            "outcome": Outcome.RETRY,
            "reason": reason,
            "field": "",
            "attention": attention,
            "next_attempt_at": until,
            "since": self.since or now,
        }
        return self.model_copy(update=update)

    def _lines_after(self, outbound: Outbound) -> tuple[str, ...]:
        """A shipment's are never missed: they come and go in IFS."""
        if outbound.content is None or not self.key.order_no:
            return self.lines
        return tuple(item.line_key for item in outbound.content.items)

    def _asked_after(self, outbound: Outbound) -> Digests:
        """What makes no order for a while keeps what it said before: the warehouse's edits are told by it."""
        if outbound.content is not None:
            return outbound.asked
        return {**{name: said for name, said in self.asked.items() if name != PROBLEM}, **outbound.asked}


def texts(content: OrderContent) -> Texts:
    """Each field in a form in which two systems' spellings can be compared, but for those that the source says nothing
    of.
    """
    held = None if content.held is None else HELD * content.held
    more: dict[OrderField, str | None] = {"group": content.group, "email": content.email, "held": held}
    return {
        "number": content.number,
        "ordered_on": content.ordered_on.isoformat(),
        "ship_by": content.ship_by.isoformat() if content.ship_by else "",
        "customer": content.customer,
        "ship_to": plain_address(content.ship_to),
        "items": "\n".join(sorted(f"{i.line_key}\t{i.sku}\t{i.quantity}" for i in content.items)),
        "warehouse": str(content.warehouse_id or ""),
        "reference": content.reference,
        **{field: text for field, text in more.items() if text is not None},
    }


def digests(fields: Texts) -> Digests:
    return {name: digest(text) for name, text in fields.items()}


def digest(text: str) -> str:
    """SHA-256, the first 24 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def plain_address(address: Address) -> str:
    """Without case and spacing, and without the telephone, which IFS does not tell."""
    parts = address.model_dump(exclude={"phone"}).values()
    return "\n".join(" ".join(part.split()).casefold() for part in parts)


def loose_address(address: Address) -> str:
    """What ShipStation's own rewriting of an address leaves: name, city, country, the first five of the postal code,
    and of the lines their numbers and the initials of their words. Recorded: US addresses come back in capitals,
    abbreviated and with ZIP+4. What a rewriting changes beyond that is taken for the warehouse's.
    """
    words = re.findall(r"\d+|[^\W\d_]+", f"{address.street1} {address.street2} {address.street3}".casefold())
    kept = [word if word.isdigit() else word[0] for word in words]
    place = [*address.name.casefold().split(), *address.city.casefold().split(), address.country.upper()]
    return digest("\n".join([*place, address.postal_code.replace(" ", "")[:5].upper(), *kept]))


class CurrentOrder(Frozen):
    """A ShipStation order as it stands. `body` is ShipStation's own, for the whole-object update that is its only one.
    `is_verified`: ShipStation's check has rewritten the address.
    """

    order_id: int
    order_key: str
    status: str
    is_split: bool
    is_verified: bool
    fields: dict[OrderField, str]
    loose_address: str
    body: dict[str, Any]


class Upserted(Frozen):
    """What ShipStation made of one order of a bulk update. `order_id` None: it refused."""

    order_key: str
    order_id: int | None
