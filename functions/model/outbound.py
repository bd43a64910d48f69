"""What IFS wants packed on its way to ShipStation, where each consignment becomes one order that is ready to pack.

consignment ──pull──▶ Outbound (what the order should say) ──push──▶ ShipStation order
                                ▲                                          │
                                └─── PushedOrder: what we last made of it ─┘
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Literal

from functions.model.audit import Cause
from functions.model.frozen import Frozen
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName
from functions.model.text import digest, folded

Wish = Literal["pack", "cancel", "clear"]  # the last: nothing is left of it, and what was packed stays right
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
WHOLE = "whole"  # likewise: all that IFS says of the lines, where a part of it is in parcels
HELD = "held"  # the text of that field while it is so
CANCELLING = "cancel"  # in place of fields in what a run was about to write
RECALLED = "recalled"  # likewise: the audit alone knows that the order was made


LATEST_GENERATION = 9  # of one part's orders: the key has a digit for it


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
    """`line_key` is the IFS order line, or the shipment line where it comes from no order. `quantity` is still to be
    packed, as far as IFS knows, `delivered` what has left by its books, None where that is no whole number.
    """

    line_key: str
    sku: str
    name: str
    quantity: int
    delivered: int | None = 0

    def left(self, quantity: int, delivered: int) -> OutboundItem:
        """What of it is still to be packed, and what has left beside it."""
        return self.model_copy(update={"quantity": quantity, "delivered": delivered})


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

    def holding(self, items: Iterable[OutboundItem]) -> OrderContent:
        """The same with these goods; lines of which nothing is left are none."""
        return self.model_copy(update={"items": tuple(item for item in items if item.quantity)})


class Problem(Frozen):
    """Why a consignment cannot become an order: the reason, and the field that says so, never its value. `is_passing`:
    the next look will tell.
    """

    reason: Reason
    field: str
    is_passing: bool = False

    @property
    def text(self) -> str:
        return f"{self.reason} {self.field}" + " for now" * self.is_passing


class Outbound(Frozen):
    """What one reading of a consignment asks for. `content` is None where there is a problem, or nothing to pack any
    more. `whole` tells what is said of lines that parcels hold already. `is_over`: IFS has done with it.
    """

    key: OutboundKey
    wish: Wish
    read_at: datetime
    content: OrderContent | None = None
    problem: Problem | None = None
    whole: str = ""
    is_over: bool = False

    @property
    def is_left_alone(self) -> bool:
        """IFS has ended it as a whole: nothing is made of it, and what was made unheard stays."""
        return self.wish == "clear" and (self.is_over or bool(self.key.shipment_id))

    @property
    def asked(self) -> Digests:
        """What IFS says, by field; where it makes no order, what is in the way."""
        whole = {WHOLE: self.whole} if self.whole else {}
        if self.content is not None:
            return {**digests(texts(self.content)), **whole}
        return {PROBLEM: self.problem.text, **whole} if self.problem else whole

    @property
    def shown(self) -> Digests:
        """What shadow mode was asked for."""
        return {**self.asked, "wish": self.wish}

    @property
    def is_held(self) -> bool:
        return self.content is not None and bool(self.content.held)

    @property
    def stops_packing(self) -> bool:
        """It waits for no pause: meanwhile somebody packs."""
        return self.wish != "pack" or self.is_held

    def spoilt(self, problem: Problem) -> Outbound:
        """The same reading, of which nothing is made."""
        return self.model_copy(update={"wish": "pack", "content": None, "problem": problem})

    def left(self) -> Outbound:
        """The same reading of what IFS has sent on its way otherwise, or takes back."""
        return self.model_copy(update={"wish": "clear", "content": None, "problem": None})

    def over(self) -> Outbound:
        """The same reading of what IFS has done with."""
        return self.model_copy(update={"wish": "clear", "content": None, "problem": None, "is_over": True})

    def reduced_to(self, content: OrderContent) -> Outbound:
        """The same reading, of which this is in no parcel yet."""
        whole = self.whole or (_whole(self.content) if self.content else "")
        if content.items:
            return self.model_copy(update={"content": content, "whole": whole})
        return self.model_copy(update={"wish": "clear", "content": None, "whole": whole})


def _whole(content: OrderContent) -> str:
    return digest("\n".join(sorted(f"{i.line_key}\t{i.quantity}\t{i.delivered}" for i in content.items)))


class PushOrders(Frozen):
    """A message: make these orders agree. Together, because ShipStation takes a hundred in one request."""

    connection: ConnectionName
    outbound: tuple[Outbound, ...]
    cause: Cause

    @property
    def deduplication_id(self) -> str:
        """The same again of one look is one message. Another look asks anew: what it repeats may have been forgotten or
        refused in between. So does a plan, which has to hear what came of it.
        """
        asked = [each.model_dump_json(exclude={"read_at"}) for each in self.outbound]
        return hashlib.sha256(
            "\n".join([self.cause.correlation_id, self.cause.plan_id or "", *asked]).encode()
        ).hexdigest()


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


def plain_address(address: Address) -> str:
    """Without case and spacing, and without the telephone, which IFS does not tell."""
    parts = address.model_dump(exclude={"phone"}).values()
    return "\n".join(map(folded, parts))


def loose_address(address: Address) -> str:
    """What ShipStation's own rewriting of an address leaves: name, city, country, the first five of the postal code,
    and of the lines their numbers and the initials of their words. Recorded: US addresses come back in capitals,
    abbreviated and with ZIP+4. What a rewriting changes beyond that is taken for the warehouse's.
    """
    words = re.findall(r"\d+|[^\W\d_]+", f"{address.street1} {address.street2} {address.street3}".casefold())
    kept = [word if word.isdigit() else word[0] for word in words]
    place = [*address.name.casefold().split(), *address.city.casefold().split(), address.country.upper()]
    return digest("\n".join([*place, address.postal_code.replace(" ", "")[:5].upper(), *kept]))
