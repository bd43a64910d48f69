"""Reads the connections, builds the stack, synthesises. Makes no AWS call and needs no network."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import aws_cdk as cdk

from functions.connections.file import ConnectionFileError, load_all
from infra.bundle import Target, bundle
from infra.stack import ConnectorStack

ROOT = Path(__file__).parent


def main() -> None:
    app = cdk.App(context=json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"])
    folder = Path(str(app.node.try_get_context("connections") or ROOT / "infra/connections"))
    target = Target(
        python=str(app.node.try_get_context("python") or "3.13"),
        architecture=str(app.node.try_get_context("architecture") or "arm64"),
    )
    try:
        connections = load_all(folder)
    except ConnectionFileError as error:
        sys.exit(f"connection file: {error}")
    ConnectorStack(
        app,
        str(app.node.try_get_context("stack") or "ifs-shipstation"),
        connections=connections,
        code=bundle(ROOT, folder, target),
        target=target,
    )
    app.synth()


if __name__ == "__main__":
    main()
