"""Reads the connections, builds the stack, synthesises. Makes no AWS call and needs no network."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import aws_cdk as cdk

from functions.connections.connection import Connection
from functions.connections.file import ConnectionFileError, load_all
from functions.connections.remarks import neighbours, remarks
from infra.alarm_topic import SubscriberError, subscribers
from infra.bundle import BundleError, Target, bundle, starts_slower
from infra.context import Choices, Connections, ContextError, base_name, choices, is_strict, stacks, text
from infra.division import Division, alone, divided
from infra.functions import EnvironmentTooLargeError
from infra.placement import PlacementError
from infra.stack import ConnectorStack
from infra.version import version

ROOT = Path(__file__).parent
# CDK's command line warns of keys that begin like this where they stand in cdk.json.
NAMES = ("disable-stack-trace", "disable-creation-stack-traces", "disable-version-reporting")
QUIET = {f"aws:cdk:{name}": True for name in NAMES}
NOTICE = ROOT / "build" / "notice.txt"


def main() -> None:
    flags = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = cdk.App(context={**QUIET, **flags})
    folder = Path(text(app.node, "connections") or ROOT / "infra/connections").expanduser()
    try:
        connections = load_all(folder)
        target = Target(**_chosen(app, "python", "architecture"))
        division = _divided(app, folder, connections, target)
        _make_stacks(app, folder, connections, target, division)
        app.synth()
        kept = [*division.keep()]
    except ConnectionFileError as error:
        sys.exit(f"connection file: {error}")
    except BundleError as error:
        sys.exit(f"bundle: {error}")
    except (ContextError, SubscriberError, EnvironmentTooLargeError, PlacementError) as error:
        sys.exit(f"stack: {error}")
    _say(*hardly_meant(connections.values()), starts_slower(target), *kept)


def _divided(app: cdk.App, folder: Path, connections: Connections, target: Target) -> Division:
    name = base_name(app.node)
    if is_strict(app.node):
        return alone(name, folder, connections)
    return divided(
        name,
        folder,
        connections,
        told=text(app.node, "standing"),
        holds=lambda: fit_into(name, connections, target),
    )


def fit_into(name: str, connections: Connections, target: Target) -> bool:
    """Whether one stack holds them all. Tried with an app that is thrown away."""
    with tempfile.TemporaryDirectory() as code:
        try:
            ConnectorStack(
                cdk.App(context=QUIET),
                name,
                connections=connections,
                code=Path(code),
                target=target,
                version="",
                choices=Choices(),
            )
        except EnvironmentTooLargeError:
            return False
    return True


def _make_stacks(app: cdk.App, folder: Path, connections: Connections, target: Target, division: Division) -> None:
    """Each ships the connection files that are its own."""
    said, alarms = version(ROOT), text(app.node, "alarms")
    told, chosen = subscribers(alarms) if alarms else (), choices(app.node)
    for name, own in stacks(app.node, connections, division.places).items():
        ConnectorStack(
            app,
            name,
            connections=own,
            code=bundle(ROOT, folder, target, said, names=[each.called for each in own.values()]),
            target=target,
            version=said,
            alarm_subscribers=told,
            choices=chosen,
            beside=division.stack_names,
        )


def _chosen(app: cdk.App, *names: str) -> dict[str, str]:
    return {name: value for name in names if (value := text(app.node, name))}


def hardly_meant(connections: Iterable[Connection]) -> Iterator[str]:
    together = list(connections)
    alone = ((each, remark) for each in together for remark in remarks(each, datetime.now(UTC)))
    for connection, remark in (*alone, *neighbours(together)):
        yield f"{connection.called}.toml: {remark.subject}: {remark.sentence} {remark.advice}"


def _say(*notices: str | None) -> None:
    """Last of all, and kept for the end of a deployment (`make deploy`)."""
    text = "\n".join(filter(None, notices))
    NOTICE.unlink(missing_ok=True)
    if text:
        NOTICE.write_text(f"{text}\n", encoding="utf-8")
        print(text, file=sys.stderr)  # noqa: T201 # synth's own output


if __name__ == "__main__":
    main()
