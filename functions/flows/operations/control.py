"""Carries out what a person decides while a connection runs. Each change is audited, whatever became of it since."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from functions.flows.operations.control_tools import ControlTools
from functions.flows.operations.desk_changes import add_entry, pause, release, resume, take_entry_out
from functions.flows.operations.order_changes import adopt, dismiss, place, release_named
from functions.model.control import (
    AdoptRequest,
    AnyChange,
    Change,
    Changed,
    DismissRequest,
    MapRequest,
    PauseRequest,
    PlaceRequest,
    ReleaseRequest,
    ResumeRequest,
    UnmapRequest,
)

ACTIONS: dict[type[Change], Callable[[ControlTools, Any], Changed]] = {
    PauseRequest: pause,
    ResumeRequest: resume,
    DismissRequest: dismiss,
    PlaceRequest: place,
    MapRequest: add_entry,
    UnmapRequest: take_entry_out,
    AdoptRequest: adopt,
}


def change(tools: ControlTools, asked: AnyChange) -> Changed:
    """Raises RefusedError, Retryable or Permanent."""
    if tools.was_done(asked):
        return Changed(done=asked.do, told="this request was carried out before; nothing was done a second time")
    if isinstance(asked, ReleaseRequest):
        return release_named(tools, asked) if asked.orders else release(tools, asked)
    return ACTIONS[type(asked)](tools, asked)
