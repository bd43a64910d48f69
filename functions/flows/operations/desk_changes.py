"""What a person changes at the desk: pauses, map entries, what is looked at again."""

from __future__ import annotations

from functions.flows.operations.control_tools import ControlTools, RefusedError
from functions.flows.operations.maps import MAPS
from functions.model.control import (
    Change,
    Changed,
    MapRequest,
    PauseRequest,
    ReleaseRequest,
    ResumeRequest,
    UnmapRequest,
)
from functions.model.desk import MapEntry, Pause, Recall, pause_name
from functions.model.outcomes import Reason


def pause(tools: ControlTools, asked: PauseRequest) -> Changed:
    if asked.until is not None and asked.until <= tools.now:
        raise RefusedError("until: is in the past")
    if asked.scope == "store" and tools.connection.stores.leaves_out(int(asked.of)):
        raise RefusedError("of: the connection file leaves this store out; nothing is written for it")
    sites = tools.connection.sites if asked.scope == "site" else frozenset()
    if sites and asked.pause not in {pause_name("site", site) for site in sites}:
        raise RefusedError(f"of: the sites that are written are {sorted(sites)}")
    pause = Pause(scope=asked.scope, of=asked.which, by=asked.by, note=asked.note, at=tools.now, until=asked.until)
    desk = tools.at_desk(asked, lambda desk: desk.pausing(pause), "pause", {pause.name: (None, _end(pause))})
    told = f"nothing is written for {_named(pause.name)} {_end(pause)}; what is read waits"
    return Changed(done="pause", told=told, concerned=len(desk.holding(tools.now)))


def resume(tools: ControlTools, asked: ResumeRequest) -> Changed:
    held = next((p for p in tools.desks.load(asked.connection).holding(tools.now) if p.name == asked.pause), None)
    if held is None:
        raise RefusedError(f"of: {_named(asked.pause)} is not paused")
    change = {held.name: (_end(held), None)}
    tools.at_desk(asked, lambda desk: desk.resuming(held.name, tools.now), "resume", change)
    told = f"what waited for {_named(held.name)} goes on within a minute, at the tenant's rate"
    return Changed(done="resume", told=told, concerned=1)


def release(tools: ControlTools, asked: ReleaseRequest) -> Changed:
    recall = _recall(tools, asked, asked.reasons, asked.store)
    wanted = ", ".join(asked.reasons) or "everything"
    tools.at_desk(asked, lambda desk: desk.recalling(recall), "release", {"reasons": (None, wanted)})
    told = "what waits for it is looked at from the next minute on, at the tenant's rate"
    return Changed(done="release", told=told, next='inspect with show: "desk" says how far it has come')


def _recall(tools: ControlTools, asked: Change, reasons: tuple[Reason, ...], store: int | None = None) -> Recall:
    return Recall(
        recall_id=asked.action_id or tools.request_id,
        reasons=reasons,
        store=store,
        by=asked.by,
        note=asked.note,
        at=tools.now,
        left=tools.recalled,
    )


def add_entry(tools: ControlTools, asked: MapRequest) -> Changed:
    table, desk = MAPS[asked.table], tools.desks.load(asked.connection)
    code = table.code(asked.code)
    said = table.said(tools.connection, code, asked.value)
    if said is not None:
        raise RefusedError(f"code: the connection file says {said}; change it there")
    table.check(tools.connection, code, asked.value, desk.entries)
    made = MapEntry(table=asked.table, code=code, value=asked.value, by=asked.by, note=asked.note, at=tools.now)
    before = desk.map_of(asked.table).get(code)
    change = {f"{asked.table}.{code}": (before, asked.value)}
    recall = _recall(tools, asked, table.waits)
    tools.at_desk(asked, lambda desk: desk.mapping(made).recalling(recall), "map", change)
    told = f'{asked.table}.{code} is "{asked.value}"; what waited for it is looked at from the next minute on'
    is_new = before in {None, asked.value}
    shown = 'inspect with show: "desk" has it as TOML to paste'
    return Changed(done="map", told=told, concerned=1, next=shown if is_new else table.mended_by(code, str(before)))


def take_entry_out(tools: ControlTools, asked: UnmapRequest) -> Changed:
    table = MAPS[asked.table]
    code = table.code(asked.code)
    before = tools.desks.load(asked.connection).map_of(asked.table).get(code)
    if before is None:
        raise RefusedError(f"code: nothing was added for {asked.table}.{code} beside the file")
    change = {f"{asked.table}.{code}": (before, None)}
    tools.at_desk(asked, lambda desk: desk.unmapping(asked.table, code), "unmap", change)
    said = table.said(tools.connection, code, before)
    told = f"the connection file says {said}, which counts; nothing changes" if said else table.without_it
    return Changed(done="unmap", told=told, concerned=1)


def _named(pause: str) -> str:
    return "the whole connection" if pause == "connection" else pause


def _end(pause: Pause) -> str:
    return f"until {pause.until.isoformat(timespec='minutes')}" if pause.until else "until it is resumed"
