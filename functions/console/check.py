"""The fit check on a laptop, before anything is deployed: the Lambda's own code, credentials from the environment.

Reads only. Exit status 0 if nothing is a misfit, 1 if something is, 2 if the check could not begin.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from getpass import getpass
from pathlib import Path

from functions.connections.connection import Connection
from functions.connections.file import ConnectionFileError, load, load_all
from functions.connections.toml_text import UnreadableError, content_of
from functions.flows.preflight.report_text import as_text
from functions.model.budget import BudgetState
from functions.model.fit import FitReport
from functions.model.key_expiry import VENDORS, Vendor
from functions.model.shipment import ConnectionName
from functions.settings import CheckSettings
from functions.wiring.aws import AwsRuntime
from functions.wiring.check_parts import CheckRequest, examine
from functions.wiring.ifs_tenant import PARTS as IFS_PARTS
from functions.wiring.shipstation_account import PARTS

SECRETS = {
    "shipstation": {"api_key": "SHIPSTATION_API_KEY", "api_secret": "SHIPSTATION_API_SECRET"},
    "ifs": {"client_id": "IFS_CLIENT_ID", "client_secret": "IFS_CLIENT_SECRET"},
}


class Credentials:
    """Stands where Secrets Manager stands in AWS: by vendor what is to be shown."""

    def __init__(self, values: Mapping[str, dict[str, str]]) -> None:
        self._values = values

    def __call__(self, arn: str) -> dict[str, str]:
        return self._values[arn]

    def forget(self, arn: str) -> None:
        """A refused credential is not asked for again: the report says so."""


class Budgets:
    """One process needs no ledger to keep below the limit."""

    def __init__(self) -> None:
        self._states: dict[str, BudgetState] = {}

    def load(self, key_id: str) -> BudgetState | None:
        return self._states.get(key_id)

    def store(self, key_id: str, new: BudgetState, seen: BudgetState | None) -> bool:  # noqa: ARG002 # the Protocol's
        self._states[key_id] = new
        return True


class Laptop(AwsRuntime):
    def __init__(self, connection: Connection, folder: Path, values: Mapping[str, dict[str, str]]) -> None:
        self.connections = {connection.name: connection}
        self.secrets = Credentials(values)  # type: ignore[assignment] # the Protocol's other shape
        self.connections_folder = folder


def check(connection: Connection, folder: Path) -> FitReport:
    values: dict[str, dict[str, str]] = {vendor: asked_for(connection, vendor) for vendor in VENDORS}
    request = CheckRequest(connection=ConnectionName(connection.name))
    laptop = Laptop(connection, folder, values)
    return examine(laptop, settings_of(connection), request, budgets=Budgets(), run_id="laptop")


def settings_of(connection: Connection) -> CheckSettings:
    """On a laptop a secret is named after its vendor."""
    return CheckSettings(
        ledger_table="",
        audit_table="",
        shipments={},
        shipstation_secrets={connection.name: "shipstation"},
        ifs_secrets={connection.name: "ifs"},
    )


def asked_for(connection: Connection, vendor: Vendor) -> dict[str, str]:
    """From the environment, or at the terminal, which does not show it. Raises SystemExit."""
    return {field: _value(SECRETS[vendor][field]) for field in names_of(connection, vendor)}


def names_of(connection: Connection, vendor: Vendor) -> Sequence[str]:
    """Of a pair, in the vendor's secret."""
    return PARTS[connection.shipstation.api] if vendor == "shipstation" else IFS_PARTS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("connection", nargs="?", default="", help="name of the connection or its file, or a path")
    parser.add_argument("--folder", default="infra/connections", help="where the connection files are")
    parser.add_argument("--out", default="build", help="where the report is written as JSON")
    arguments = parser.parse_args()
    try:
        path = file_of(arguments.connection, Path(arguments.folder).expanduser())
        connection = load(path)
    except ConnectionFileError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    _warn_of_neighbours(path.parent)
    report = check(connection, path.parent)
    out = Path(arguments.out)
    out.mkdir(exist_ok=True)
    target = out / f"fit-{report.connection}.json"
    target.write_text(report.model_dump_json(indent=2), encoding="utf-8")
    sys.stdout.write(f"{as_text(report)}\nThe same as JSON: {target}\n")
    return 0 if report.fits else 1


def file_of(name: str, folder: Path, verb: str = "check") -> Path:
    """A name alone stands in the folder, with `.toml` or without; whatever holds a slash is a path."""
    if not name:
        raise ConnectionFileError(f"Name the connection: make {verb} CONNECTION=acme FOLDER=~/connections")
    path = Path(name).expanduser() if "/" in name else folder / name
    path = path if path.suffix == ".toml" else path.with_name(f"{path.name}.toml")
    if path.exists():
        return path
    if renamed := _renamed(path):
        return renamed
    raise ConnectionFileError(_missing(path))


def _renamed(path: Path) -> Path | None:
    """The file that was called like this before."""
    for other in sorted(path.parent.glob("*.toml")):
        with suppress(UnreadableError):
            if content_of(other).get("formerly") == path.stem:
                return other
    return None


def _missing(path: Path) -> str:
    others = sorted(other.stem for other in path.parent.glob("*.toml"))
    if not others:
        load_all(path.parent)  # says what is wrong with the folder
    near = get_close_matches(path.stem, others, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(others)}"
    return f"{path}: there is no such file; {hint}"


def _warn_of_neighbours(folder: Path) -> None:
    """The whole folder is deployed at once."""
    try:
        load_all(folder)
    except ConnectionFileError as error:
        sys.stderr.write(f"Another file of {folder} keeps the folder from being deployed:\n{error}\n")


def _value(name: str) -> str:
    value = os.environ.get(name) or (getpass(f"{name}: ") if sys.stdin.isatty() else "")
    if not value:
        sys.stderr.write(f"{name} is not set\n")
        raise SystemExit(2)
    return value


if __name__ == "__main__":
    sys.exit(main())
