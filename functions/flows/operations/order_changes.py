"""What a person changes for single orders: looks at them, sees to what called, places a shipment, adopts a value."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from functions.connections.targets import AnyTarget
from functions.flows.operations.control_tools import SAVED_IN_BETWEEN, ControlTools, RefusedError
from functions.flows.to_ifs.admission import store_view
from functions.flows.to_ifs.release import CLAIM
from functions.model.audit import desk_record, order_record
from functions.model.control import (
    AdoptRequest,
    Change,
    Changed,
    DismissRequest,
    PlaceRequest,
    ReleaseRequest,
)
from functions.model.dismissal import Dismissal
from functions.model.pushed_order import PushedOrder
from functions.model.records import RecordKey
from functions.model.state import OrderState


def release_named(tools: ControlTools, asked: ReleaseRequest) -> Changed:
    states, unknown = tools.named_orders(asked.orders, asked.company)
    tools.send(asked, [state.key for state in states])
    told = "they are looked at now" if states else "nothing was sent"
    return Changed(done="release", told=told, concerned=len(states), left=unknown)


def dismiss(tools: ControlTools, asked: DismissRequest) -> Changed:
    states, left = tools.named_orders(asked.orders, asked.company)
    done = 0
    for state in states:
        why = _dismissed(tools, asked, state)
        left |= {state.key.reference: why} if why else {}
        done += not why
    for subject in asked.subjects:
        is_parked = tools.parking.is_open(asked.connection, subject)
        done += is_parked and _subject_dismissed(tools, asked, subject)
        left |= {} if is_parked else {subject: "nothing of that name asks for a person"}
    pushed = _pushed_dismissed(tools, asked, {state.key.reference for state in states})
    done += list(pushed.values()).count("")
    left = _together(left, pushed)
    told = "nobody is called for these any more" if done else "nothing was dismissed"
    return Changed(done="dismiss", told=told, concerned=done, left=left)


def _together(left: Mapping[str, str], pushed: Mapping[str, str]) -> dict[str, str]:
    """What was pushed answers for a number that nothing else is known by; it covers no save that was lost."""
    done = {name for name, why in pushed.items() if not why and left.get(name) != SAVED_IN_BETWEEN}
    lost = {name: why for name, why in pushed.items() if why}
    return {**{name: why for name, why in left.items() if name not in done}, **lost}


def _subject_dismissed(tools: ControlTools, asked: Change, subject: str) -> bool:
    note = {"by": asked.by, "note": asked.note, "at": tools.now.isoformat()}
    tools.audited(asked, desk_record(asked.connection), "dismiss", {"subject": (subject, None)})
    return tools.parking.dismiss(asked.connection, subject, note)


def _pushed_dismissed(tools: ControlTools, asked: DismissRequest, known: Collection[str]) -> dict[str, str]:
    """Why not, by the number that the attention list names what was pushed by; empty where all its parts are."""
    told: dict[str, str] = {}
    for pushed in tools.pushed.asking(asked.connection, [*asked.orders, *asked.subjects]):
        if _is_meant(pushed, asked, known):
            change = {"subject": (pushed.key.part, None), "attention": (str(pushed.attention), None)}
            tools.audited(asked, desk_record(asked.connection), "dismiss", change)
            is_saved = tools.pushed.save(pushed.seen_to())
            number = pushed.key.number
            told[number] = told.get(number) or ("" if is_saved else SAVED_IN_BETWEEN)
    return told


def _is_meant(pushed: PushedOrder, asked: DismissRequest, known: Collection[str]) -> bool:
    """An IFS shipment may bear the number of an order: among orders it is meant where no order is known by it."""
    key = pushed.key
    if key.number in asked.subjects or (key.order_no and key.order_no in asked.orders):
        return True
    return key.shipment_id in asked.orders and key.shipment_id not in known


def _dismissed(tools: ControlTools, asked: Change, state: OrderState) -> str:
    """Why not; empty where it is."""
    if state.attention is None:
        return "it calls nobody"
    dismissal = Dismissal(
        reason=state.attention,
        reasons=state.reasons,
        shipments=tuple(state.shipments),
        live=tuple(state.live),
        by=asked.by,
        note=asked.note,
        at=tools.now,
    )
    tools.audited(asked, order_record(state.key), "dismiss", {"attention": (state.attention, None)}, state.key)
    return "" if tools.orders.save(state.with_dismissal(dismissal)) else SAVED_IN_BETWEEN


def place(tools: ControlTools, asked: PlaceRequest) -> Changed:
    state = tools.one(asked.order, asked.company, asked.shipment)
    shipment = state.shipments.get(asked.shipment)
    if shipment is None:
        raise RefusedError(f"shipment: the order has {sorted(state.shipments)}")
    told = f"{asked.shipment} belongs to {asked.record} from now on"
    if state.is_placed_by_hand(asked.shipment, asked.record):
        tools.send(asked, [state.key])
        return Changed(done="place", told=told, concerned=1)
    if asked.record not in shipment.choices:
        raise RefusedError(f"record: the choices are {list(shipment.choices)}")
    record = RecordKey(place=_place_of(tools, state, asked.profile), id=asked.record)
    change = {str(asked.shipment): (shipment.placing.key.id if shipment.placing else None, asked.record)}
    tools.audited(asked, order_record(state.key), "place", change, state.key)
    if not tools.orders.save(state.placing_by_hand(asked.shipment, record, tools.now + CLAIM)):
        raise RefusedError(f"order: {SAVED_IN_BETWEEN}")
    tools.send(asked, [state.key])
    return Changed(done="place", told=told, concerned=1)


def _place_of(tools: ControlTools, state: OrderState, profile: str) -> str:
    ifs = store_view(state, tools.connection).ifs
    targets = [target for target in ifs.targets if profile in {"", target.profile}]
    if len({ifs.place_of(target) for target in targets}) != 1:
        raise RefusedError(f"profile: name one of {[str(target.profile) for target in ifs.targets]}")
    return ifs.place_of(targets[0])


def adopt(tools: ControlTools, asked: AdoptRequest) -> Changed:
    state = tools.one(asked.order, asked.company)
    keys = [record.key for record in state.records]
    memories = tools.memories.load(asked.connection, keys) if keys else {}
    tools.orders.recall(state.key, tools.now + CLAIM)  # first: should this run die, the order is looked at all the same
    adopted: dict[str, str | None] = {}
    for key in keys:
        target = store_view(state, tools.connection).ifs.target_of(key.place)
        attributes = _attributes(target, asked.fields) if target is not None else []
        memory, changed = memories[key].adopting(attributes)
        if changed:  # audited before: a run that dies in between leaves no change of which nobody knows the author
            tools.audited(asked, key, "adopt", {name: (value, value) for name, value in changed.items()}, state.key)
            adopted |= changed if tools.memories.save(memory) else {}
    if not adopted:
        raise RefusedError("fields: no value of a person is kept there")
    tools.send(asked, [state.key])
    told = "these values are ours from now on; the next look writes what the shipments say"
    return Changed(done="adopt", told=told, concerned=len(adopted))


def _attributes(target: AnyTarget, fields: Sequence[str]) -> list[str]:
    known = {str(name): rule.attribute for name, rule in target.rules.items()}
    unknown = next((field for field in fields if field not in known), None)
    if unknown is not None:
        raise RefusedError(f"fields: the target has {sorted(known)}")
    return [known[field] for field in fields]
