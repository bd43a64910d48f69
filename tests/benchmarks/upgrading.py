"""What an upgrade and a roll-back lose or double while shipments are on their way: the real stack in the local AWS, as
an earlier commit and this one have it.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.version import version
from tests.benchmarks.row import Row
from tests.equipment.local_aws.deploy import redeploy
from tests.equipment.local_aws.operate import set_visibility_timeouts
from tests.equipment.local_aws.server import ROOT
from tests.equipment.local_aws.synth import synthesising
from tests.equipment.pace import Patience, eventually, slowness
from tests.equipment.system import System, context_of, started

SHIPMENTS = 500
LONGEST_SECONDS = 300
COMMITS = 50  # back, as long as there is no release
SHIPS = ("app.py", "cdk.json", "functions", "infra", "pyproject.toml")
ITEMS = [{"sku": "BOLT-8", "quantity": 1}]


def upgrade() -> Iterable[Row]:
    """The earlier version, this one, the earlier one and this one again, each deployed while shipments are on their
    way.
    """
    commit = _earlier_commit()
    if commit is None:
        print(f"upgrade: nothing is measured, this checkout holds neither a release nor {COMMITS} commits")
        return
    with TemporaryDirectory() as temporary, ExitStack() as stack:
        earlier = _unpacked(commit, Path(temporary) / "earlier")
        system = stack.enter_context(started(Path(temporary) / "system", root=earlier))
        context = context_of(system.connection_file)
        builds = {
            root: stack.enter_context(
                synthesising(context, Path(temporary) / f"{name}.out", app=root / "app.py", root=root)
            )
            for name, root in (("this", ROOT), ("earlier", earlier))
        }
        assemblies = {root: build() for root, build in builds.items()}
        flight = _Flight(system)
        for root in (ROOT, earlier, ROOT):
            flight.begin(SHIPMENTS // 4)
            system.stack = redeploy(system.aws, assemblies[root], system.stack)
            status = system.invoke("Inspect", {"show": "status"})
            assert status.get("version") == version(root), f"{root} is deployed, and answers {status}"
        flight.begin(SHIPMENTS // 4)
        flight.end()
        lost, doubled = flight.lost(), flight.doubled()
    waiting = ", ".join(map(str, flight.meanwhile))
    unit = f"of {SHIPMENTS} shipments, from {commit} to this version, back and on, while {waiting} are on their way"
    yield Row("upgrade_lost", lost, f"lost or waiting for a person {unit}", 0, 0, SHIPMENTS)
    yield Row("upgrade_doubled", doubled, f"written twice {unit}", 0, 0, SHIPMENTS)


@dataclass
class _Flight:
    """`meanwhile`: how many labels were not in IFS yet whenever the next version was deployed."""

    system: System
    numbers: dict[str, int] = field(default_factory=dict)
    tracking: dict[str, str] = field(default_factory=dict)
    meanwhile: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.system.subscribe()
        set_visibility_timeouts(self.system.aws, self.system.stack, round(5 * slowness()))

    def begin(self, count: int) -> None:
        """Buys so many labels more, and comes back once the first of them stands in IFS."""
        system, before = self.system, len(self._writes())
        orders = [f"U{len(self.numbers) + each}" for each in range(count)]
        for order in orders:
            system.tenant.add_order(order)
            self.numbers[order] = system.tenant.add_shipment([(order, "BOLT-8", 1)])
        sold = system.account.import_orders([{"orderNumber": order, "items": ITEMS} for order in orders])
        labels = system.account.ship_batch([{"order_id": order, "carrier_code": "ups"} for order in sold])
        current = system.account.shipments.current
        self.tracking |= {
            order: str(current[label].tracking_number) for order, label in zip(orders, labels, strict=True)
        }
        eventually(lambda: len(self._writes()) > before)
        self.meanwhile.append(len(self.numbers) - len(self._written()))

    def end(self) -> None:
        """What is not written by then counts as lost: work that a killed run held comes back within minutes."""
        patience = Patience(LONGEST_SECONDS)
        while not self._is_done() and not patience.is_over():
            time.sleep(1)

    def lost(self) -> int:
        shown = {order: self.system.tenant.shipment(number)["ProNo"] for order, number in self.numbers.items()}
        states = self.system.states()
        calls = {order for order in self.numbers if order not in states or states[order].attention}
        return len({order for order in shown if shown[order] != self.tracking[order]} | calls)

    def doubled(self) -> int:
        return sum(times > 1 for times in Counter(self._writes()).values())

    def _is_done(self) -> bool:
        self.system.tick("Poll")
        self.system.tick("Release")
        return len(self._written()) == len(self.numbers)

    def _writes(self) -> list[object]:
        return [write.key for write in self.system.tenant.writes if write.by == "api"]

    def _written(self) -> set[object]:
        return set(self._writes())


def _earlier_commit() -> str | None:
    """The last release, or what stood here some time ago; None where the history is missing."""
    last = ["git", "describe", "--tags", "--abbrev=0", "HEAD^"]
    back = ["git", "rev-parse", "--short=12", "--verify", "--quiet", f"HEAD~{COMMITS}"]
    for command in (last, back):
        found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if found.returncode == 0:
            return found.stdout.strip()
    return None


def _unpacked(commit: str, folder: Path) -> Path:
    """What is deployed of it, which installs its packages where this checkout has them."""
    command = ["git", "archive", commit, *SHIPS]
    archive = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    (folder / "build").symlink_to(ROOT / "build")
    return folder
