"""What a person asks of the orders that go to ShipStation."""

from __future__ import annotations

from typing import Literal

from pydantic import RootModel

from functions.model.frozen import Frozen
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


class PullRequest(RootModel[Again | DryRun]):
    """One of them."""
