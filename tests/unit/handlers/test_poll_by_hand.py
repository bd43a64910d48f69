"""What a person gets from the poll: estimates, backfills, how reading stands. Wired as in AWS, in memory."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.equipment.quiet_connection import START, asked, quiet_world, run, schedule
from tests.equipment.world import Site, World

WINDOW = {"from": "2026-05-01T00:00:00Z", "to": "2026-05-03T00:00:00Z"}
WHO = {"by": "kim", "note": "first load"}


def backfill(world: World, **more: Any) -> dict[str, Any]:
    return asked(world, {"connection": "acme", "backfill": {**WINDOW, **WHO, **more}})


def old_labels(site: Site, count: int = 30) -> None:
    for number in range(count):
        shipment = site.tenant.add_shipment([(f"P{number}", "BOLT", 1)])
        at = START - timedelta(days=30) + timedelta(minutes=number)
        order = site.account.add_order(f"P{number}", items=[{"sku": "BOLT", "quantity": 1}], at=at)
        site.account.ship(order, at=at, is_silent=True)
        assert shipment


def written(site: Site) -> int:
    return len({write.key for write in site.tenant.writes if write.by == "api"})


@pytest.mark.parametrize(
    ("event", "said"),
    [
        pytest.param({"connection": "acme"} | {"backfil": {}}, "backfil", id="a misspelt key"),
        pytest.param({"connection": "acme", "status": True, "cancel": "x"}, "exactly one", id="two things"),
        pytest.param({"connection": "nobody", "status": True}, "known are ['acme']", id="an unknown connection"),
        pytest.param({"connection": "nobody"}, "known are ['acme']", id="an unknown connection alone"),
        pytest.param({"connection": "nobody", "now": True}, "known are ['acme']", id="an unknown connection now"),
        pytest.param({"connection": "acme", "backfill": {**WHO, **WINDOW, "to": "2020-01-01"}}, "to", id="no zone"),
        pytest.param(
            {"connection": "acme", "backfill": {**WHO, "from": WINDOW["to"], "to": WINDOW["from"]}},
            "from must be before to",
            id="the wrong way round",
        ),
        pytest.param({"connection": "acme", "backfill": {**WINDOW}}, "backfill.by", id="nobody asks"),
        pytest.param({"connection": "acme", "cancel": "x"}, "no such job", id="no such job"),
    ],
)
def test_bad_input_is_answered_with_what_is_wrong(event: dict[str, Any], said: str) -> None:
    world, _ = quiet_world()
    assert said in asked(world, event)["error"]


def test_a_dry_run_tells_records_pages_and_minutes_and_starts_nothing() -> None:
    world, site = quiet_world()
    old_labels(site)
    told = backfill(world)
    assert (told["records"]["labels_created"], told["pages"]) == (30, 4)
    assert told["minutes"] == pytest.approx(0.1)
    assert asked(world, {"connection": "acme", "status": True})["jobs"] == []


def test_a_backfill_by_name_writes_what_is_older_than_go_live_and_tells_how_it_stands() -> None:
    world, site = quiet_world()
    old_labels(site)
    job = backfill(world, dry_run=False)["job_id"]
    schedule(world, START + timedelta(minutes=20), "poll", "release")
    run(world, START + timedelta(minutes=25))
    (job_status,) = asked(world, {"connection": "acme", "status": True})["jobs"]
    assert (job_status["job_id"], job_status["state"], job_status["percent"]) == (job, "done", 100)
    assert job_status["rows"] >= 30
    assert written(site) == 30


def test_a_baseline_fills_the_ledger_and_writes_nothing() -> None:
    world, site = quiet_world()
    old_labels(site)
    backfill(world, dry_run=False, baseline=True)
    schedule(world, START + timedelta(minutes=20), "poll", "release")
    run(world, START + timedelta(minutes=25))
    assert (written(site), site.tenant.counts["total"]) == (0, 0)


def test_a_cancelled_backfill_reads_no_further() -> None:
    world, site = quiet_world()
    old_labels(site)
    job = backfill(world, dry_run=False)["job_id"]
    assert asked(world, {"connection": "acme", "cancel": job})["state"] == "cancelled"
    schedule(world, START + timedelta(minutes=20), "poll", "release")
    run(world, START + timedelta(minutes=25))
    assert written(site) == 0


def test_the_status_shows_every_stream_and_what_is_parked() -> None:
    world, site = quiet_world()
    number = site.account.ship(None, at=START - timedelta(minutes=5), is_silent=True)
    site.account.broken_rows.add(number)
    schedule(world, START + timedelta(minutes=5), "poll")
    run(world, START + timedelta(minutes=6))
    status = asked(world, {"connection": "acme", "status": True})
    assert {"orders", "labels_created", "labels_voided", "fulfilments"} <= set(status["streams"])
    assert [parked["reason"] for parked in status["parked"]] == ["gap"]
    assert status.get("refused_since") is None


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_window_of_the_future_is_refused_and_starts_nothing(*, dry_run: bool) -> None:
    world, _ = quiet_world()
    window = {"from": "2099-01-01T00:00:00Z", "to": "2099-02-01T00:00:00Z"}
    answer = asked(world, {"connection": "acme", "backfill": {**WHO, **window, "dry_run": dry_run}})
    assert answer["error"] == "backfill.from: the window holds nothing yet"
    assert asked(world, {"connection": "acme", "status": True})["jobs"] == []
