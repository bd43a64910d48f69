"""`make check` as an integrator runs it: a process of its own, both vendors over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from functions.console import check
from tests.equipment.http import Server
from tests.equipment.ifs.tenant import Tenant
from tests.equipment.local_aws.server import ROOT
from tests.equipment.shipstation.account import Account
from tests.equipment.system import CONNECTION, utc_now

pytestmark = pytest.mark.integration

CREDENTIALS = {
    "SHIPSTATION_API_KEY": "key",
    "SHIPSTATION_API_SECRET": "planted-station",
    "IFS_CLIENT_ID": "client",
    "IFS_CLIENT_SECRET": "planted-tenant",
}


@pytest.fixture
def tenant() -> Tenant:
    tenant = Tenant(utc_now, Random(2), clients={"client": "planted-tenant"})
    tenant.add_order("P1001")
    tenant.add_shipment([("P1001", "BOLT", 1)])
    return tenant


@pytest.fixture
def file(tmp_path: Path, tenant: Tenant) -> Iterator[Path]:
    account = Account(utc_now, Random(1), keys={"key": "planted-station"})
    at = utc_now() - timedelta(hours=1)
    account.store_names = {100_003: "Left out"}
    order = account.add_order("P1001", items=[{"sku": "BOLT", "quantity": 1}], at=at)
    account.ship(order, at=at, is_silent=True)
    with Server(account.application) as station, Server(tenant.application) as ifs:
        path = tmp_path / "acme.toml"
        text = CONNECTION.format(
            go_live_at="2026-01-01T00:00:00Z", shipstation=station.url, ifs=ifs.url, jwks=f"{station.url}/jwks"
        )
        path.write_text(text, encoding="utf-8")
        yield path


def run(file: Path, **credentials: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "functions.console.check", str(file), "--out", str(file.parent)]
    environment = {"PATH": os.environ["PATH"], **CREDENTIALS, **credentials}
    return subprocess.run(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def test_systems_that_fit_end_with_status_zero_and_a_report_in_both_forms(file: Path, tenant: Tenant) -> None:
    done = run(file)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("acme fits")
    report = json.loads((file.parent / "fit-acme.json").read_text(encoding="utf-8"))
    assert [store["one"] for store in report["stores"]] == [1]
    assert tenant.writes == []


def test_a_folder_may_begin_with_a_tilde_and_hold_a_space(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = file.parent / "my files"
    folder.mkdir()
    file.rename(folder / file.name)
    monkeypatch.setattr(sys, "argv", ["check", "acme", "--folder", "~/my files", "--out", str(file.parent)])
    for name, value in {**CREDENTIALS, "HOME": str(file.parent)}.items():
        monkeypatch.setenv(name, value)
    assert check.main() == 0


def test_a_misspelt_field_ends_with_status_one_and_the_nearest_name(file: Path) -> None:
    with file.open("a", encoding="utf-8") as end:
        end.write('\n[[ifs.targets]]\nprofile = "shipment_header"\ntracking = {attribute = "ProNoo"}\n')
    done = run(file)
    assert done.returncode == 1
    assert "ProNoo is no attribute of ShipmentSet in ShipmentHandling." in done.stdout
    assert "Nearest: ProNo." in done.stdout


def test_a_wrong_secret_is_told_and_never_shown(file: Path) -> None:
    done = run(file, IFS_CLIENT_SECRET="planted-wrong")  # no secret
    assert done.returncode == 1
    assert "IFS refuses the client id, the secret or t" in done.stdout
    assert "planted" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "said"), [("acme.toml", "IFS_CLIENT_ID is not set"), ("none.toml", "none.toml")], ids=["key", "file"]
)
def test_a_check_that_cannot_begin_ends_with_status_two(file: Path, name: str, said: str) -> None:
    done = run(file.with_name(name), IFS_CLIENT_ID="")
    assert done.returncode == 2
    assert said in done.stderr


def test_a_name_that_is_misspelt_is_told_with_the_nearest_file(file: Path) -> None:
    done = run(file.with_name("acmee.toml"))
    assert done.returncode == 2
    assert done.stderr.endswith("acmee.toml: there is no such file; did you mean acme?\n")


@pytest.mark.parametrize("name", ["acme", "acme.toml"])
def test_a_name_alone_is_looked_for_in_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "acme.toml").write_text("", encoding="utf-8")
    assert told(name, tmp_path) == "acme.toml: holds no key; docs/examples has files to begin with\n"
    assert told(f"{tmp_path}/{name}", Path("/nowhere")) == told(name, tmp_path)


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    assert told("acme", tmp_path / "none") == f"{tmp_path}/none: there is no such folder\n"
    assert told("acme", tmp_path) == f"{tmp_path}: holds no connection file (*.toml)\n"
    (file := tmp_path / "acme.toml").write_text("", encoding="utf-8")
    assert told("acme", file) == f"{file}: is a file; name the folder that it stands in\n"


def test_who_names_no_connection_is_shown_how() -> None:
    assert told("", Path("infra/connections")) == (
        "Name the connection: make check CONNECTION=acme FOLDER=~/connections\n"
    )


def told(name: str, folder: Path) -> str:
    """The one sentence of a check that cannot begin."""
    command = [sys.executable, "-m", "functions.console.check", name, "--folder", str(folder)]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr


def test_another_file_that_keeps_the_folder_from_being_deployed_is_told(file: Path) -> None:
    file.with_name("copy.toml").write_text('name = "acme"\n', encoding="utf-8")
    done = run(file)
    assert done.returncode == 0
    assert "copy.toml: name: is that of acme.toml, and every connection has one file" in done.stderr


def test_a_file_that_is_wrong_is_told_before_anything_is_asked(file: Path, tenant: Tenant) -> None:
    file.write_text(file.read_text(encoding="utf-8").replace('"write"', '"live"'), encoding="utf-8")
    done = run(file)
    assert (done.returncode, tenant.requests) == (2, [])
    assert done.stderr == 'acme.toml: mode: is one of "off", "shadow" or "write"; did you mean "write"?\n'
