"""Deliberate breakages of the plans of what goes to ShipStation."""

from __future__ import annotations

from collections.abc import Callable

from functions.flows.to_shipstation import plan
from functions.model.outbound import OutboundKey
from functions.model.text import digest
from tests.simulation.patching import patch


def _whatever_was_shown() -> None:
    patch(plan, "_is_as_shown", lambda *_: True)


def _the_kind_alone() -> None:
    """Of what is written nothing but that it is a change is compared."""
    patch(plan, "_digest", lambda step: digest(step.decision.kind))


def _the_first_generation_again() -> None:
    """A plan knows an order by a key that it has no more."""
    patch(OutboundKey, "order_key", lambda self, _: f"ifs:{self.connection}:{self.part}")


PLANNING_BREAKAGES: dict[str, Callable[[], None]] = {
    "a plan is carried out whatever it shows": _whatever_was_shown,
    "a plan is held to the kind of its change alone": _the_kind_alone,
    "an order that is opened again is planned under its first key": _the_first_generation_again,
}
