"""What a person asks and decides: Lambdas that read and Lambdas that change, one of each for the dashboard, and who may
invoke which.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from functions.ledger.table import DUE_INDEX
from functions.settings import ControlSettings, InspectSettings, Settings
from infra.connection_resources import Links, shipment_queues, shipstation_secrets
from infra.functions import Functions
from infra.grants import allow_calls, allow_keys, allow_reading, allow_sending
from infra.ledger import Ledger

TIMEOUT = Duration.seconds(50)  # the command line asks a second time after a minute


class Operate(Construct):
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
        self._functions, self._ledger, self._links = functions, ledger, per_connection
        self.inspect = self._reads("Inspect", "Manual: what waits and why, where an order is, how a connection stands")
        self.view = self._reads("View", "Dashboard: the same as pages")
        self.control = self._changes("Control", "Manual: pause, resume, release, dismiss, place, map, adopt")
        self.act = self._changes("Act", "Dashboard: the same by its buttons")
        CfnOutput(Stack.of(self), "InspectFunction", value=self.inspect.function_name)
        CfnOutput(Stack.of(self), "ControlFunction", value=self.control.function_name)
        CfnOutput(Stack.of(self), "ConnectionNames", value=",".join(per_connection))
        if renamed := [f"{name}={called}" for name, called in _called(per_connection) if name != called]:
            CfnOutput(Stack.of(self), "Renamed", value=",".join(renamed))  # people name them by either

    def _reads(self, name: str, description: str) -> lambda_.Function:
        ledger, links = self._ledger, self._links
        settings = InspectSettings(
            ledger_table=ledger.ledger.table_name,
            audit_table=ledger.audit.table_name,
            shipstation_secrets=shipstation_secrets(links),
        )
        function = self._function(name, settings, description)
        allow_calls(function, ledger.ledger, "GetItem", "BatchGetItem", "Query")
        allow_calls(function, ledger.ledger, "Query", index=DUE_INDEX)
        allow_keys(function, ledger.ledger, "budget#*", "PutItem")  # a search at ShipStation takes its place in line
        allow_calls(function, ledger.audit, "Query")
        for link in links.values():
            allow_reading(function, link.shipstation)
        return function

    def _changes(self, name: str, description: str) -> lambda_.Function:
        ledger, links = self._ledger, self._links
        settings = ControlSettings(
            ledger_table=ledger.ledger.table_name,
            audit_table=ledger.audit.table_name,
            shipments=shipment_queues(links),
        )
        function = self._function(name, settings, description)
        allow_calls(function, ledger.ledger, "GetItem", "BatchGetItem", "PutItem")
        allow_calls(function, ledger.ledger, "Query", index=DUE_INDEX)  # what was pushed, and asks for a person
        ledger.let_append(function)
        for link in links.values():
            allow_sending(function, link.shipments)
        return function

    def _function(self, name: str, settings: Settings, description: str) -> lambda_.Function:
        """Whoever asked asks again."""
        return self._functions.make(
            name, settings=settings, timeout=TIMEOUT, memory_mb=512, description=description, is_repeated=False
        )

    def roles(self, operating: Sequence[lambda_.Function], administering: Sequence[lambda_.Function]) -> None:
        """Three managed policies, each with what the one before may do: a reader asks, an operator decides too, an
        administrator invokes whatever a person may.
        """
        reading = [self.inspect, self.view]
        self._policy("Reader", "asks what waits, where an order is, how a connection stands", reading)
        operators = [*reading, self.control, self.act, *operating]
        self._policy("Operator", "asks and decides", operators)
        self._policy(
            "Administrator", "asks, decides, and starts what reads or writes much", [*operators, *administering]
        )

    def _policy(self, name: str, may: str, functions: Sequence[lambda_.Function]) -> None:
        policy = iam.ManagedPolicy(
            self,
            name,
            description=f"IFS ShipStation connector: {may}",
            statements=[
                iam.PolicyStatement(
                    actions=["lambda:InvokeFunction"], resources=[function.function_arn for function in functions]
                ),
                # The command line finds them by the stack's outputs.
                iam.PolicyStatement(actions=["cloudformation:DescribeStacks"], resources=[Stack.of(self).stack_id]),
            ],
        )
        CfnOutput(Stack.of(self), f"{name}Policy", value=policy.managed_policy_arn)


def _called(links: Links) -> Iterator[tuple[str, str]]:
    return ((name, link.connection.called) for name, link in links.items())
