"""Every alarm against how often its metric is sent: what is idle never rings, what is broken rings, and soon. The
handlers run as deployed on a virtual clock; CloudWatch evaluates the synthesised alarms as documented.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from functions.handlers import digest
from functions.ledger.key_expiries import KeyExpiryStore
from functions.model.key_expiry import KeyExpiry
from functions.settings import DigestSettings
from functions.wiring import telemetry
from functions.wiring.credentials import PLACEHOLDER
from tests.equipment.cloudwatch import DAY, HOUR, MINUTE, Alarm, Sample
from tests.equipment.local_aws.server import ROOT
from tests.equipment.local_aws.synth import synthesise
from tests.equipment.quiet_connection import SEED, START, a_connection, run
from tests.equipment.world import AUDIT, LEDGER, Site, World
from tests.infra.conftest import CONTEXT

pytestmark = pytest.mark.integration

Template = dict[str, Any]
POLL_MINUTES = (1, 5, 60, 1440)
SPARE = (0, 2, 5)  # AWS does not publish it
TRIED = (0, pytest.param(2, marks=pytest.mark.nightly), 5)
JITTER_SECONDS = 5.0  # of a rule on a schedule


@pytest.fixture(scope="module")
def alarms(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Of four connections, named after their `poll_minutes`."""
    folder = tmp_path_factory.mktemp("connections")
    example = (ROOT / "infra/connections/example.toml").read_text(encoding="utf-8")
    for minutes in POLL_MINUTES:
        text = example.replace("poll_minutes = 5", f"poll_minutes = {minutes}")
        text = text.replace("[shipstation.", '[shipstation]\nwebhooks = "registered"\n\n[shipstation.', 1)
        (folder / f"m{minutes}.toml").write_text(text, encoding="utf-8")
    assembly = synthesise({**CONTEXT, "connections": str(folder)}, tmp_path_factory.mktemp("cdk.out"))
    template = json.loads((assembly / "ifs-shipstation.template.json").read_text())
    return {n: r["Properties"] for n, r in template["Resources"].items() if r["Type"] == "AWS::CloudWatch::Alarm"}


def alarm(alarms: Template, metric: str, connection: str, spare: int) -> Alarm:
    found = (Alarm(properties, spare) for properties in alarms.values())
    (only,) = (a for a in found if (a.metric, a.dimensions.get("connection")) == (metric, connection))
    return only


class Observed:
    """One connection whose schedules tick, and what its Lambdas send to CloudWatch."""

    def __init__(self, poll_minutes: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = World(SEED, START)
        connection = a_connection(START - HOUR)
        self.name = f"m{poll_minutes}"
        self.site: Site = self.world.add_site(
            connection.model_copy(update={"name": self.name, "poll_minutes": poll_minutes})
        )
        self.world.wire()
        self.samples: list[Sample] = []
        self.is_scheduled = True
        self._random = Random(SEED)
        monkeypatch.setattr(telemetry, "_send", self._send)
        self._tick()

    def _send(self, _unit: object, connection: str, metrics: dict[str, float]) -> None:
        self.samples += [Sample(self.world.now(), name, connection, value) for name, value in metrics.items()]

    def _tick(self) -> None:
        self.world.clockwork.after(60, self._tick)
        if self.is_scheduled:
            for function in ("poll", "release"):
                late = self._random.uniform(0, JITTER_SECONDS)
                self.world.clockwork.after(late, lambda f=function: self._run(f))  # type: ignore[misc] # the loop's

    def _run(self, function: str) -> None:
        self.world.functions[function].invoke({"connection": self.name})

    def go_on(self, duration: timedelta) -> None:
        run(self.world, self.world.now() + duration)

    def of(self, metric: str) -> list[Sample]:
        return [sample for sample in self.samples if sample.metric == metric]

    def succeeded(self) -> datetime:
        return max(sample.at for sample in self.of("PollSucceeded") if sample.value)


def refuse_key(observed: Observed) -> None:
    observed.site.account.keys.clear()


def fall_silent(observed: Observed) -> None:
    observed.site.account.add_fault("status", status=503, times=-1)


def lose_one_list(observed: Observed) -> None:
    observed.site.account.add_fault("status", status=503, path="fulfillments", times=-1)


def blank_secret(observed: Observed) -> None:
    observed.world.secrets.put(f"ss-{observed.name}", {"api_key": PLACEHOLDER, "api_secret": PLACEHOLDER})
    observed.world.functions["poll"].redeploy()


def disable_schedule(observed: Observed) -> None:
    observed.is_scheduled = False


def ringing(found: Iterator[tuple[datetime, bool]]) -> list[datetime]:
    return [at for at, rings in found if rings]


@pytest.mark.parametrize("minutes", POLL_MINUTES)
def test_no_alarm_of_an_idle_connection_rings(alarms: Template, minutes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    observed = Observed(minutes, monkeypatch)
    window = alarm(alarms, "PollSucceeded", observed.name, 0).period
    observed.go_on(max(2 * window, 3 * HOUR))
    own = [Alarm(properties, spare) for properties in alarms.values() for spare in SPARE]
    for each in own:
        if each.dimensions.get("connection") == observed.name:
            samples = observed.of(each.metric)
            assert ringing(each.rings(samples, START + window, observed.world.now())) == [], each.metric


BREAKAGES = (refuse_key, fall_silent, lose_one_list, blank_secret, disable_schedule)


@pytest.mark.parametrize(
    ("minutes", "broken"),
    [*itertools.product((1, 5, 60), BREAKAGES), (1440, blank_secret), (1440, disable_schedule)],
)
def test_the_heartbeat_rings_one_period_after_the_last_reading(
    alarms: Template, minutes: int, broken: Callable[[Observed], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    observed = Observed(minutes, monkeypatch)
    period = alarm(alarms, "PollSucceeded", observed.name, 0).period
    observed.go_on(period + 10 * MINUTE)
    broken(observed)
    observed.go_on(2 * period)
    last, beats = observed.succeeded(), observed.of("PollSucceeded")
    late = HOUR + 2 * MINUTE if period > DAY else 2 * MINUTE
    for spare in SPARE:
        heartbeat = alarm(alarms, "PollSucceeded", observed.name, spare)
        first, *others = ringing(heartbeat.rings(beats, START + period, observed.world.now()))
        assert last < first <= last + period + late
        assert others, "it goes on ringing"


@pytest.mark.parametrize("broken", BREAKAGES[:-1])
def test_a_reading_that_failed_is_sent_as_zero(
    broken: Callable[[Observed], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    observed = Observed(5, monkeypatch)
    broken(observed)
    observed.go_on(10 * MINUTE)
    assert {sample.value for sample in observed.of("PollSucceeded")} == {False}


@pytest.mark.parametrize("spare", TRIED)
def test_the_heartbeat_is_over_once_shipstation_is_read_again(
    alarms: Template, spare: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    observed = Observed(5, monkeypatch)
    heartbeat = alarm(alarms, "PollSucceeded", observed.name, spare)
    fall_silent(observed)
    observed.go_on(HOUR)
    observed.site.account.lift_faults()
    mended = observed.world.now()
    observed.go_on(HOUR)
    rang = ringing(heartbeat.rings(observed.of("PollSucceeded"), START + heartbeat.period, observed.world.now()))
    assert mended - 2 * MINUTE <= rang[-1] <= mended + 4 * MINUTE


@pytest.mark.parametrize("spare", TRIED)
@pytest.mark.parametrize("minutes", POLL_MINUTES)
def test_a_refused_key_is_probed_every_minute_and_rings_within_five(
    alarms: Template, minutes: int, spare: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    observed = Observed(minutes, monkeypatch)
    observed.go_on(10 * MINUTE)
    refuse_key(observed)
    observed.go_on(timedelta(minutes=minutes + 30))
    refused = observed.of("ShipStationRefused")
    probes = [r.at for r in observed.site.account.requests if r.status == 401]
    apart = [later - earlier for earlier, later in itertools.pairwise(probes)]
    assert max(apart) < timedelta(seconds=60 + 2 * JITTER_SECONDS)
    found = alarm(alarms, "ShipStationRefused", observed.name, spare)
    rang = ringing(found.rings(refused, refused[0].at, observed.world.now()))
    assert rang[0] - refused[0].at <= 5 * MINUTE
    assert rang == [rang[0] + n * MINUTE for n in range(len(rang))], "it never stops in between"


@pytest.mark.parametrize("spare", TRIED)
def test_one_refusal_that_passes_does_not_ring(alarms: Template, spare: int) -> None:
    found = alarm(alarms, "ShipStationRefused", "m5", spare)
    once = [Sample(START, found.metric, "m5", 1)]
    assert ringing(found.rings(once, START, START + HOUR)) == []


@pytest.mark.parametrize("spare", TRIED)
def test_an_ifs_that_serves_nobody_rings_after_five_minutes_and_not_before(
    alarms: Template, spare: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    observed = Observed(5, monkeypatch)
    observed.site.tenant.add_fault("status", status=503, times=-1)
    for number in range(3):
        order = observed.site.account.add_order(f"P{number}", items=[{"sku": "BOLT", "quantity": 1}])
        observed.site.account.ship(order, at=START - 10 * MINUTE, is_silent=True)
    observed.go_on(HOUR)
    opened = observed.of("IfsCircuitOpen")
    found = alarm(alarms, "IfsCircuitOpen", observed.name, spare)
    rang = ringing(found.rings(opened, START, observed.world.now()))
    assert 4 * MINUTE <= rang[0] - opened[0].at <= 7 * MINUTE
    assert rang == [rang[0] + n * MINUTE for n in range(len(rang))], "it never stops in between"


@pytest.mark.parametrize("spare", TRIED)
def test_a_target_that_changed_rings_at_once_until_no_order_meets_it_any_more(alarms: Template, spare: int) -> None:
    """Orders come up again after pauses that double, up to an hour."""
    found = alarm(alarms, "TargetChanged", "m5", spare)
    pauses = [min(2**n, 60) * MINUTE for n in range(14)]
    met = [Sample(START + sum(pauses[:n], timedelta()), found.metric, "m5", 1) for n in range(14)]
    evaluated = [rings for _, rings in found.rings(met, START + 2 * MINUTE, met[-1].at)]
    assert all(evaluated)
    rang = ringing(found.rings(met, START, met[-1].at + DAY))
    assert rang[-1] <= met[-1].at + found.period + 2 * MINUTE


@pytest.mark.parametrize("spare", TRIED)
def test_orders_that_get_no_turn_ring_within_twenty_minutes(alarms: Template, spare: int) -> None:
    """Sent once a minute, from five minutes on."""
    found = alarm(alarms, "OldestDue", "m5", spare)
    due = [Sample(START + n * MINUTE, found.metric, "m5", 60.0 * n) for n in range(6, 120)]
    rang = ringing(found.rings(due, START, START + 120 * MINUTE))
    assert timedelta(hours=1) <= rang[0] - START <= timedelta(minutes=80)


@pytest.mark.parametrize("spare", TRIED)
@pytest.mark.parametrize("metric", ["DeadLettersParked", "Gaps"])
def test_what_a_person_has_to_look_at_rings_by_being_counted_once(alarms: Template, metric: str, spare: int) -> None:
    found = alarm(alarms, metric, "m5", spare)
    rang = ringing(found.rings([Sample(START, metric, "m5", 1)], START, START + HOUR))
    assert rang[0] - START <= 3 * MINUTE


def of_the_stack(alarms: Template, metric: str, spare: int) -> Alarm:
    (only,) = (
        a for a in (Alarm(p, spare) for p in alarms.values()) if a.metric == metric and a.namespace != "AWS/Lambda"
    )
    return only


def parked(observed: Observed) -> list[Sample]:
    for number in range(3):
        observed.site.tenant.add_shipment([(f"P{number}", "BOLT", 1)])
        order = observed.site.account.add_order(f"P{number}", items=[{"sku": "BOLT", "quantity": 1}])
        observed.site.account.ship(order, carrier_code="ontrac", at=START - 10 * MINUTE, is_silent=True)
    observed.go_on(HOUR)
    return observed.of("OrdersParked")


@pytest.mark.parametrize("spare", TRIED)
def test_orders_that_newly_ask_a_person_ring_once_whatever_the_connection(
    alarms: Template, spare: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = parked(Observed(5, monkeypatch))
    found = of_the_stack(alarms, "OrdersParked", spare)
    assert [sample.connection for sample in samples] == ["", "", ""]
    rang = ringing(found.rings(samples, START, START + HOUR))
    assert rang[0] - samples[0].at <= 7 * MINUTE
    assert rang[-1] - samples[-1].at <= 7 * MINUTE, "what is known already does not ring again"


@pytest.mark.parametrize("spare", TRIED)
def test_a_person_who_does_not_come_for_a_day_is_rung_for_until_he_has(
    alarms: Template, spare: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    observed = Observed(5, monkeypatch)
    parked(observed)
    observed.go_on(26 * HOUR)
    seen = {"by": "kim", "note": "done", "connection": observed.name, "orders": ["P0", "P1", "P2"]}
    observed.world.functions["control"].invoke({"do": "dismiss", **seen})
    dismissed = observed.world.now()
    observed.go_on(6 * HOUR)
    found = of_the_stack(alarms, "AttentionOverdue", spare)
    rang = ringing(found.rings(observed.of("AttentionOverdue"), START, observed.world.now()))
    assert 24 * HOUR <= rang[0] - START <= 28 * HOUR
    assert rang[-1] <= dismissed + 3 * HOUR


@pytest.mark.parametrize("spare", TRIED)
def test_a_pause_that_was_forgotten_rings_after_a_day_until_it_is_resumed(
    alarms: Template, spare: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    observed = Observed(5, monkeypatch)
    who = {"by": "kim", "note": "stock-taking", "connection": observed.name, "scope": "connection"}
    observed.world.functions["control"].invoke({"do": "pause", **who})
    observed.go_on(25 * HOUR)
    observed.world.functions["control"].invoke({"do": "resume", **who})
    resumed = observed.world.now()
    observed.go_on(HOUR)
    found = of_the_stack(alarms, "PauseForgotten", spare)
    rang = ringing(found.rings(observed.of("PauseForgotten"), START, observed.world.now()))
    assert 24 * HOUR <= rang[0] - START <= 24 * HOUR + 15 * MINUTE
    assert rang[-1] <= resumed + 12 * MINUTE


@pytest.mark.parametrize("spare", TRIED)
@pytest.mark.parametrize("metric", ["5xx", "Throttles"])
def test_webhooks_that_fail_for_ten_minutes_ring_and_single_ones_do_not(
    alarms: Template, metric: str, spare: int
) -> None:
    (found,) = (a for a in (Alarm(p, spare) for p in alarms.values()) if a.metric == metric)
    failing = [Sample(START + n * MINUTE, metric, "", 3) for n in range(60)]
    assert ringing(found.rings(failing, START, START + HOUR))[0] - START <= 15 * MINUTE
    assert ringing(found.rings(failing[:1], START, START + HOUR)) == []


VISIBLE, HIDDEN = "ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible"


def letter(minutes: int, *, hidden_for: int) -> list[Sample]:
    """One that is received every so many minutes and stays hidden for all of them but one."""
    every = [(START + n * MINUTE, bool(n % hidden_for)) for n in range(minutes)]
    return [
        *(Sample(at, VISIBLE, "", not is_hidden) for at, is_hidden in every),
        *(Sample(at, HIDDEN, "", is_hidden) for at, is_hidden in every),
        *(Sample(START + n * MINUTE, name, "", 0) for n in range(minutes, minutes + 60) for name in (VISIBLE, HIDDEN)),
    ]


@pytest.mark.parametrize("spare", TRIED)
def test_a_letter_that_stays_dead_rings_until_it_is_gone(alarms: Template, spare: int) -> None:
    found = [a for a in (Alarm(p, spare) for p in alarms.values()) if VISIBLE in a.metrics]
    assert len(found) == 2
    for each in found:
        rang = ringing(each.rings(letter(180, hidden_for=6), START, START + 4 * HOUR))
        assert 15 * MINUTE <= rang[0] - START <= 18 * MINUTE
        assert rang == [rang[0] + n * MINUTE for n in range(len(rang))], "it never stops in between"
        assert 0 * MINUTE <= rang[-1] - START - 180 * MINUTE <= 3 * MINUTE


@pytest.mark.parametrize("spare", TRIED)
def test_a_letter_that_comes_back_does_not_ring(alarms: Template, spare: int) -> None:
    for found in (a for a in (Alarm(p, spare) for p in alarms.values()) if VISIBLE in a.metrics):
        assert ringing(found.rings(letter(12, hidden_for=6), START, START + HOUR)) == []


@pytest.mark.parametrize("spare", TRIED)
def test_a_function_that_fails_again_and_again_rings(alarms: Template, spare: int) -> None:
    (found, *_) = (a for a in (Alarm(p, spare) for p in alarms.values()) if a.metric == "Errors")
    failing = [Sample(START + n * MINUTE, "Errors", "", 1) for n in range(30)]
    assert ringing(found.rings(failing, START, START + 30 * MINUTE))[0] - START <= 12 * MINUTE
    assert ringing(found.rings(failing[:1], START, START + 2 * HOUR)) == []


def of_function(alarms: Template, name: str, metric: str, spare: int) -> Alarm:
    (only,) = (
        Alarm(properties, spare)
        for properties in alarms.values()
        if properties["AlarmDescription"].startswith(name) and Alarm(properties, spare).metric == metric
    )
    return only


@pytest.mark.parametrize("spare", TRIED)
@pytest.mark.parametrize(
    ("name", "every", "late"),
    [
        ("Digest", HOUR, 4 * HOUR),
        ("Register", HOUR, 4 * HOUR),
        ("Reconcile", 20 * MINUTE, 4 * HOUR),
        ("Replay", 11 * MINUTE, HOUR),
    ],
)
def test_a_function_whose_every_run_fails_rings_however_seldom_it_runs(
    alarms: Template, name: str, every: timedelta, late: timedelta, spare: int
) -> None:
    rings_while_every_run_fails(of_function(alarms, name, "Errors", spare), every, late)


def rings_while_every_run_fails(found: Alarm, every: timedelta, late: timedelta) -> None:
    jitter = Random(SEED)
    at = [START + n * every + timedelta(seconds=jitter.uniform(0, JITTER_SECONDS)) for n in range(40)]
    failing = [Sample(each, "Errors", "", 1) for each in at]
    told = list(found.rings(failing, START, at[-1]))
    rang = ringing(iter(told))
    assert rang
    assert rang[0] - START <= late
    assert rang == [each for each, _ in told if each >= rang[0]], "it never stops in between"
    assert ringing(found.rings(failing[:1], START, START + 6 * HOUR)) == []


@pytest.fixture(scope="module")
def seldom(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Template]:
    """The alarms of a stack whose slowest schedules run so seldom; others beside them run as often as they may."""

    @cache
    def made(minutes: int) -> Template:
        folder = tmp_path_factory.mktemp("connections")
        for name, each in (("slow", minutes), ("quick", 5)):
            text = (ROOT / "docs/examples/reference-data.toml").read_text(encoding="utf-8")
            text = text.replace("every_minutes = 60\n", "").replace("[[align]]", f"[[align]]\nevery_minutes = {each}")
            (folder / f"{name}.toml").write_text(text, encoding="utf-8")
            text = (ROOT / "docs/examples/orders.toml").read_text(encoding="utf-8")
            text = text.replace("[orders]", f"[orders]\npoll_minutes = {each}")
            (folder / f"{name}-orders.toml").write_text(text, encoding="utf-8")
        assembly = synthesise({**CONTEXT, "connections": str(folder)}, tmp_path_factory.mktemp("cdk.out"))
        template = json.loads((assembly / "ifs-shipstation.template.json").read_text())
        return {n: r["Properties"] for n, r in template["Resources"].items() if r["Type"] == "AWS::CloudWatch::Alarm"}

    return made


@pytest.mark.parametrize("minutes", [5, 90, 1440])
@pytest.mark.parametrize("name", ["Align", "Pull"])
def test_a_function_that_runs_as_a_file_says_and_fails_each_time_rings(
    seldom: Callable[[int], Template], name: str, minutes: int
) -> None:
    every = timedelta(minutes=minutes)
    rings_while_every_run_fails(of_function(seldom(minutes), name, "Errors", 0), every, max(4 * HOUR, 4 * every))


@pytest.mark.parametrize("spare", TRIED)
@pytest.mark.parametrize(
    ("name", "every", "late"),
    [
        ("Release", MINUTE, 20 * MINUTE),
        ("Replay", MINUTE, 20 * MINUTE),
        ("Reconcile", 5 * MINUTE, 40 * MINUTE),
        ("Digest", HOUR, 4 * HOUR),
        ("Register", HOUR, 4 * HOUR),
    ],
)
def test_a_function_whose_schedule_is_disabled_rings_and_one_that_runs_does_not(
    alarms: Template, name: str, every: timedelta, late: timedelta, spare: int
) -> None:
    found, jitter = of_function(alarms, name, "Invocations", spare), Random(SEED)
    at = [START + n * every + timedelta(seconds=jitter.uniform(0, JITTER_SECONDS)) for n in range(100)]
    runs = [Sample(each, "Invocations", "", 1) for each in at]
    rang = ringing(found.rings(runs, START + found.period, at[-1] + late))
    assert at[-1] < rang[0] <= at[-1] + late
    assert found.namespace == "AWS/Lambda", "no metric of ours is paid for it"


@pytest.mark.parametrize("spare", TRIED)
def test_a_day_that_was_not_compared_rings_until_one_is(alarms: Template, spare: int) -> None:
    found = of_the_stack(alarms, "NotCompared", spare)
    late = [Sample(START + n * HOUR, "NotCompared", "", 1) for n in range(30)]
    rang = ringing(found.rings(late, START, START + 40 * HOUR))
    assert rang[0] - START <= HOUR
    assert late[-1].at < rang[-1] <= late[-1].at + 3 * HOUR
    assert rang == [rang[0] + n * MINUTE for n in range(len(rang))], "it never stops in between"


@pytest.mark.parametrize("spare", TRIED)
def test_webhooks_that_the_hourly_run_does_not_repair_ring_until_one_does(alarms: Template, spare: int) -> None:
    """Zeros are not sent."""
    found, jitter = of_the_stack(alarms, "WebhooksMissing", spare), Random(SEED)
    at = [START + n * HOUR + timedelta(seconds=jitter.uniform(0, JITTER_SECONDS)) for n in range(3, 30)]
    missing = [Sample(each, "WebhooksMissing", "", 1) for each in at]
    rang = ringing(found.rings(missing, START, START + 40 * HOUR))
    assert at[0] < rang[0] <= at[0] + HOUR
    assert at[-1] < rang[-1] <= at[-1] + 3 * HOUR
    assert rang == [rang[0] + n * MINUTE for n in range(len(rang))], "it never stops in between"


NEVER = 99  # days


def a_month_of_messages(observed: Observed, *, ends: str, missed: Sequence[int], renewed: int) -> list[Sample]:
    """Of the hourly run alone, the days that were missed left out; on the day `renewed` another key is stored."""
    settings = DigestSettings(ledger_table=LEDGER, audit_table=AUDIT, topic="t", lambdas={})
    observed.world.also(
        "digest", lambda r, s: digest.build(r, s, lambda _s, _t: None, lambda _terms, _day: 0.0, lambda: 1), settings
    )
    observed.is_scheduled, store = False, KeyExpiryStore(observed.world.tables[LEDGER])
    observed.go_on(12 * HOUR)  # to midnight
    for day in range(42):
        store.save(observed.site.connection.name, "ifs", KeyExpiry.of(ends if day < renewed else "2027-06-01"))
        for _ in range(24):
            if day not in missed:
                observed.world.functions["digest"].invoke({})
            observed.go_on(HOUR)
    return observed.of("KeysExpire")


@pytest.mark.parametrize(
    ("ends", "missed", "renewed", "left"),
    [
        ("2026-07-11", (), NEVER, [30, 14, 7, 1, 0, -1, -2]),
        ("2026-07-11", (9, 25, 26, 38), NEVER, [29, 12, 7, 0, -1, -2]),
        ("2026-07-11", (), 39, [30, 14, 7, 1]),
        ("2026-06-21", (), 15, [19, 14, 7]),
        ("", (), NEVER, []),
    ],
    ids=["no day missed", "days missed", "a new key on its last day", "a key that was stored late", "no day stored"],
)
def test_a_key_that_ends_rings_at_each_step_and_for_an_hour_each_time(
    alarms: Template,
    monkeypatch: pytest.MonkeyPatch,
    *,
    ends: str,
    missed: Sequence[int],
    renewed: int,
    left: list[int],
) -> None:
    observed = Observed(5, monkeypatch)
    samples = a_month_of_messages(observed, ends=ends, missed=missed, renewed=renewed)
    for spare in (SPARE[0], SPARE[-1]):
        rang = ringing(of_the_stack(alarms, "KeysExpire", spare).rings(samples, START, observed.world.now()))
        began = [at for at in rang if at - MINUTE not in rang]
        assert [(date.fromisoformat(ends) - at.date()).days for at in began] == left
        assert len(rang) <= 61 * len(left)


HEADING = r"^#+ (.+)$"


def slugs(page: Path) -> set[str]:
    """As GitHub makes them."""
    headings = re.findall(HEADING, page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_alarm_that_points_to_the_documentation_points_to_a_heading(alarms: Template) -> None:
    pointers = {
        pointer for each in alarms.values() for pointer in re.findall(r"docs/[^\s),]*", each["AlarmDescription"])
    }
    assert len(pointers) > 5
    for pointer in pointers:
        page, _, heading = pointer.partition("#")
        assert heading in slugs(ROOT / page), pointer
