"""`make secrets`: what is given is merged into what the secret holds, and never shown."""

from __future__ import annotations

import io
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.console import check
from functions.console.aws import ConsoleError, Stack, Where
from functions.console.fill_secrets import REFUSED, main
from functions.console.operate import FAILED, WELL
from functions.errors import Permanent
from functions.model.outcomes import Reason
from functions.wiring.credentials import PLACEHOLDER
from tests.equipment.local_aws.server import ROOT

EXAMPLE = str(ROOT / "infra/connections/example.toml")
GIVEN = {
    "SHIPSTATION_API_KEY": "CanaryKey",
    "SHIPSTATION_API_SECRET": "CanarySecret",
    "IFS_CLIENT_ID": "CanaryClient",
    "IFS_CLIENT_SECRET": "CanaryClientSecret",
}
EMPTY = {
    "ShipStationSecret": {"api_key": PLACEHOLDER, "api_secret": PLACEHOLDER},
    "IfsSecret": {"client_id": PLACEHOLDER, "client_secret": PLACEHOLDER},
}
STATION = {"api_key": "CanaryKey", "api_secret": "CanarySecret"}


class FakeSecret:
    def __init__(self, values: dict[str, str]) -> None:
        self.values = values

    def read(self) -> dict[str, str]:
        return dict(self.values)

    def write(self, values: dict[str, str]) -> None:
        self.values = dict(values)


class Desk:
    """A person, or a job of CI, at the command; `stdin` is what is typed where there is a terminal."""

    def __init__(self, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.secrets = {kind: FakeSecret(values) for kind, values in EMPTY.items()}
        self._capsys, self._patch = capsys, patch
        self.connections, self.renamed, self.beside = ["example"], dict[str, str](), list[str]()
        self.said = ""

    def secret(self, connection: str, kind: str) -> FakeSecret:
        assert connection == "example"
        return self.secrets[kind]

    def give(self, **values: str) -> None:
        for name, value in values.items():
            self._patch.setenv(name, value)

    def run(self, *words: str, is_checked: bool = False) -> int:
        more = () if is_checked else ("--unchecked",)
        opened: Any = lambda _: self  # noqa: E731 # stands for the stack
        status = main([EXAMPLE, *more, *words], opened)
        out, err = self._capsys.readouterr()
        self.said += out + err
        return status

    def heard(self) -> str:
        return self._capsys.readouterr().out

    @property
    def station(self) -> dict[str, str]:
        return self.secrets["ShipStationSecret"].values


@pytest.fixture
def desk(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    for name in (*GIVEN, "SHIPSTATION_EXPIRES_ON", "IFS_EXPIRES_ON"):
        monkeypatch.delenv(name, raising=False)
    made = Desk(capsys, monkeypatch)
    yield made
    assert "Canary" not in made.said


def test_both_secrets_are_filled_from_the_environment(desk: Desk) -> None:
    desk.give(**GIVEN, SHIPSTATION_EXPIRES_ON="2027-03-31")
    assert desk.run() == WELL
    assert desk.station == {**STATION, "expires_on": "2027-03-31"}
    client = {"client_id": "CanaryClient", "client_secret": "CanaryClientSecret", "expires_on": ""}
    assert desk.secrets["IfsSecret"].values == client
    assert "shipstation: stored as the first pair, which expires on 2027-03-31." in desk.said
    assert "Next: make check" in desk.said


def test_one_vendor_alone_needs_nothing_of_the_other(desk: Desk) -> None:
    desk.give(**{name: value for name, value in GIVEN.items() if name.startswith("SHIPSTATION")})
    assert desk.run("--vendor", "shipstation") == WELL
    assert desk.secrets["IfsSecret"].values == EMPTY["IfsSecret"]


def test_without_a_terminal_what_is_missing_is_named_and_nothing_is_stored(desk: Desk) -> None:
    desk.give(**{name: value for name, value in GIVEN.items() if name != "IFS_CLIENT_SECRET"})
    with pytest.raises(SystemExit) as ended:
        desk.run()
    assert ended.value.code == FAILED
    assert {kind: secret.values for kind, secret in desk.secrets.items()} == EMPTY


def test_a_next_pair_stands_beside_the_first_and_becomes_it(desk: Desk) -> None:
    first = {"api_key": "CanaryOld", "api_secret": "CanaryOldSecret", "expires_on": "2026-12-31"}
    desk.secrets["ShipStationSecret"].values = first
    desk.give(**GIVEN, SHIPSTATION_EXPIRES_ON="2027-12-31")
    assert desk.run("--vendor", "shipstation", "--next") == WELL
    following = {"api_key": "CanaryKey", "api_secret": "CanarySecret", "expires_on": "2027-12-31"}
    assert desk.station == {**first, **{f"next_{name}": value for name, value in following.items()}}
    assert desk.run("--promote") == WELL
    assert desk.station == following
    assert desk.secrets["IfsSecret"].values == EMPTY["IfsSecret"], "which has no next pair"


def made_of(line: str) -> tuple[str, list[str]]:
    """What `make` would run of a line as it was printed: the verb, and the words of the command."""
    make, verb, *given = shlex.split(line)
    values = dict(word.split("=", 1) for word in given)
    assert make == "make"
    assert values.keys() <= {"CONNECTION", "FOLDER", "ARGS"}
    folder = values.get("FOLDER", "infra/connections")
    return verb, [values["CONNECTION"], "--folder", folder, *shlex.split(values.get("ARGS", ""))]


@pytest.mark.parametrize(
    "more", [[], ["--vendor", "shipstation"], ["--stack", "mine", "--region", "eu-west-1", "--profile", "on call"]]
)
def test_the_next_command_is_printed_as_it_has_to_be_typed(desk: Desk, tmp_path: Path, more: list[str]) -> None:
    from functions.console.fill_secrets import parser  # noqa: PLC0415 # beside what it is for

    folder = tmp_path / "my files"
    folder.mkdir()
    (folder / "example.toml").write_text(Path(EXAMPLE).read_text(encoding="utf-8"), encoding="utf-8")
    desk.give(**GIVEN)
    opened: Any = lambda _: desk  # noqa: E731 # stands for the stack
    words = ["example", "--folder", str(folder), *more]

    assert main([*words, "--next", "--unchecked"], opened) == WELL

    (line,) = [line for line in desk.heard().splitlines() if "--promote" in line]
    verb, typed = made_of(line[line.index("make ") :])
    assert (verb, parser().parse_args(typed)) == ("secrets", parser().parse_args([*words, "--promote"]))


def test_the_check_that_comes_next_is_printed_as_it_has_to_be_typed(desk: Desk) -> None:
    desk.give(**GIVEN)
    assert desk.run("--folder", "~/connections") == WELL
    (line,) = [line for line in desk.said.splitlines() if line.startswith("Next: ")]
    assert made_of(line.removeprefix("Next: ")) == ("check", [EXAMPLE, "--folder", "~/connections"])


def test_a_first_pair_that_is_replaced_leaves_the_next_one_where_it_is(desk: Desk) -> None:
    desk.secrets["ShipStationSecret"].values = {"api_key": "CanaryOld", "next_api_key": "CanaryNext"}
    desk.give(**GIVEN)
    assert desk.run() == WELL
    assert desk.station == {**STATION, "next_api_key": "CanaryNext", "expires_on": ""}


def test_there_is_nothing_to_promote(desk: Desk) -> None:
    assert desk.run("--promote") == FAILED
    assert "No next pair stands in the secrets" in desk.said


def test_the_first_pair_is_not_stored_as_its_own_next_one(desk: Desk) -> None:
    desk.secrets["ShipStationSecret"].values = dict(STATION)
    desk.give(**GIVEN)
    assert desk.run("--vendor", "shipstation", "--next") == REFUSED
    assert desk.station == STATION


@pytest.mark.parametrize("day", ["31.3.2027", "2027-13-01", "next year"])
def test_what_is_no_day_is_told_before_anything_is_stored(desk: Desk, day: str) -> None:
    desk.give(**GIVEN, IFS_EXPIRES_ON=day)
    assert desk.run() == FAILED
    assert "IFS_EXPIRES_ON: write a day such as 2027-03-31" in desk.said
    assert desk.station == EMPTY["ShipStationSecret"]


@pytest.mark.parametrize(
    ("refused", "stored"),
    [("shipstation", {"IfsSecret"}), ("ifs", {"ShipStationSecret"})],
    ids=["the key", "the client"],
)
def test_what_a_vendor_refuses_is_not_stored_and_the_other_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, refused: str, stored: set[str]
) -> None:
    reasons = {"shipstation": Reason.SHIPSTATION_CREDENTIALS, "ifs": Reason.IFS_CREDENTIALS}
    asked = {"shipstation": "shipstation.reading.sample.AccountSample.ask", "ifs": "ifs.survey.Survey.skew_seconds"}

    def refuse(_: object) -> None:
        raise Permanent(reasons[refused], "GET /list: 401", stage="token")

    for vendor, method in asked.items():
        monkeypatch.setattr(f"functions.{method}", refuse if vendor == refused else lambda _: None)
    monkeypatch.setattr("functions.shipstation.reading.sample.AccountSample.accepts_key", lambda _: False)
    desk.give(**GIVEN)
    assert desk.run(is_checked=True) == REFUSED
    assert {kind for kind, secret in desk.secrets.items() if secret.values != EMPTY[kind]} == stored
    assert f"{refused}: nothing was stored." in desk.said
    assert "MISFIT" in desk.said


def test_a_placeholder_is_no_key(desk: Desk) -> None:
    desk.give(**{**GIVEN, "SHIPSTATION_API_KEY": PLACEHOLDER})
    assert desk.run("--vendor", "shipstation", is_checked=True) == REFUSED
    assert desk.station == EMPTY["ShipStationSecret"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "Name the connection: make secrets CONNECTION=acme FOLDER=~/connections"),
        (["nowhere"], "there is no such file"),
        (["example", "--next", "--promote"], "not allowed with argument"),
        (["example", "--vendor", "fedex"], "invalid choice"),
    ],
    ids=["no connection", "unknown", "both", "no vendor"],
)
def test_what_is_asked_wrongly_is_told_in_a_sentence(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--folder", str(Path(EXAMPLE).parent)]) == FAILED
    assert told in capsys.readouterr().err


def test_a_v2_key_is_asked_for_without_a_secret(tmp_path: Path, desk: Desk) -> None:
    text = (
        Path(EXAMPLE)
        .read_text(encoding="utf-8")
        .replace("[shipstation.order", '[shipstation]\napi = "v2"\n[shipstation.order', 1)
    )
    (tmp_path / "example.toml").write_text(text, encoding="utf-8")
    desk.give(SHIPSTATION_API_KEY="CanaryKey")
    opened: Any = lambda _: desk  # noqa: E731 # stands for the stack
    words = [str(tmp_path / "example.toml"), "--vendor", "shipstation", "--unchecked"]
    assert main(words, opened) == WELL
    assert desk.station["api_key"] == "CanaryKey"


def test_the_secret_of_a_connection_is_found_by_its_output() -> None:
    """Outputs lose the hyphens of a name; CDK's hash of the path tells two such connections apart."""
    stack = Stack(Where())
    stack.__dict__["outputs"] = {
        "LinkacmeeuShipStationSecret0B21B196": "arn:acmeeu",
        "LinkacmeeuShipStationSecret5A0EDF76": "arn:acme-eu",
        "LinkacmeIfsSecret0A1B2C3D": "arn:of another path",
    }
    stack.__dict__["client"] = lambda _: None
    assert stack.secret("acmeeu", "ShipStationSecret").arn == "arn:acmeeu"
    assert stack.secret("acme-eu", "ShipStationSecret").arn == "arn:acme-eu"
    for connection in ("other", "acme"):
        with pytest.raises(ConsoleError, match=f"names no IfsSecret of {connection}"):
            stack.secret(connection, "IfsSecret")


def test_no_option_takes_a_credential() -> None:
    from functions.console.fill_secrets import parser  # noqa: PLC0415 # beside what it is for

    helped = parser().format_help()
    assert not [name for names in check.SECRETS.values() for name in names if f"--{name}" in helped]
