"""What a visitor does to the demonstration that was left running: `python -m tests.demo.live ship`.

Vendors are told over HTTP, the connector is asked as an operator asks it. The schedules' work is done at once.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import requests
from rich.console import Console

from functions.model.state import OrderState
from tests.demo import report
from tests.demo.steps import Steps
from tests.equipment.folders import temporary_folder
from tests.equipment.local_aws.deploy import DeployError, Stack, UnchangedError, redeploy
from tests.equipment.local_aws.server import ROOT, AwsEndpoint
from tests.equipment.local_aws.synth import SynthError, synthesise
from tests.equipment.system import NAME, Deployed, System, context_of

WHO = {"by": "visitor", "note": "a look"}

RUNNING = ROOT / "build" / "demo.json"
FIRST = 2001
PATIENCE_SECONDS, OUTAGE_SECONDS = 240, 60
UNMAPPED = "ontrac"


@contextmanager
def announced(system: System, path: Path = RUNNING) -> Iterator[None]:
    """Where the commands of another terminal find what is running."""
    path.parent.mkdir(exist_ok=True)
    places = {"account_url": system.account_url, "tenant_url": system.tenant_url, "webhook_url": system.webhook_url}
    found = {**places, "aws": system.aws.endpoint_url, "connection_file": str(system.connection_file)}
    more = {"stack": asdict(system.stack), "connections": system.connections}
    path.write_text(json.dumps({**found, **more}), encoding="utf-8")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def running(path: Path = RUNNING) -> Deployed:
    """Ends the program where nothing runs."""
    if not path.exists():
        sys.exit("Nothing is running: start it with make demo KEEP=1 in another terminal.")
    found = json.loads(path.read_text(encoding="utf-8"))
    stack = Stack(**found.pop("stack"))
    aws, file = AwsEndpoint(found.pop("aws")), Path(found.pop("connection_file"))
    return Deployed(aws=aws, stack=stack, connection_file=file, **found)


class Visit:
    def __init__(self, system: Deployed, say: Steps, console: Console) -> None:
        self._system, self._say, self._console = system, say, console

    def ship(self, _: str) -> None:
        self._shipped("ups")

    def deliver(self, order_no: str) -> None:
        shipment = self._shipment_of(order_no)
        earlier = (datetime.now(UTC) - timedelta(days=2)).isoformat()  # in whichever zone a day is told
        self._say(f"IFS delivers {order_no} with an earlier date; waiting for the label's date")
        self._tell(self._system.tenant_url, "deliver", shipment_id=shipment, at=earlier)
        stamped = self._shipment(shipment)["ActualShipDate"]
        self._until(lambda: self._shipment(shipment)["ActualShipDate"] != stamped)
        self._show(order_no, shipment)

    def unmapped(self, _: str) -> None:
        order_no, shipment = self._shipped(UNMAPPED)
        if not self._shipment(shipment)["ForwardAgentId"]:
            self._print(f"{UNMAPPED} is not in the map: the tracking number is there, the forwarder is not.")
            mapping = f"map {UNMAPPED} UPS --connection {NAME} --note new"
            self._print(f"  {report.OPERATE} order {order_no}\n  {report.OPERATE} {mapping}")

    def outage(self, seconds: str) -> None:
        length = float(seconds or OUTAGE_SECONDS)
        self._tell(self._system.tenant_url, "go_dark", seconds=length)
        self._say(f"IFS answers nothing for {length:.0f} s")
        self._shipped("ups")

    def apply(self, order_no: str) -> None:
        self._known(order_no)
        answer = self._planned(order_no)
        if not isinstance(answer.get("next"), dict):
            self._print(f"{order_no}: nothing to change. What the connection file says now comes with redeploy.")
            return
        self._say("Carrying out what the dry run planned; waiting until nothing is left to do")
        self._system.invoke("Replay", {**answer["next"], **WHO})
        self._until(lambda: not self._planned(order_no)["would_change"])
        self._show(order_no, self._shipment_of(order_no))

    def _known(self, order_no: str) -> OrderState:
        self._say.pause()
        states = self._system.states()
        if order_no not in states:
            sys.exit(f"{order_no or 'No order'}: the ledger knows no such order; it knows D1001 and others.")
        return states[order_no]

    def redeploy(self, _: str) -> None:
        self._say("Bundling the connection file as it stands, synthesising the stack")
        with temporary_folder() as folder:
            try:
                assembly = synthesise(context_of(self._system.connection_file), folder / "cdk.out")
                self._say("Updating the stack")
                redeploy(self._system.aws, assembly, self._system.stack)
            except (SynthError, DeployError) as error:
                self._say.pause()
                sys.exit(str(error))
            except UnchangedError:
                self._say("Nothing to change: the connection file is the one that is deployed")
            else:
                self._say("Deployed")

    def _planned(self, order_no: str) -> dict[str, Any]:
        request = {"connection": NAME, "select": {"orders": [order_no]}, **WHO}
        answer: dict[str, Any] = self._system.invoke("Replay", request)
        return answer

    def _shipped(self, carrier: str) -> tuple[str, int]:
        order_no, shipment = self._sold(carrier)
        self._say(f"Waiting for the tracking number of {order_no} in IFS")
        self._until(lambda: self._shipment(shipment)["ProNo"])
        self._show(order_no, shipment)
        return order_no, shipment

    def _sold(self, carrier: str) -> tuple[str, int]:
        """A new order in both systems and its label, which ShipStation announces."""
        order_no = self._next_order()
        self._say(f"{order_no} is sold, picked and labelled by {carrier}")
        tenant, account = self._system.tenant_url, self._system.account_url
        self._tell(tenant, "add_order", order_no=order_no)
        shipment = self._tell(tenant, "add_shipment", lines=[[order_no, "BOLT-8", 1]])
        order = self._tell(account, "add_order", order_number=order_no, items=[{"sku": "BOLT-8", "quantity": 1}])
        self._tell(account, "ship", order_id=order, carrier_code=carrier)
        return order_no, int(shipment)

    def _next_order(self) -> str:
        taken = self._tell(self._system.tenant_url, "order_numbers")
        return next(number for number in (f"D{each}" for each in count(FIRST)) if number not in taken)

    def _shipment_of(self, order_no: str) -> int:
        found = self._tell(self._system.tenant_url, "shipments_of", order_no=order_no)
        if not found:
            sys.exit(f"{order_no or 'No order'}: IFS has no shipment of it; ship one first.")
        return int(found[0])

    def _shipment(self, shipment: int) -> dict[str, Any]:
        values: dict[str, Any] = self._tell(self._system.tenant_url, "shipment", shipment_id=shipment)
        return values

    def _tell(self, url: str, control: str, **arguments: Any) -> Any:
        answer = requests.post(f"{url}/_control/{control}", json=arguments, timeout=30)
        answer.raise_for_status()
        return answer.json()["result"]

    def _until(self, holds: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            if time.monotonic() > end:
                self._say.pause()
                sys.exit("It did not happen in four minutes; the logs are where make demo KEEP=1 says.")
            for function in ("Poll", "Release"):
                self._system.tick(function)
            time.sleep(0.5)

    def _show(self, order_no: str, shipment: int) -> None:
        self._say.pause()
        values = self._shipment(shipment)
        day = (values["ActualShipDate"] or "")[:10]
        held = f"{values['ForwardAgentId'] or '-'} | {values['ProNo'] or '-'} | {day or '-'}"
        self._print(f"{order_no}, IFS shipment {shipment}, holds: {held}")

    def _print(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)


COMMANDS: dict[str, Callable[[Visit, str], None]] = {
    "ship": Visit.ship,
    "deliver": Visit.deliver,
    "unmapped": Visit.unmapped,
    "outage": Visit.outage,
    "apply": Visit.apply,
    "redeploy": Visit.redeploy,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("what", nargs="?", default="", help="an order number; for outage its seconds")
    parser.add_argument("--running", type=Path, default=RUNNING, help="where make demo KEEP=1 says what is running")
    arguments = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else report.WIDE)
    system = running(arguments.running)
    with Steps(console) as say:
        COMMANDS[arguments.command](Visit(system, say, console), arguments.what)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("")
    except requests.ConnectionError:
        sys.exit("Nothing answers: start it with make demo KEEP=1 in another terminal.")
