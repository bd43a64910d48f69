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
from functions.wiring.credentials import Pairs
from functions.wiring.runtime import Runtime

IfsClients = Pairs[ifs_token.Credentials]
PARTS = ("client_id", "client_secret")


def ifs_clients(runtime: Runtime, secret_arn: str) -> IfsClients:
    return Pairs(runtime.secrets, secret_arn, PARTS, Reason.IFS_NOT_CONFIGURED, _credentials)


def _credentials(values: list[str]) -> ifs_token.Credentials:
    client, secret = values
    return ifs_token.Credentials(client, SecretStr(secret))


def ifs_client(
    runtime: Runtime, connection: Connection, secret_arn: str, clients: IfsClients | None = None
) -> IfsClient:
    """`clients` is for who wants to know which one is in use."""
    session = runtime.session(connection.ifs.ca_bundle)
    tokens = ifs_token.TokenSource(
        session,
        connection.ifs,
        clients=clients or ifs_clients(runtime, secret_arn),
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
        seconds_left=runtime.time.seconds_left,
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
        self._known_by: dict[ConnectionName, IfsClients] = {}
        self._opened: dict[tuple[ConnectionName, Targets], IfsTargets] = {}

    def client(self, name: ConnectionName) -> IfsClient:
        if name not in self._clients:
            connection, clients = self._runtime.connections[name], self.known_by(name)
            self._clients[name] = ifs_client(self._runtime, connection, self._secrets[name], clients)
        return self._clients[name]

    def known_by(self, name: ConnectionName) -> IfsClients:
        """What IFS knows the connection by."""
        if name not in self._known_by:
            self._known_by[name] = ifs_clients(self._runtime, self._secrets[name])
        return self._known_by[name]

    def open(self, connection: Connection) -> IfsTargets:
        key = connection.name, connection.ifs.targets
        if key not in self._opened:
            client, ifs = self.client(connection.name), connection.ifs
            self._opened[key] = IfsTargets([target_records(client, each, ifs.place_of(each)) for each in ifs.targets])
        return self._opened[key]

    def inspect(self, connection: Connection) -> list[Finding]:
        from functions.ifs.schema.inspection import Inspection  # noqa: PLC0415 # once a day

        return Inspection(self.client(connection.name), connection.ifs.targets).findings()
