"""A list that ignores how it should be sorted, and that no run can read whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import count
from random import Random

import pytest

from functions.flows.from_shipstation.past_windows import JobResources, work_on
from functions.ledger.jobs import JobStore
from functions.model.cursors import Stream
from tests.equipment.builders import NOON
from tests.equipment.http import Request, Response, json_response
from tests.equipment.memory_aws.table import MemoryTable
from tests.equipment.reading_fakes import ACME
from tests.equipment.shipstation.dates import long_form, to_wall
from tests.unit.flows.test_passed_over import Shop

NUMBER = 20_000  # forty pages
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.mark.parametrize("sound", [0, 1200], ids=["from its first page on", "behind two pages"])
def test_it_goes_on_as_a_job_where_a_run_ends_and_no_row_is_left_out(sound: int) -> None:
    shop, jobs = Shop(), JobStore(MemoryTable())
    shop.ledger.open = jobs.open  # type: ignore[method-assign] # the shipping store
    shop.ledger.all = lambda connection: list(jobs.all(connection))  # type: ignore[method-assign] # likewise
    ends = [NOON + n * timedelta(seconds=0.4) for n in range(NUMBER)]
    behind = ends[sound:]
    Random(1).shuffle(behind)
    rows = [
        {"shipmentId": n, "orderNumber": f"P{n}", "createDate": long_form(to_wall(at)), "shipmentItems": []}
        for n, at in enumerate([*ends[:sound], *behind], start=1)
    ]
    application, asked = shop.account.application, count()

    def served(request: Request) -> Response:
        query = dict(request.query)
        shop.rig.at = shop.at = shop.rig.at + timedelta(seconds=4)
        if request.path != "/shipments" or "voidDateStart" in query:
            return application(request)
        next(asked)
        start, end = (
            query.get(f"createDate{name}", last).replace(" ", "T") for name, last in (("Start", ""), ("End", "9"))
        )
        found = [row for row in rows if start <= str(row["createDate"]) and str(row["createDate"])[:19] <= end]
        size, number = int(query["pageSize"]), int(query["page"])
        return json_response(200, {"shipments": found[(number - 1) * size : number * size], "total": len(found)})

    shop.account.application = served
    sent = set(shop.later(6 * HOUR))

    def one(bodies: Sequence[Callable[[], None]]) -> None:
        bodies[0]()

    resources = JobResources(shop.intake, shop.source, jobs, shop.sleep, one, "me")
    for _ in range(12):
        sent |= set(shop.later(MINUTE))
        shop.ledger.work.clear()
        for job in [job for job in jobs.all(ACME) if job.ended_at is None]:
            work_on(job, resources, "c-1", shop.at + 4 * MINUTE)
        sent |= set(shop.ledger.sent())
    assert sent == set(range(1, NUMBER + 1))
    assert [job.ended_at is None for job in jobs.all(ACME)] == [False]
    assert shop.cursor(Stream.LABELS_CREATED).head > NOON + 5 * HOUR
    assert next(asked) < 150
