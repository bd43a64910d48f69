"""What a person asks of the orders that go to ShipStation."""

from __future__ import annotations

from typing import Literal

from pydantic import RootModel

from functions.model.frozen import Frozen
from functions.model.replay_request import OfAPlan
from functions.model.selection import Some, Text
from functions.model.shipment import ConnectionName
from functions.model.signed import Name, Note


class Again(Frozen):
    """What ShipStation refused is tried again."""

    connection: ConnectionName
    again: Literal[True]
    by: Name
    note: Note


class DryRun(Frozen):
    """What the next look would send."""

    connection: ConnectionName
    dry_run: Literal[True]


class PlanDryRun(Frozen):
    """A plan of what goes to ShipStation: all that is due, or `orders`, by the numbers of IFS."""

    connection: ConnectionName
    to_shipstation: Literal[True]
    orders: Some[Text] | None = None
    by: Name
    note: Note


class PullRequest(RootModel[Again | DryRun | PlanDryRun | OfAPlan]):
    """One of them."""
