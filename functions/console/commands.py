"""Every command: which function it asks, what it takes, how its answer is shown."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from functions.console import actions, answers, options, standings
from functions.console.screen import Shown
from functions.model.backfill import ReadingRequest
from functions.model.control import ControlRequest
from functions.model.inspection import InspectRequest
from functions.model.reconcile_request import ReconcileRequest
from functions.model.replay_request import DryRun, OfAPlan
from functions.wiring.check_parts import CheckRequest

Payload = dict[str, Any]
Answer = Mapping[str, Any]


def never(_: Namespace) -> bool:
    return False


def always(_: Namespace) -> bool:
    return True


def nothing(_: Answer) -> Payload | None:
    return None


@dataclass(frozen=True)
class Command:
    """`other` is a function that a stack may have, asked where the first knows no such plan, or where `is_of_other`.
    `request` makes what is sent, which `model` judges. `is_signed`: whether who asks and why belong to it.
    `is_of_one`: whether it has to be known of which connection. `each`: a question that every connection is asked where
    none is named; of those that `finds` something the first one answers alone. `follow` asks how it stands where it
    goes on, or None.
    """

    name: str
    function: str
    says: str
    examples: tuple[str, ...]
    options: Callable[[ArgumentParser], None]
    request: Callable[[Namespace], Payload]
    model: Callable[[Namespace], type[BaseModel]]
    view: Callable[[Answer], Shown]
    other: str = ""
    is_of_other: Callable[[Namespace], bool] = never
    is_signed: Callable[[Namespace], bool] = never
    has_connection: bool = True
    is_of_one: Callable[[Namespace], bool] = always
    each: bool = False
    finds: Callable[[Answer], bool] | None = None
    follow: Callable[[Answer], Payload | None] = nothing


def _question(name: str, says: str, view: Callable[[Answer], Shown], **more: Any) -> Command:
    def request(given: Namespace) -> Payload:
        return {"show": name, **options.given(given, *more.get("keys", ("connection",)))}

    return Command(
        name=name,
        function="InspectFunction",
        says=says,
        examples=more.get("examples", (name,)),
        options=more.get("options", options.none),
        request=request,
        model=lambda _: InspectRequest,
        view=view,
        has_connection=more.get("has_connection", True),
        each=True,
        finds=more.get("finds"),
    )


def _change(
    name: str, says: str, takes: Callable[[ArgumentParser], None], examples: tuple[str, ...], *keys: str
) -> Command:
    def request(given: Namespace) -> Payload:
        scope = options.scope(given) if name in {"pause", "resume"} else {}
        return {"do": name, **scope, **options.given(given, "connection", *keys, "by", "note")}

    return Command(
        name=name,
        function="ControlFunction",
        says=says,
        examples=examples,
        options=takes,
        request=request,
        model=lambda _: ControlRequest,
        view=actions.changed,
        is_signed=always,
    )


def _of_a_plan(name: str, says: str, view: Callable[[Answer], Shown]) -> Command:
    return Command(
        name=name,
        function="ReplayFunction",
        other="PullFunction",
        says=says,
        examples=(f'{name} 3f2a --note "as planned"',),
        options=options.plan_id,
        request=lambda given: {name: True, **options.given(given, "plan_id", "by", "note")},
        model=lambda _: OfAPlan,
        view=view,
        is_signed=always,
        has_connection=False,
        follow=options.plan_under_way,
    )


COMMANDS = (
    _question(
        "status",
        "whether somebody has to look closer, a line a connection",
        answers.status,
        options=options.status,
        has_connection=False,
    ),
    _question(
        "attention",
        "what waits and why, and what to do",
        answers.attention,
        examples=("attention", "attention --calls --reason carrier_unmapped --since 2d"),
        options=options.attention,
        keys=("connection", "reason", "store", "since", "calls", "page"),
    ),
    _question(
        "order",
        "where an order is, and all that happened to it",
        answers.order,
        examples=("order P1001", "order --tracking 1Z999AA10123456784", "order --shipment L123"),
        options=options.order,
        keys=("connection", "order", "shipstation_order", "tracking", "shipment"),
        finds=lambda answer: bool(answer.get("stories") or answer.get("at_shipstation")),
    ),
    _question("reading", "how far ShipStation is read, jobs, what is parked", standings.reading),
    _question("tenant", "whether IFS answers and fits the file", standings.tenant),
    _question("plans", "the plans of the last 30 days, and how far each has come", standings.plans),
    _question("desk", "what a person has paused, mapped, asked to look at again", standings.desk),
    _change(
        "pause",
        "write nothing for the connection, a store or an IFS site",
        options.pause,
        ('pause --until 2h --note "IFS upgrade"', 'pause --store 100003 --note "stock count"'),
        "until",
    ),
    _change("resume", "end a pause", options.resume, ('resume --note "upgrade done"',)),
    _change(
        "release",
        "look again now",
        options.release,
        ('release P1001 --note "record unlocked"', 'release --reason record_locked --note "all unlocked"'),
        "orders",
        "company",
        "reasons",
        "store",
        "everything",
    ),
    _change(
        "dismiss",
        "a person has seen to it: it asks nobody any more",
        options.dismiss,
        ('dismiss P1001 --note "typed by hand"',),
        "orders",
        "company",
        "subjects",
    ),
    _change(
        "place",
        "say which IFS record a shipment belongs to",
        options.place,
        ('place P1001 L123 60 --note "the second parcel"',),
        "order",
        "shipment",
        "record",
        "profile",
        "company",
    ),
    _change(
        "map",
        "say what IFS calls a carrier, a service or a warehouse that the file does not map",
        options.map_entry,
        (
            'map ontrac ONTRAC --note "new carrier"',
            'map ups/ups_ground GND --table services --note "new service"',
            'map 4711 CHI --table warehouses --note "new warehouse"',
        ),
        "table",
        "code",
        "value",
    ),
    _change(
        "unmap", "take such an entry out", options.unmap, ('unmap ontrac --note "it is in the file"',), "table", "code"
    ),
    _change(
        "adopt",
        "what a person typed into these fields is ours from now on",
        options.adopt,
        ('adopt P1001 tracking carrier --note "it was a test"',),
        "order",
        "fields",
        "company",
    ),
    Command(
        name="plan",
        function="ReplayFunction",
        other="PullFunction",
        is_of_other=lambda given: given.to_shipstation,
        says="a dry run: what writing again would change in IFS or in ShipStation, or the plan of one",
        examples=(
            'plan P1001 --note "customer asked"',
            'plan --reason carrier_unmapped --from 7d --note "ontrac is mapped"',
            'plan --to-shipstation P1001 --note "wanted now"',
            "plan --id 3f2a",
        ),
        options=options.plan,
        request=options.plan_request,
        model=options.plan_model,
        view=actions.plan,
        is_signed=lambda given: not given.plan_id,
        is_of_one=lambda given: not given.plan_id,
        follow=options.plan_under_way,
    ),
    Command(
        name="overwrite",
        function="ReplayFunction",
        says="a plan that writes ours, once, over what is kept for a person in these fields",
        examples=('overwrite P1001 tracking carrier --note "typed into the wrong order"',),
        options=options.overwrite,
        request=options.overwrite_request,
        model=lambda _: DryRun,
        view=actions.plan,
        is_signed=always,
        follow=options.plan_under_way,
    ),
    _of_a_plan("apply", "carry out a plan, exactly as it was shown", actions.carried_out),
    _of_a_plan("revert", "a plan that takes an applied one back", actions.plan),
    _of_a_plan("cancel", "stop a plan", actions.carried_out),
    Command(
        name="reconcile",
        function="ReconcileFunction",
        says="whether both systems say the same",
        examples=(
            'reconcile --note "month end"',
            'reconcile --from 2026-03-01 --until 2026-04-01 --note "month end"',
            "reconcile --latest",
        ),
        options=options.reconcile,
        request=options.reconcile_request,
        model=lambda _: ReconcileRequest,
        view=actions.reconcile,
        is_signed=lambda given: not (given.run_id or given.status),
        follow=options.reconcile_under_way,
    ),
    Command(
        name="check",
        function="CheckFunction",
        says="whether both systems fit the connection file",
        examples=("check", 'check --pilot P1001 --note "first write"'),
        options=options.check,
        request=lambda given: options.given(given, "connection", "pilot", *(("by", "note") if given.pilot else ())),
        model=lambda _: CheckRequest,
        view=actions.check,
        is_signed=lambda given: bool(given.pilot),
    ),
    Command(
        name="backfill",
        function="PollFunction",
        says="read a window of the past: what it costs, or with --start the reading itself",
        examples=(
            'backfill --from 2026-01-01 --to 2026-02-01 --note "first load"',
            'backfill --from 2026-01-01 --to 2026-02-01 --start --note "first load"',
            "backfill --cancel 3f2a",
        ),
        options=options.backfill,
        request=options.backfill_request,
        model=lambda _: ReadingRequest,
        view=actions.backfill,
        is_signed=lambda given: not given.cancel,
    ),
)
