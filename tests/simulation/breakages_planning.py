"""Deliberate breakages of the plans of what goes to ShipStation."""

from __future__ import annotations

from collections.abc import Callable

from functions.flows.to_shipstation import plan
from functions.model.text import digest
from tests.simulation.patching import patch


def _whatever_was_shown() -> None:
    patch(plan, "_is_as_shown", lambda *_: True)


def _the_kind_alone() -> None:
    """Of what is written nothing but that it is a change is compared."""
    patch(plan, "_digest", lambda step: digest(step.decision.kind))


PLANNING_BREAKAGES: dict[str, Callable[[], None]] = {
    "a plan is carried out whatever it shows": _whatever_was_shown,
    "a plan is held to the kind of its change alone": _the_kind_alone,
}
