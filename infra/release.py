"""Brings back what is due, every minute."""

from __future__ import annotations

from aws_cdk import Duration
from constructs import Construct

from functions.ledger.table import DUE_INDEX
from functions.settings import ReleaseSettings
from infra.connection_resources import Links, ifs_secrets, shipment_queues
from infra.functions import Functions
from infra.grants import allow_calls, allow_reading, allow_sending
from infra.ledger import Ledger
from infra.schedules import every

TIMEOUT = Duration.seconds(50)  # ends before the next one begins


class Release(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Functions,
        ledger: Ledger,
        per_connection: Links,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = ReleaseSettings(
            ledger_table=ledger.ledger.table_name,
            shipments=shipment_queues(per_connection),
            ifs_secrets=ifs_secrets(per_connection),
        )
        self.function = functions.make(
            "Release",
            settings=settings,
            timeout=TIMEOUT,
            description="Queues orders that are due again",
            is_repeated=False,  # the next minute comes anyway
        )
        allow_calls(self.function, ledger.ledger, "GetItem", "PutItem")
        allow_calls(self.function, ledger.ledger, "Query", index=DUE_INDEX)
        for name, resources in per_connection.items():
            allow_reading(self.function, resources.ifs)
            allow_sending(self.function, resources.shipments)
            every(
                self,
                Duration.minutes(1),
                self.function,
                {"connection": name},
                of=name,
                description=f"Releases what is due for {name}",
            )
