"""What a record should hold, said as plainly as it can be, and compared with what IFS holds: the numbers of all living
parcels of an order, in any order, are what stands on its records.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from functions.connections.connection import Connection
from functions.connections.targets import AnyTarget
from functions.flows.operations.reconcile_cases import Case
from functions.flows.operations.reconcile_home import home, numbers_of
from functions.flows.operations.reconcile_reading import Addressed
from functions.flows.operations.reconcile_values import folded, same, words
from functions.model.outcomes import Reason
from functions.model.reconciled import RECORD, Checked, IfsRow, Kind
from functions.model.records import FieldName


def compare(case: Case) -> list[Checked]:
    return [*_skipped(case), *_without_record(case), *_stray_rows(case), *_records(case)]


def _skipped(case: Case) -> Iterator[Checked]:
    for each in case.parcels:
        if each.skip is not None and not each.is_context:
            yield _checked([each], None, RECORD, "missing").explained(each.skip)


def _without_record(case: Case) -> Iterator[Checked]:
    for each in case.parcels:
        if each.counts and not each.is_context and home(each, case) is None:
            yield _checked([each], None, RECORD, "missing", says=each.parcel.tracking)


def _stray_rows(case: Case) -> Iterator[Checked]:
    """A row of its own for a shipment that ShipStation does not have."""
    known = {each.key for each in case.parcels}
    for row in case.standing:
        if row.parcel is not None and row.parcel not in known:
            yield _checked([_first(case)], row, RECORD, "extra", holds=row.parcel).nobodys()


def _records(case: Case) -> Iterator[Checked]:
    homes = {id(each): home(each, case) for each in case.parcels}
    for row in case.standing:
        here = [each for each in case.parcels if homes[id(each)] is row]
        if here or row.parcel is None:
            yield from _record(row, here, case)


def _record(row: IfsRow, here: Sequence[Addressed], case: Case) -> Iterator[Checked]:
    view = (here or case.parcels)[0].view
    target = view.ifs.target_of(row.place)  # type: ignore[arg-type] # as the reader named it
    if target is None:
        return
    living = sorted((each for each in here if each.counts), key=lambda each: (each.parcel.created_at, each.key))
    if FieldName.TRACKING in target.rules:
        yield from _tracking(row, living, case, target)
    if any(not each.is_context for each in living):
        yield from _fields(row, living, target, view)


def _fields(row: IfsRow, living: Sequence[Addressed], target: AnyTarget, view: Connection) -> Iterator[Checked]:
    said: dict[FieldName, str | None] = {
        FieldName.CARRIER: _mapped(view.carriers, living),
        FieldName.SERVICE: _mapped(view.services, living),
        FieldName.SHIP_DATE: _day(row, living, target, view),
        FieldName.STATUS: target.status.shipped,
        FieldName.COST: _cost(living, target),
        FieldName.CURRENCY: _currency(living, target),
    }
    unsaid = {FieldName.CARRIER: Reason.CARRIER_UNMAPPED, FieldName.SERVICE: Reason.SERVICE_UNMAPPED}
    for name, value in said.items():
        if name not in target.rules:
            continue
        holds = row.values.get(name)
        if value is None and name in unsaid and any(each.parcel.carrier for each in living):
            yield _checked(living, row, name, "missing").explained(unsaid[name])
        elif value is not None or name in {FieldName.COST, FieldName.CURRENCY}:
            yield _checked(living, row, name, _kind(name, value, holds), says=value, holds=holds)


def _kind(name: FieldName, said: str | None, holds: str | None) -> Kind:
    if same(name, said, holds):
        return "equal"
    if said is None:
        return "extra"
    return "different" if holds else "missing"


def _mapped(table: Mapping[str, str], living: Sequence[Addressed]) -> str | None:
    """What the file calls the first parcel's carrier, by its service where the file names that; else the next one's."""
    for each in living:
        carrier, service = (folded(text or "") for text in (each.parcel.carrier, each.parcel.service))
        found = table.get(f"{carrier}/{service}") or table.get(carrier)
        if found:
            return found
    return None


def _day(row: IfsRow, living: Sequence[Addressed], target: AnyTarget, view: Connection) -> str | None:
    if target.ship_date.source == "label":
        zone = view.ifs.zone_of(row.site)
        return min(each.parcel.created_at.astimezone(zone).date() for each in living).isoformat()
    return min((each.parcel.ship_date.isoformat() for each in living if each.parcel.ship_date), default=None)


def _cost(living: Sequence[Addressed], target: AnyTarget) -> str | None:
    currency = _currency(living, target)
    told = [each for each in living if each.parcel.cost is not None and not each.is_copy]
    same = [each.parcel.cost for each in told if each.parcel.currency in {None, currency}]
    if target.cost is None or not any(each.parcel.cost is not None for each in living):
        return None
    total = sum(filter(None, same), Decimal(0))
    return str(total.quantize(Decimal(1).scaleb(-target.cost.decimals), ROUND_HALF_UP))


def _currency(living: Sequence[Addressed], target: AnyTarget) -> str | None:
    first = next((each.parcel for each in living if each.parcel.cost is not None), None)
    if first is None:
        return None
    return first.currency or (target.currency.code if target.currency else None)


def _tracking(row: IfsRow, living: Sequence[Addressed], case: Case, target: AnyTarget) -> Iterator[Checked]:
    rule, holds = target.tracking, row.values.get(FieldName.TRACKING)
    numbers = {text: each for each in reversed(living) if (text := each.parcel.tracking)}
    wanted = dict(reversed(numbers.items()))
    if rule.parcels == "first":
        wanted = dict(list(wanted.items())[:1])
    fitting = _fitting(list(wanted), rule.separator, rule.max_length)
    there = set(words(holds, rule.separator))
    for number, each in wanted.items():
        is_there = there >= set(words(number, rule.separator))
        kind: Kind = "equal" if is_there else "different" if holds else "missing"
        told = _checked([each], row, FieldName.TRACKING, kind, says=number, holds=holds)
        if not each.is_context:
            yield told.explained(Reason.TRACKING_DID_NOT_FIT) if not is_there and number not in fitting else told
    yield from _nobodys(row, living, case, there, rule.separator)


def _nobodys(
    row: IfsRow, living: Sequence[Addressed], case: Case, there: set[str], separator: str
) -> Iterator[Checked]:
    """What stands there and no living parcel says: of one that was voided, of one that the file leaves out, or of none
    at all.
    """
    left = there - numbers_of(living, separator)
    for each in case.parcels:
        own = numbers_of([each], separator)
        # A number of several words is there whole or not at all.
        if own and own <= left:
            left -= own
            if not each.is_context or each.skip is None:
                told = _checked([each], row, FieldName.TRACKING, "extra", holds=each.parcel.tracking)
                yield told.explained(each.skip) if each.skip else told
    if left:
        anchor = (living or case.parcels)[0]
        told = _checked([anchor], row, FieldName.TRACKING, "extra", holds=" ".join(sorted(left)))
        yield told.nobodys()


def _fitting(numbers: Sequence[str], separator: str, most: int) -> set[str]:
    fitting: list[str] = []
    for number in numbers:
        if len(separator.join([*fitting, number]).encode()) <= most:
            fitting.append(number)
    return set(fitting)


def _first(case: Case) -> Addressed:
    return next((each for each in case.parcels if not each.is_context), case.parcels[0])


def _checked(
    parcels: Sequence[Addressed],
    row: IfsRow | None,
    field: str,
    kind: Kind,
    *,
    says: str | None = None,
    holds: str | None = None,
) -> Checked:
    own = [each for each in parcels if not each.is_context] or parcels
    found = Checked(
        order=str(own[0].reference or ""),
        company=own[0].view.ifs.company,
        shipments=tuple(each.key for each in own),
        record=row.id if row else None,
        place=row.place if row else "",
        field=str(field),
        kind=kind,
        since=min(each.parcel.changed_at for each in own),
    )
    return found.saying(says, holds)
