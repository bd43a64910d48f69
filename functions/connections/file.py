"""Reads connection files; what is wrong with one is told by file, key or line, and reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path

from pydantic import ValidationError

from functions.connections.certificates import certificate_fault
from functions.connections.connection import Connection
from functions.connections.toml_text import UnreadableError, content_of
from functions.model.shipment import ConnectionName


class ConnectionFileError(Exception):
    """Names the file, each key and each reason; never a value."""


def load(path: Path) -> Connection:
    """Read one connection file; its stem is the connection's name, or what it is called where `formerly` names it."""
    try:
        content = content_of(path)
    except UnreadableError as error:
        raise ConnectionFileError(f"{path.name}: {error}") from None
    if not content:
        raise ConnectionFileError(f"{path.name}: holds no key; docs/examples has files to begin with")
    if content.get("name", path.stem) != path.stem:
        raise ConnectionFileError(f"{path.name}: name: {_misnamed(path, str(content['name']))}")
    try:
        connection = Connection.model_validate({"name": path.stem, **content})
    except ValidationError:
        from functions.connections.explain import explained  # noqa: PLC0415 # no Lambda starts with a wrong file

        lines = (f"{path.name}: {sentence}" for sentence in explained(content, path.stem))
        raise ConnectionFileError("\n".join(lines)) from None
    bundle = connection.ifs.ca_bundle
    if bundle and (fault := certificate_fault(path.parent / bundle)):
        raise ConnectionFileError(f"{path.name}: ifs.ca_bundle: {fault}")
    return connection.kept_under_its_first_name()


def _misnamed(path: Path, name: str) -> str:
    other = path.with_name(f"{name}.toml")
    is_taken = name.replace("-", "").isalnum() and other.exists()
    why = f"is that of {other.name}, and every connection has one file" if is_taken else "is not the file's name"
    return f'{why}; leave it out, or write name = "{path.stem}"'


def load_all(folder: Path) -> dict[ConnectionName, Connection]:
    """Read every `*.toml` of a folder, by the name that each is kept under. Every file that is wrong is told."""
    connections, faults = [], []
    for path in _files(folder):
        try:
            connections.append(load(path))
        except ConnectionFileError as error:
            # A person mends all files in one go.
            faults.append(str(error))
    faults += [*_of_one_name(folder, connections), *two_readers(connections)]
    if faults:
        raise ConnectionFileError("\n".join(faults))
    return {connection.name: connection for connection in connections}


def _of_one_name(folder: Path, connections: Iterable[Connection]) -> Iterator[str]:
    """What was renamed bears its old name alone."""
    renamed: dict[str, str] = {}
    for each in connections:
        if each.formerly is None:
            continue
        file = f"{each.formerly}.toml"
        if (folder / file).exists():
            yield f"{each.called}.toml: formerly: {file} still is there; remove it, or leave formerly out"
        elif first := renamed.get(each.formerly):
            yield f"{each.called}.toml: formerly: {first}.toml names it too, and a connection has one file"
        renamed.setdefault(each.formerly, each.called)


def two_readers(connections: Iterable[Connection]) -> Iterator[str]:
    """One account read through both APIs would be delivered twice, by two connections that know nothing of each other.
    Files do not say whose account a key is of; stores do.
    """
    # A connection that is being moved stands beside its successor, switched off.
    reading = [connection for connection in connections if connection.mode != "off"]
    for first, second in combinations(reading, 2):
        is_other_api = first.shipstation.api != second.shipstation.api
        if is_other_api and first.delivers_beside(second) and first.stores.overlap(second.stores):
            why = f"{first.called} delivers to the same tenant and company, perhaps one account through the other API"
            advice = "move one connection, or name the stores of each in stores.include"
            yield f"{second.called}.toml: shipstation.api: {why}; {advice}"


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        why = "is a file; name the folder that it stands in" if folder.exists() else "there is no such folder"
        raise ConnectionFileError(f"{folder}: {why}")
    files = sorted(folder.glob("*.toml"))
    if not files:
        near = sorted(path.name for path in folder.iterdir() if ".toml" in path.name.casefold())
        hint = f"; {near[0]} has to end in .toml, in small letters" if near else ""
        raise ConnectionFileError(f"{folder}: holds no connection file (*.toml){hint}")
    return files
