"""Reads connection files; what is wrong with one is told by file, key and reason."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ValidationError

from functions.connections.connection import Connection
from functions.model.shipment import ConnectionName


class ConnectionFileError(Exception):
    """Names the file, each key and each reason; never a value."""


def load(path: Path) -> Connection:
    """Read one connection file; its stem is the connection's name."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        connection = Connection.model_validate({"name": path.stem, **content})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConnectionFileError(f"{path.name}: not valid TOML: {error}") from error
    except ValidationError as error:
        raise ConnectionFileError(_explain(path, error)) from None
    if connection.ifs.ca_bundle and not (path.parent / connection.ifs.ca_bundle).is_file():
        raise ConnectionFileError(f"{path.name}: ifs.ca_bundle: there is no such file beside it")
    return connection


def load_all(folder: Path) -> dict[ConnectionName, Connection]:
    """Read every `*.toml` of a folder, by name."""
    connections = [load(path) for path in sorted(folder.glob("*.toml"))]
    if not connections:
        raise ConnectionFileError(f"{folder}: holds no connection file (*.toml)")
    return {connection.name: connection for connection in connections}


def _explain(path: Path, error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return "\n".join(f"{path.name}: {_key(fault['loc'])}: {_reason(fault['type'], fault['msg'])}" for fault in faults)


def _key(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location)) or "file"


def _reason(kind: str, text: str) -> str:
    return "unknown key" if kind == "extra_forbidden" else text.removeprefix("Value error, ")
