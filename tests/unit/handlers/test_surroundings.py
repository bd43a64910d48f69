"""What stands around the connector is wrong: clocks, certificates, the level of the log."""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from functions.errors import Retryable
from functions.model.outcomes import Reason
from functions.shipstation.client import ShipStationClient
from functions.wiring.aws import AwsRuntime
from tests.equipment.account_fixture import Rig
from tests.equipment.quiet_connection import quiet_world, run, schedule
from tests.equipment.world import CANARY, Site, World

MINUTE = timedelta(minutes=1)
NOVEMBER = datetime(2026, 11, 1, 9, tzinfo=UTC)  # when clocks are set back


def sell(site: Site, number: int, *, at: datetime | None = None) -> int:
    record = site.tenant.add_shipment([(f"P{number}", "BOLT", 1)])
    order = site.account.add_order(f"P{number}", items=[{"sku": "BOLT", "quantity": 1}])
    site.account.ship(order, at=at, is_silent=True)
    return record


def numbers(world: World, site: Site, records: list[int]) -> list[str | None]:
    assert world.met["dead letter"] == 0
    return [site.tenant.shipment(record)["ProNo"] for record in records]


@pytest.mark.parametrize("minutes", [-5, 5])
def test_a_clock_that_is_minutes_off_loses_and_doubles_nothing(minutes: int) -> None:
    world, site = quiet_world()
    for function in world.functions.values():
        environment = function._new()  # noqa: SLF001 # an environment of the wrong time
        environment.skew = minutes * MINUTE
        function.idle.append(environment)
    records: list[int] = []
    for number in range(20):
        world.clockwork.after(number * 60, lambda number=number: records.append(sell(site, number)))  # type: ignore[misc] # a default argument binds the number
    schedule(world, world.now() + timedelta(hours=2), "poll", "release")
    run(world, world.now() + timedelta(hours=3))
    assert None not in numbers(world, site, records)
    assert sum(write.by == "api" for write in site.tenant.writes) == len(records) == 20
    assert site.account.limiter.refused == 0


def test_a_server_that_turns_its_clock_late_loses_no_label() -> None:
    world, site = quiet_world(NOVEMBER - timedelta(hours=2))
    site.account._flip_late = timedelta(seconds=90)  # noqa: SLF001 # the account's own habit
    records: list[int] = []
    for number in range(60):
        at = NOVEMBER + timedelta(seconds=10 * number - 300)
        world.clockwork.at(at, lambda number=number: records.append(sell(site, number)))  # type: ignore[misc] # as above
    schedule(world, NOVEMBER + timedelta(hours=3), "poll", "release")
    run(world, NOVEMBER + timedelta(hours=4))
    assert len(records) == 60
    assert None not in numbers(world, site, records)


def test_a_log_of_every_level_holds_no_secret_and_no_name(caplog: pytest.LogCaptureFixture) -> None:
    world, site = quiet_world()
    with caplog.at_level(logging.DEBUG):
        for name in list(logging.root.manager.loggerDict):
            caplog.set_level(logging.DEBUG, name)
        record = sell(site, 1)
        order = site.account.orders.current[max(site.account.orders.current)]
        schedule(world, world.now() + 20 * MINUTE, "poll", "release")
        run(world, world.now() + timedelta(hours=1))
    written = world.logs.getvalue() + caplog.text
    assert site.tenant.shipment(record)["ProNo"]
    assert "order_delivered" in written
    for word in (CANARY, str(order.ship_to["name"]), str(order.ship_to["street1"])):
        assert word not in written


@pytest.fixture
def impostor(tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """An address whose certificate nobody vouches for, and the requests that it was sent."""
    heard: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_response(200)
            self.end_headers()

    server = HTTPServer(("127.0.0.1", 0), Listener)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(tmp_path))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}", heard
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_server_with_an_unknown_certificate_gets_no_request(impostor: tuple[str, list[str]]) -> None:
    address, heard = impostor
    rig = Rig()
    client = ShipStationClient(
        AwsRuntime().session(),
        base_url=address,
        keys=rig,
        governor=rig.governor(),
        timeout_seconds=30,
        monotonic=time.monotonic,
        sleep=lambda _: None,
        jitter=lambda: 0.0,
    )
    with pytest.raises(Retryable) as caught:
        client.get("/shipments", {}, "poll")
    assert caught.value.reason is Reason.SHIPSTATION_UNAVAILABLE
    assert heard == []


def _certificate(folder: Path) -> Path:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(alternative, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "impostor.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path
