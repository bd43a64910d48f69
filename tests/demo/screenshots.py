"""Takes the pictures that the documents show: `make screenshots`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rich.console import Console

from tests.demo.steps import Steps
from tests.equipment.browser import Browser, installed
from tests.equipment.dashboard import Dashboard
from tests.equipment.folders import temporary_folder
from tests.equipment.http import Server
from tests.equipment.local_aws.server import ROOT
from tests.equipment.pace import eventually
from tests.equipment.system import System, started

PICTURES = ROOT / "docs" / "pictures"
CARRIERS = {"P1001": "ups", "P1002": "ontrac", "P1003": "ups", "P1004": "fedex", "P1005": "ups", "P1006": "ontrac"}
LATE, ALIKE, TYPED, TOLD = "P1003", "P1004", "P1005", "P1002"
WIDTH, HEIGHT = 1160, 640
BOX = "document.querySelector('#widget-{} > div')"


def sell(system: System) -> None:
    """Something of everything: as it should be, unmapped, late in IFS, two to choose from, typed by a colleague."""
    for number, carrier in CARRIERS.items():
        if number != LATE:
            system.tenant.add_order(number)
            typed = {"ProNo": "asked the carrier"} if number == TYPED else {}
            for _ in range(2 if number == ALIKE else 1):
                system.tenant.add_shipment([(number, "BOLT-8", 1)], **typed)
        order = system.account.add_order(number, items=[{"sku": "BOLT-8", "quantity": 1}])
        system.account.ship(order, carrier_code=carrier, tracking_number=f"1Z999AA1{number[1:]}", is_silent=True)
    system.tick("Poll")
    eventually(lambda: len(system.states()) == len(CARRIERS))


def take(browser: Browser, url: str, theme: str) -> None:
    browser.open(f"{url}/?theme={theme}")
    picture(browser, 1, f"attention-{theme}", "What waits in demo")
    field = f"{BOX.format(2)}.querySelector('[name=\\'search.order\\']')"
    browser.until(f"{field} !== null")
    browser.run(f"{field}.value = {json.dumps(TOLD)}")
    browser.run(f"[...{BOX.format(2)}.querySelectorAll('a')].find((a) => a.textContent === 'find').click()")
    picture(browser, 2, f"order-{theme}", f"Order {TOLD}")


def picture(browser: Browser, widget: int, name: str, text: str) -> None:
    """Of one widget, as wide as the page."""
    browser.until(f"{BOX.format(widget)}.innerText.includes({json.dumps(text)})")
    section = f"document.querySelector('#widget-{widget}')"
    browser.run(f"{section}.style.gridColumn = 'span 24'")
    place = browser.run(f"(({{x, y, width, height}}) => ({{x, y, width, height}}))({section}.getBoundingClientRect())")
    (PICTURES / f"{name}.png").write_bytes(browser.picture({**place, "height": min(place["height"], HEIGHT)}))


def main() -> None:
    program = installed()
    if program is None:
        sys.exit("No Chromium on this machine (Debian: apt-get install chromium).")
    PICTURES.mkdir(exist_ok=True)
    with Steps(Console()) as say, temporary_folder() as folder, started(folder, progress=say) as system:
        say("Shipping orders")
        sell(system)
        say("Taking the pictures")
        with Server(Dashboard(system.aws, system.stack)) as server, Browser(program, folder / "profile") as browser:
            browser.size(WIDTH, 1000)
            for theme in ("light", "dark"):
                take(browser, server.url, theme)
    for path in sorted(Path(PICTURES).glob("*.png")):
        sys.stdout.write(f"{path.relative_to(ROOT)} {path.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
