"""Fills the secrets of a connection: `make secrets CONNECTION=acme`. What a vendor refuses is not stored; what is typed
is not shown, and stands in no command line, history or file.

Exit status 0: stored. 1: a vendor took something else than what was given. 2: it failed, or was asked wrongly.
"""

from __future__ import annotations

import os
import shlex
import sys
from argparse import Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from functions.connections.connection import Connection
from functions.connections.file import ConnectionFileError, load
from functions.console.aws import ConsoleError, Secret, Stack, Where
from functions.console.check import Budgets, Laptop, asked_for, file_of, names_of, settings_of
from functions.console.operate import FAILED, WELL, Parser, common_options, where
from functions.console.parts import Parts
from functions.console.progress import progress
from functions.flows.preflight.report_text import finding_lines
from functions.model.fit import Finding
from functions.model.key_expiry import EXPIRES_ON, NEXT, VENDORS, KeyExpiry, Vendor
from functions.model.shipment import ConnectionName
from functions.wiring.check_parts import examine_keys

FOLDER = "infra/connections"
REFUSED = 1
KINDS: dict[Vendor, str] = {"shipstation": "ShipStationSecret", "ifs": "IfsSecret"}
DAYS: dict[Vendor, str] = {"shipstation": "SHIPSTATION_EXPIRES_ON", "ifs": "IFS_EXPIRES_ON"}
Values = dict[str, str]


def parser() -> Parser:
    made = Parser(prog="make secrets", description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    made.add_argument("connection", nargs="?", default="", help="name of the connection or its file, or a path")
    made.add_argument("--folder", default=FOLDER, help="where the connection files are")
    made.add_argument("--vendor", choices=VENDORS, help="this one's alone; both without it")
    which = made.add_mutually_exclusive_group()
    which.add_argument("--next", action="store_true", help="the pair beside the first, while that one is exchanged")
    which.add_argument("--promote", action="store_true", help="make the next pair the first; nothing is asked for")
    made.add_argument("--unchecked", action="store_true", help="store without asking the vendor, who is out of reach")
    common_options(made.add_argument_group("where"))
    return made


def main(words: Sequence[str], open_stack: Callable[[Where], Stack] = Stack) -> int:
    try:
        arguments = parser().parse_args(words)
        path = file_of(arguments.connection, Path(arguments.folder).expanduser(), "secrets")
        connection = load(path)
        stack, _ = Parts(where(arguments), open_stack).of(connection.called)
        return Filling(connection, path.parent, arguments, stack).run()
    except (ConsoleError, ConnectionFileError) as error:
        sys.stderr.write(f"{error}\n")
        return FAILED


class Filling:
    def __init__(self, connection: Connection, folder: Path, arguments: Namespace, stack: Stack) -> None:
        self._connection, self._folder, self._arguments = connection, folder, arguments
        self._vendors: Sequence[Vendor] = [arguments.vendor] if arguments.vendor else VENDORS
        self._secrets = {vendor: stack.secret(connection.name, KINDS[vendor]) for vendor in self._vendors}

    def run(self) -> int:
        """Everything is asked for before anything is stored."""
        given = {vendor: (secret, self._given(vendor, secret)) for vendor, secret in self._secrets.items()}
        given = {vendor: pair for vendor, pair in given.items() if pair[1]}
        if not given:
            raise ConsoleError("No next pair stands in the secrets: put one there with --next.")
        stored = [self._store(vendor, secret, values) for vendor, (secret, values) in given.items()]
        if any(stored):
            _say(f"Next: {self._what_comes_next()}")
        return WELL if all(stored) else REFUSED

    def _given(self, vendor: Vendor, secret: Secret) -> Values:
        """A pair and its day, under the names of a first one; empty where there is none to promote."""
        fields = (*names_of(self._connection, vendor), EXPIRES_ON)
        if not self._arguments.promote:
            typed = asked_for(self._connection, vendor)
            return {**{field: value.strip() for field, value in typed.items()}, EXPIRES_ON: _day(vendor)}
        held = secret.read()
        found = {field: held.get(f"{NEXT}{field}", "").strip() for field in fields}
        return found if all(found[field] for field in fields[:-1]) else {}

    def _store(self, vendor: Vendor, secret: Secret, values: Values) -> bool:
        if not self._arguments.unchecked and not self._is_taken(vendor, values):
            _say(f"{vendor}: nothing was stored.")
            return False
        held = secret.read()
        if self._arguments.next and all(held.get(name) == values[name] for name in names_of(self._connection, vendor)):
            _say(f"{vendor}: this is the first pair; nothing was stored.")
            return False
        secret.write(self._after(held, values))
        place = "next pair, beside the first" if self._arguments.next else "first pair"
        _say(f"{vendor}: stored as the {place}, {_until(values[EXPIRES_ON])}.")
        return True

    def _is_taken(self, vendor: Vendor, values: Values) -> bool:
        findings = self._findings(vendor, values)
        for line in (line for finding in findings for line in finding_lines(finding)):
            _say(line)
        return not any(finding.severity == "misfit" for finding in findings)

    def _findings(self, vendor: Vendor, values: Values) -> Sequence[Finding]:
        connection = self._connection
        shown: dict[str, Values] = {each: values if each == vendor else {} for each in VENDORS}
        laptop = Laptop(connection, self._folder, shown)
        name = ConnectionName(connection.name)
        with progress(f"asking {vendor}"):
            return examine_keys(laptop, settings_of(connection), name, [vendor], Budgets()).findings

    def _after(self, held: Mapping[str, str], values: Values) -> Values:
        """What the other pair is stays, but for one that becomes the first."""
        if self._arguments.next:
            return {**held, **{f"{NEXT}{field}": value for field, value in values.items()}}
        kept = {name: value for name, value in held.items() if not (self._arguments.promote and name.startswith(NEXT))}
        return {**kept, **values}

    def _what_comes_next(self) -> str:
        if self._arguments.next:
            typed = typed_again(self._arguments, "secrets", "--promote")
            return f"end the first pair at the vendor, whenever it suits, then {typed}"
        if self._arguments.promote:
            return (
                "every Lambda has read it within an hour; the pair that was the first may be ended at the vendor now."
            )
        webhooks = "the connector subscribes its webhooks within an hour"
        if self._connection.shipstation.webhooks == "manual":
            webhooks = "subscribe the webhooks"
        typed = typed_again(self._arguments, "check")
        return f"{typed}\nIt looks at everything else. Then {webhooks}; watch the shadow (docs/onboarding.md, 5 and 6)."


def typed_again(arguments: Namespace, verb: str, *options: str) -> str:
    """A command on the same connection, as it has to be typed. Nothing may follow it in its line."""
    words = [f"CONNECTION={arguments.connection}"]
    if arguments.folder != FOLDER:
        words.append(f"FOLDER={arguments.folder}")
    if options:
        words.append(f"ARGS={shlex.join([*_where_words(arguments), *options])}")
    return shlex.join(["make", verb, *words])


def _where_words(arguments: Namespace) -> Iterator[str]:
    given = {
        "--vendor": arguments.vendor,
        "--stack": arguments.stack,
        "--profile": arguments.aws_profile,
        "--region": arguments.region,
    }
    yield from (word for option, value in given.items() if value for word in (option, value))
    if arguments.demo:
        yield "--demo"


def _day(vendor: Vendor) -> str:
    name = DAYS[vendor]
    said = os.environ.get(name)
    if said is None and sys.stdin.isatty():
        sys.stderr.write(f"{name} (such as 2027-03-31; empty if it does not expire): ")
        sys.stderr.flush()
        said = sys.stdin.readline()
    day = (said or "").strip()
    if KeyExpiry.of(day).is_unreadable:
        raise ConsoleError(f"{name}: write a day such as 2027-03-31, or nothing for a key that does not expire")
    return day


def _until(day: str) -> str:
    return f"which expires on {day}" if day else "without a day on which it expires"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. What was said to be stored is stored.\n")
        sys.exit(130)
