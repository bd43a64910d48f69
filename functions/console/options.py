"""What each command takes, under the keys of its request."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import AwareDatetime

from functions.console import instants
from functions.model.cursors import Stream
from functions.model.pull_request import PlanDryRun
from functions.model.reconcile_request import ReconcileRequest
from functions.model.replay_request import DryRun, OfAPlan
from functions.model.selection import Selection

MAPS = ("carriers", "services", "warehouses")
UNDER_WAY = "under way"


def given(arguments: Namespace, *names: str) -> dict[str, Any]:
    """Those that were typed."""
    values = {name: getattr(arguments, name, None) for name in names}
    return {
        name: value
        for name, value in values.items()
        if value is not None and value is not False and value not in ("", [])
    }


def none(_: ArgumentParser) -> None:
    """Nothing beside what every command takes."""


def status(parser: ArgumentParser) -> None:
    parser.add_argument("--connection", help="all of them without it")


def attention(parser: ArgumentParser) -> None:
    parser.add_argument("--reason", help="its code, such as carrier_unmapped")
    parser.add_argument("--store", help="the id of a ShipStation store")
    parser.add_argument("--since", type=instants.ago, help=f"its trouble began then or later: {instants.FORMS}")
    parser.add_argument("--calls", action="store_true", help="only what asks for a person")
    parser.add_argument("--page", help="of the entries, from 1")


def order(parser: ArgumentParser) -> None:
    parser.add_argument("order", nargs="?", help="the IFS order number")
    parser.add_argument("--shipstation-order", help="ShipStation's order number")
    parser.add_argument("--tracking", help="a tracking number")
    parser.add_argument("--shipment", help="L123 a label, F123 a fulfilment")


def _of_scope(parser: ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--store", help="only this ShipStation store, by id")
    group.add_argument("--site", help="only this IFS site")


def pause(parser: ArgumentParser) -> None:
    _of_scope(parser)
    parser.add_argument("--until", type=instants.ahead, help=f"{instants.FORMS}; without it until resume")


def resume(parser: ArgumentParser) -> None:
    _of_scope(parser)


def scope(arguments: Namespace) -> dict[str, Any]:
    if arguments.store:
        return {"scope": "store", "of": arguments.store}
    return {"scope": "site", "of": arguments.site} if arguments.site else {"scope": "connection"}


def company(parser: ArgumentParser) -> None:
    parser.add_argument("--company", help="the IFS company, where several have an order of that number")


def release(parser: ArgumentParser) -> None:
    parser.add_argument("orders", nargs="*", help="IFS order numbers")
    company(parser)
    parser.add_argument("--reason", dest="reasons", action="append", help="all that wait for it; may be repeated")
    parser.add_argument("--store", help="of these only the ShipStation store's")
    parser.add_argument("--everything", action="store_true", help="all but what only waits for its delivery")


def dismiss(parser: ArgumentParser) -> None:
    parser.add_argument("orders", nargs="*", help="IFS order numbers")
    company(parser)
    parser.add_argument("--subject", dest="subjects", action="append", help="what is no order, as attention names it")


def place(parser: ArgumentParser) -> None:
    parser.add_argument("order", help="the IFS order number")
    parser.add_argument("shipment", help="L123 a label, F123 a fulfilment")
    parser.add_argument("record", help="one of the choices that the story of the order names")
    parser.add_argument("--target", dest="profile", help="its profile, where the file has several")
    company(parser)


def map_entry(parser: ArgumentParser) -> None:
    unmap(parser)
    parser.add_argument("value", help="what IFS calls it; the site of a warehouse")


def unmap(parser: ArgumentParser) -> None:
    parser.add_argument("code", help="ShipStation's code, alone or with /service; the id of a warehouse")
    parser.add_argument("--table", choices=MAPS, default=MAPS[0], help="carriers unless it says another")


def overwrite(parser: ArgumentParser) -> None:
    parser.add_argument("order", help="the IFS order number")
    parser.add_argument("fields", nargs="+", help="tracking, carrier, …")


def adopt(parser: ArgumentParser) -> None:
    overwrite(parser)
    company(parser)


def overwrite_request(arguments: Namespace) -> dict[str, Any]:
    chosen = {"select": {"orders": [arguments.order]}, "overwrite": arguments.fields}
    return {**chosen, **given(arguments, "connection", "by", "note")}


def plan(parser: ArgumentParser) -> None:
    """Every criterion that a selection has."""
    parser.add_argument("orders", nargs="*", help="IFS order numbers")
    parser.add_argument("--id", dest="plan_id", default="", help="show this plan instead")
    parser.add_argument("--page", type=int, help="of that plan, from 1")
    parser.add_argument("--to-shipstation", action="store_true", help="of what goes there, all that is due or ORDERS")
    for word, annotation in _criteria().items():
        kinds = set(_parts(annotation))
        option: dict[str, Any] = {"action": "extend", "nargs": "+"} if tuple in kinds else {}
        option |= {"type": instants.ago, "help": instants.FORMS} if AwareDatetime in kinds else {}
        parser.add_argument(f"--{word.replace('_', '-')}", dest=f"by_{word}", metavar=word.upper(), **option)


def _criteria() -> dict[str, Any]:
    """By the words of the request."""
    fields = {field.alias or name: field.annotation for name, field in Selection.model_fields.items()}
    return {word: annotation for word, annotation in fields.items() if word != "orders"}


def _parts(annotation: Any) -> Iterator[Any]:
    yield get_origin(annotation) or annotation
    for inner in get_args(annotation):
        yield from _parts(inner)


def plan_request(arguments: Namespace) -> dict[str, Any]:
    if arguments.plan_id:
        return {"apply": False, **given(arguments, "plan_id", "page")}
    criteria = {word: getattr(arguments, f"by_{word}") for word in _criteria()}
    chosen = {word: value for word, value in criteria.items() if value is not None}
    if arguments.to_shipstation:
        refused = {"select": chosen} if chosen else {}  # by number alone: said by the function's own model
        return {**given(arguments, "connection", "to_shipstation", "orders", "by", "note"), **refused}
    select = {**given(arguments, "orders"), **chosen}
    return {"select": select, **given(arguments, "connection", "by", "note")}


def plan_model(arguments: Namespace) -> type[DryRun | PlanDryRun | OfAPlan]:
    if arguments.plan_id:
        return OfAPlan
    return PlanDryRun if arguments.to_shipstation else DryRun


def plan_under_way(answer: Mapping[str, Any]) -> dict[str, Any] | None:
    """While it is drawn up or sent, what may be asked next is how it stands."""
    question = {"plan_id": answer.get("plan_id")}
    return {**question, "apply": False} if answer.get("next") == question else None


def plan_id(parser: ArgumentParser) -> None:
    parser.add_argument("plan_id", help="of a plan")


def reconcile(parser: ArgumentParser) -> None:
    parser.add_argument("--from", dest="start", type=instants.ago, help=f"{instants.FORMS}; yesterday without it")
    parser.add_argument("--until", type=instants.ago, help=instants.FORMS)
    parser.add_argument("--repair", action="store_true", help="make a plan of what differs")
    parser.add_argument("--run", dest="run_id", help="show this one instead")
    parser.add_argument("--latest", dest="status", action="store_true", help="show the latest instead")


def reconcile_request(arguments: Namespace) -> dict[str, Any]:
    names = {field.alias or name: name for name, field in ReconcileRequest.model_fields.items()}
    return {word: value for word, name in names.items() for value in given(arguments, name).values()}


def reconcile_under_way(answer: Mapping[str, Any]) -> dict[str, Any] | None:
    if answer.get("state") != UNDER_WAY:
        return None
    return {"connection": answer["connection"], "run_id": answer["run_id"]}


def check(parser: ArgumentParser) -> None:
    parser.add_argument("--pilot", help="write this one IFS order and read it back")


def backfill(parser: ArgumentParser) -> None:
    parser.add_argument("--from", dest="start", type=instants.ago, help=instants.FORMS)
    parser.add_argument("--to", type=instants.ago, help=instants.FORMS)
    parser.add_argument("--streams", nargs="+", help=f"of {', '.join(Stream)}; all without it")
    parser.add_argument("--start", dest="begin", action="store_true", help="read it")
    parser.add_argument("--baseline", action="store_true", help="fill the ledger, write nothing to IFS")
    parser.add_argument("--cancel", help="stop this job instead")


def backfill_request(arguments: Namespace) -> dict[str, Any]:
    if arguments.cancel:
        return given(arguments, "connection", "cancel")
    window = {"from": arguments.start, "to": arguments.to}
    window = {word: value for word, value in window.items() if value is not None}
    more = given(arguments, "streams", "baseline", "by", "note")
    return {**given(arguments, "connection"), "backfill": {**window, "dry_run": not arguments.begin, **more}}
