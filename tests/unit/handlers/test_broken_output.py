"""Log lines and metrics cannot be written: the standard output is a pipe that nobody reads, a full disk, or closed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest

from functions.wiring.telemetry import logger
from tests.equipment.quiet_connection import quiet_world, schedule
from tests.equipment.world import AUDIT, LEDGER, World


class Broken(StringIO):
    """Raises at every `nth` text that it is given."""

    def __init__(self, fault: Callable[[], Exception], nth: int) -> None:
        super().__init__()
        self._fault, self._nth, self.written = fault, nth, 0

    def write(self, text: str, /) -> int:
        self.written += 1
        if self.written % self._nth == 0:
            raise self._fault()
        return len(text)


def lived(output: StringIO) -> tuple[World, dict[str, Any]]:
    """An afternoon of labels, a void, an unmapped carrier and an outage of IFS; and what is to be seen afterwards."""
    world, site = quiet_world()
    records, labels = [], []

    def sell(number: int) -> None:
        records.append(site.tenant.add_shipment([(f"P{number}", "BOLT", 1)]))
        order = site.account.add_order(f"P{number}", items=[{"sku": "BOLT", "quantity": 1}])
        labels.append(site.account.ship(order, carrier_code="ontrac" if number == 3 else "stamps_com"))

    for number in range(12):
        world.clockwork.after(number * 400, lambda number=number: sell(number))  # type: ignore[misc] # the loop's
    world.clockwork.after(1000, lambda: site.tenant.go_dark(600))
    world.clockwork.after(5000, lambda: site.account.void(labels[0]))
    schedule(world, world.now() + timedelta(hours=4), "poll", "release")
    logger.handlers[0].setStream(output)  # type: ignore[attr-defined] # Powertools logs to a stream
    with redirect_stdout(output), redirect_stderr(output):
        world.clockwork.run(world.now() + timedelta(hours=5))
    shown = {record: site.tenant.shipment(record)["ProNo"] for record in records}
    writes = [(write.at, write.key, str(write.changes)) for write in site.tenant.writes if write.by == "api"]
    tables = {name: [dict(item) for item in world.tables[name].scan(prefix="")] for name in (LEDGER, AUDIT)}
    return world, {"shown": shown, "writes": writes, **tables}


@pytest.mark.parametrize("nth", [1, 2, 7], ids=["always", "every other", "now and then"])
@pytest.mark.parametrize(
    "fault",
    [BrokenPipeError, lambda: OSError(28, "No space left on device"), lambda: ValueError("I/O on closed file")],
    ids=["a pipe", "a full disk", "closed"],
)
def test_what_is_done_is_the_same_as_with_an_output_that_works(fault: Callable[[], Exception], nth: int) -> None:
    output = Broken(fault, nth)
    world, done = lived(output)
    _, twin = lived(StringIO())
    assert output.written
    assert done == twin
    assert world.met["dead letter"] == 0
