"""What goes wrong with a deployed connection, which alarms it has to wake a person with, and how soon."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from functions.model.connection_name import ConnectionName
from functions.model.notification import Notification, Pointer
from tests.equipment.align_desk import ORIGIN
from tests.equipment.cloudwatch import DAY, HOUR, MINUTE
from tests.equipment.memory_aws.queue import Message
from tests.equipment.memory_aws.secrets import pair
from tests.equipment.watched_days import NAME, START, Station, Template, rang
from tests.equipment.world import CANARY

Act = Callable[[Station], None]
WARM = timedelta(hours=1, minutes=1)
SPARE = (2, 5)  # periods more than those that an alarm evaluates


def nothing(_: Station) -> None: ...


@dataclass(frozen=True)
class Fault:
    """It `begins` after `quiet`, `lasts`, and is `mended`; `rings` are the alarms that it has to ring and within what.
    `settles`: until all is quiet again. `first` is what went on before.
    """

    name: str
    begins: Act
    lasts: timedelta
    rings: dict[str, timedelta]
    mended: Act = nothing
    first: Act = nothing
    quiet: timedelta = WARM
    settles: timedelta = 4 * HOUR


@dataclass(frozen=True)
class Outcome:
    """`late` are those that did not ring in time, with what they took, `false` those that should not have, `endless`
    those that still ring.
    """

    fault: str
    late: dict[str, timedelta | None]
    false: dict[str, datetime]
    endless: list[str] = field(default_factory=list)

    @property
    def is_as_it_should(self) -> bool:
        return not (self.late or self.false or self.endless)


def played(fault: Fault, template: Template) -> list[Outcome]:
    """As CloudWatch may see it: AWS does not say how far it looks back."""
    station = Station(template)
    fault.first(station)
    station.go_on(fault.quiet)
    began = station.world.now()
    fault.begins(station)
    station.go_on(fault.lasts)
    fault.mended(station)
    station.go_on(fault.settles)
    return [_judged(fault, rang(station, spare), began, station.world.now()) for spare in SPARE]


def _judged(fault: Fault, found: dict[str, list[datetime]], began: datetime, ended: datetime) -> Outcome:
    after = {name: found[name][0] - began if name in found else None for name in fault.rings}
    late = {name: took for name, took in after.items() if took is None or not took <= fault.rings[name]}
    false = {name: at[0] for name, at in found.items() if name not in fault.rings or at[0] < began}
    return Outcome(fault.name, late, false, [name for name, at in found.items() if at[-1] >= ended - 2 * MINUTE])


def quiet(template: Template, days: float) -> list[dict[str, list[datetime]]]:
    """What rings while nothing is wrong: a label each hour, two orders for ShipStation a day."""
    station, hours = Station(template), 0
    while hours < 24 * days:
        a_label(station)
        if hours % 12 == 0:
            station.order(station.number("O"))
        station.go_on(HOUR)
        hours += 1
    return [rang(station, spare) for spare in SPARE]


# --- what goes wrong


def every(station: Station, minutes: float, act: Act, until: timedelta) -> None:
    end = station.world.now() + until

    def again() -> None:
        act(station)
        if station.world.now() < end:
            station.world.clockwork.after(60 * minutes, again)

    again()


def a_label(station: Station) -> None:
    station.ship(station.number("P"))


def trade(minutes: float, until: timedelta) -> Act:
    def both(station: Station) -> None:
        a_label(station)
        station.order(station.number("O"))

    return lambda station: every(station, minutes, both, until)


def refuse_the_key(station: Station) -> None:
    station.site.account.keys.clear()


def replace_the_key(station: Station) -> None:
    station.site.account.keys[f"{CANARY}Key{NAME}"] = f"{CANARY}1{NAME}"


def shipstation_out(station: Station) -> None:
    station.site.account.add_fault("status", status=503, times=-1)


def shipstation_back(station: Station) -> None:
    station.site.account.lift_faults()


def ifs_out(station: Station) -> None:
    station.site.tenant.add_fault("status", status=503, times=-1)
    for _ in range(100):  # one a minute is tried
        a_label(station)


def ifs_back(station: Station) -> None:
    """And the day that could not be compared is, by hand."""
    station.site.tenant.lift_faults()
    compare = partial(station.ask, "reconcile", **{"from": START.isoformat(), "until": (START + DAY).isoformat()})
    station.world.clockwork.after(HOUR.total_seconds(), compare)


def nobody_comes(station: Station) -> None:
    station.ship("P-UNMAPPED", carrier="ontrac")
    station.ask("control", do="pause", scope="store", of="100009")


def somebody_comes(station: Station) -> None:
    station.ask("control", do="dismiss", orders=["P-UNMAPPED"])
    station.ask("control", do="resume", scope="store", of="100009")


def a_row_breaks_its_page(station: Station) -> None:
    station.site.tenant.add_shipment([("P-GAP", "BOLT", 1)])
    order = station.site.account.add_order("P-GAP", items=[{"sku": "BOLT", "quantity": 1}])
    station.site.account.broken_rows.add(station.site.account.ship(order, at=station.world.now()))


def die(station: Station, *, fifo: bool, body: str) -> None:
    """As a message that was received five times."""
    live, dead = (
        (station.site.shipments, station.site.dead[1]) if fifo else (station.site.notifications, station.site.dead[0])
    )
    dead.store(Message(f"dead-{body}", body, "group" if fifo else None, source_arn=live.arn))


def nobody_can_read(station: Station) -> None:
    die(station, fifo=True, body="no message of ours")


def ifs_changes(station: Station) -> None:
    station.site.tenant.gone.add("ProNo")
    a_label(station)


def ifs_changes_back(station: Station) -> None:
    station.site.tenant.gone.clear()


SCHEDULED = frozenset({"poll", "release", "replay", "reconcile", "pull", "align", "register", "digest"})
QUEUED = frozenset({"consume", "push", "dead_letters"})


def schedules_off(station: Station) -> None:
    station.stopped |= SCHEDULED


def schedules_on(station: Station) -> None:
    station.stopped.clear()


def defects_of_the_scheduled(station: Station) -> None:
    station.broken |= {*SCHEDULED, "webhook"}
    every(station, 1, a_label, HOUR)


def defects_behind_the_queues(station: Station) -> None:
    station.broken |= QUEUED
    pointer, now = Pointer(kind="anything"), station.world.now()
    note = Notification(
        connection=ConnectionName(NAME), event="SHIP_NOTIFY", pointer=pointer, received_at=now, correlation_id="dead"
    )
    die(station, fifo=False, body=note.as_json())
    trade(2, 2 * HOUR)(station)


def corrected(station: Station) -> None:
    station.broken.clear()
    trade(30, 3 * HOUR)(station)


def no_queue_takes_anything(station: Station) -> None:
    station.refuse_to_send()
    every(station, 1, a_label, HOUR / 2)


def queues_back(station: Station) -> None:
    station.world.on_step = lambda _: None


def somebody_empties_what_was_written(station: Station) -> None:
    shipment = station.ship("P-EMPTIED")
    station.world.clockwork.after(2 * HOUR.total_seconds(), lambda: station.site.tenant.edit(shipment, ProNo=None))


def shipstation_refuses_an_order(station: Station) -> None:
    station.site.account.refused_numbers.add("O-REFUSED")
    station.order("O-REFUSED")


def two_warehouses_fit(station: Station) -> None:
    station.site.tenant.add_site("CHI", "10", Description="Chicago")
    for _ in range(2):
        station.site.account.add_warehouse("Chicago", **ORIGIN)


def one_is_renamed(station: Station) -> None:
    first = min(n for n, row in station.site.account.warehouses.items() if row["warehouseName"] == "Chicago")
    station.site.account.edit_warehouse(first, name="Elsewhere")


def webhooks_are_refused(station: Station) -> None:
    station.site.account.hooks.switches.refusal = 403


def webhooks_are_allowed(station: Station) -> None:
    station.site.account.hooks.switches.refusal = 0


def the_key_ends(station: Station) -> None:
    """Within the hour the poll reads it, in the morning it is told."""
    say_until_when(station, days=14)


def another_key_is_stored(station: Station) -> None:
    say_until_when(station, days=365)


def say_until_when(station: Station, *, days: int) -> None:
    own = pair("api_key", "api_secret", station.site.account.keys)
    until = station.world.now().date() + timedelta(days=days)
    station.world.secrets.put(f"ss-{NAME}", {**own, "expires_on": str(until)})


def others_use_the_account_up(station: Station) -> None:
    station.quota.places = 0
    every(station, 1, a_label, HOUR)


def the_others_are_done(station: Station) -> None:
    station.quota.places = 1000


SILENT = frozenset({"acmePollSilent", "acmePullSilent", "acmeAlignSilent"})
SOON, HOURLY = 20 * MINUTE, 4 * HOUR
FAULTS = (
    Fault(
        "ShipStation refuses the key",
        refuse_the_key,
        3 * HOUR,
        {"acmeShipStationRefused": SOON, "acmePollSilent": SOON, "acmeAlignSilent": 3 * HOUR},
        replace_the_key,
    ),
    Fault(
        "ShipStation is out",
        shipstation_out,
        4 * HOUR,
        {"acmePollSilent": SOON, "acmeAlignSilent": HOURLY},
        shipstation_back,
    ),
    Fault(
        "IFS is out for most of a day",
        ifs_out,
        15 * HOUR,
        {
            "acmeIfsCircuitOpen": SOON,
            "acmePullSilent": SOON,
            "acmeAlignSilent": HOURLY,
            "acmeOrdersOverdue": 2 * HOUR,
            "OrdersParked": 5 * HOUR,
            "NotCompared": 14 * HOUR,
        },
        ifs_back,
        first=trade(240, 20 * HOUR),
        quiet=28 * HOUR,
    ),
    Fault(
        "nobody comes",
        nobody_comes,
        27 * HOUR,
        {"OrdersParked": SOON, "AttentionOverdue": 27 * HOUR, "PauseForgotten": 25 * HOUR},
        somebody_comes,
    ),
    Fault("a row breaks its page", a_row_breaks_its_page, 2 * HOUR, {"acmeGaps": HOUR}),
    Fault("nobody can read a dead letter", nobody_can_read, HOUR, {"acmeDeadLettersParked": SOON}),
    Fault(
        "IFS publishes other names",
        ifs_changes,
        2 * HOUR,
        {"acmeTargetChanged": SOON, "OrdersParked": SOON},
        ifs_changes_back,
    ),
    Fault(
        "no schedule runs",
        schedules_off,
        5 * HOUR,
        {
            **dict.fromkeys(("ReleaseSilent", "ReplaySilent", "acmePollSilent", "acmePullSilent"), SOON),
            "ReconcileSilent": 40 * MINUTE,
            "acmeAlignSilent": HOURLY,
            "DigestSilent": HOURLY,
            "RegisterSilent": HOURLY,
        },
        schedules_on,
    ),
    Fault(
        "a defect in what schedules and ShipStation call",
        defects_of_the_scheduled,
        5 * HOUR,
        {
            **dict.fromkeys(("PollErrors", "ReleaseErrors", "PullErrors", "WebhookErrors", "WebhookFails"), SOON),
            **dict.fromkeys(("acmePollSilent", "acmePullSilent"), SOON),
            "ReplayErrors": HOUR,
            **dict.fromkeys(("ReconcileErrors", "DigestErrors", "RegisterErrors", "AlignErrors"), HOURLY),
            "acmeAlignSilent": HOURLY,
        },
        corrected,
    ),
    Fault(
        "a defect behind the queues",
        defects_behind_the_queues,
        4 * HOUR,
        {
            **dict.fromkeys(("ConsumeErrors", "DeadLettersErrors"), HOUR),
            "PushErrors": 3 * HOUR,
            "acmeShipmentsLate": HOUR,
            "NotificationsDead": HOUR,
            "ShipmentsDead": 2 * HOUR,
            "OrdersDead": 4 * HOUR,
            "acmeDeadLettersParked": 5 * HOUR,  # letters for ShipStation, once they are handled
        },
        corrected,
    ),
    Fault(
        "no Lambda finds a place",
        others_use_the_account_up,
        50 * MINUTE,
        {
            **dict.fromkeys(("WebhookThrottled", "WebhookFails", "acmePollSilent", "acmePullSilent"), SOON),
            **dict.fromkeys(("ReleaseSilent", "ReplaySilent"), SOON),
            "ReconcileSilent": 40 * MINUTE,
        },
        the_others_are_done,
    ),
    Fault("no queue takes anything", no_queue_takes_anything, HOUR / 2, {"WebhookFails": SOON}, queues_back),
    Fault(
        "somebody empties what was written",
        somebody_empties_what_was_written,
        36 * HOUR,
        {"acmeSystemsDisagree": 30 * HOUR},
        settles=24 * HOUR,
    ),
    Fault("ShipStation refuses an order", shipstation_refuses_an_order, HOUR, {"acmePushAttention": SOON}),
    Fault("two warehouses fit a site", two_warehouses_fit, 3 * HOUR, {"acmeAlignAttention": 2 * HOUR}, one_is_renamed),
    Fault(
        "ShipStation shows no subscriptions",
        webhooks_are_refused,
        7 * HOUR,
        {"WebhooksMissing": 6 * HOUR},
        webhooks_are_allowed,
    ),
    Fault("a key is about to expire", the_key_ends, 7 * HOUR, {"KeysExpire": 6 * HOUR}, another_key_is_stored),
)
