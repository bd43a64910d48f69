"""Builds IFS clients from the runtime: a session, credentials that are re-read once refused, the tenant's pace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import SecretStr

from functions.connections.connection import Connection
from functions.connections.vendors import Targets
from functions.errors import Retryable
from functions.ifs import token as ifs_token
from functions.ifs.client import IfsClient
from functions.ifs.targets.preference import IfsTargets, target_records
from functions.ledger.table import Table
from functions.ledger.tenants import TenantStore
from functions.model.fit import Finding
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName
from functions.wiring.credentials import parts
from functions.wiring.runtime import Runtime


def ifs_client(runtime: Runtime, connection: Connection, secret_arn: str) -> IfsClient:
    def credentials() -> ifs_token.Credentials:
        client, secret = parts(runtime.secrets, secret_arn, ("client_id", "client_secret"), Reason.IFS_NOT_CONFIGURED)
        return ifs_token.Credentials(client, SecretStr(secret))

    session = runtime.session(connection.ifs.ca_bundle)
    tokens = ifs_token.TokenSource(
        session,
        connection.ifs,
        credentials=credentials,
        on_refused=lambda: runtime.secrets.forget(secret_arn),
        now=runtime.now,
        monotonic=runtime.monotonic,
    )
    return IfsClient(
        session,
        connection.ifs,
        tokens,
        now=runtime.now,
        monotonic=runtime.monotonic,
        sleep=runtime.sleep,
        jitter=runtime.jitter,
    )


def leave_alone(table: Table, name: ConnectionName, now: datetime) -> None:
    """Before whole lists are read: raises Retryable while IFS has asked to be left alone, whoever it said so to."""
    if seconds := TenantStore(table).circuit(name).seconds_held(now):
        raise Retryable(Reason.IFS_UNAVAILABLE, "IFS asked to be left alone", retry_after_seconds=seconds)


class IfsConnections:
    """Every connection's IFS. Stores with targets of their own share the connection's client, and with it token and
    pace.
    """

    def __init__(self, runtime: Runtime, secrets: Mapping[str, str]) -> None:
        self._runtime, self._secrets = runtime, secrets
        self._clients: dict[ConnectionName, IfsClient] = {}
        self._opened: dict[tuple[ConnectionName, Targets], IfsTargets] = {}

    def client(self, name: ConnectionName) -> IfsClient:
        if name not in self._clients:
            self._clients[name] = ifs_client(self._runtime, self._runtime.connections[name], self._secrets[name])
        return self._clients[name]

    def open(self, connection: Connection) -> IfsTargets:
        key = connection.name, connection.ifs.targets
        if key not in self._opened:
            client, ifs = self.client(connection.name), connection.ifs
            self._opened[key] = IfsTargets([target_records(client, each, ifs.place_of(each)) for each in ifs.targets])
        return self._opened[key]

    def inspect(self, connection: Connection) -> list[Finding]:
        from functions.ifs.schema.inspection import Inspection  # noqa: PLC0415 # once a day

        return Inspection(self.client(connection.name), connection.ifs.targets).findings()
