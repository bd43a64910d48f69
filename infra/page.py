"""The stack's dashboard: pages that a person looks at and clicks, and below them what the connector has done. No metric
is sent for it: what no alarm watches is counted in the logs while somebody looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from functions.connections.connection import Connection
from functions.ledger.costs import Term
from functions.model.cursors import Stream
from functions.model.shipment import ConnectionName
from infra.bell import NAMESPACE
from infra.connection_resources import ConnectionResources

WIDE, HALF, TALL, LOW = 24, 12, 14, 6
PERIOD = Duration.minutes(5)
ENDED = 'filter message = "order_delivered" and connection = "{}"'
POLLED = 'filter message = "poll_ended" and connection = "{}"'
PERCENTILES = "stats pct(label_age_seconds, 50) as p50, pct(label_age_seconds, 99) as p99 by bin(1h)"
BY_REASON = "stats count(*) as looks, count_distinct(order) as orders by reason | sort orders desc"
BEHIND = ", ".join(f"max(seconds_behind.{stream}) / 60 as {stream}_minutes" for stream in Stream)
# A list in a log line has no field that a query could count.
WORDS = '"(kept|conflicts)"'
WORDS_SAID = """strcontains(@message, '"kept"') as kept_, strcontains(@message, '"conflicts"') as conflicts_"""
WORDS_BY_HOUR = "stats sum(kept_) as kept, sum(conflicts_) as conflicts by bin(1h)"
QUERIES = (
    (
        "{}: seconds from a label to IFS, p50 and p99 of the hour",
        "consume",
        f"{ENDED} | filter not ispresent(waiting_for) or waiting_for = 'not_delivered_yet' | {PERCENTILES}",
        cloudwatch.LogQueryVisualizationType.LINE,
    ),
    (
        "{}: minutes that the reading of each stream is behind",
        "poll",
        f"{POLLED} | stats {BEHIND} by bin(15m)",
        cloudwatch.LogQueryVisualizationType.LINE,
    ),
    (
        "{}: looks at orders that ended in waiting or parked, by reason",
        "consume",
        f"{ENDED} | fields coalesce(attention, waiting_for) as reason | filter ispresent(reason) | {BY_REASON}",
        cloudwatch.LogQueryVisualizationType.TABLE,
    ),
    (
        "{}: looks that kept a person's value, and that met a record which others were changing",
        "consume",
        f"{ENDED} | filter @message like /{WORDS}/ | fields {WORDS_SAID} | {WORDS_BY_HOUR}",
        cloudwatch.LogQueryVisualizationType.BAR,
    ),
    (
        "{}: pages asked of ShipStation, and new shipments in them",
        "poll",
        f"{POLLED} | stats sum(pages) as pages_, sum(new_shipments) as new by bin(1h)",
        cloudwatch.LogQueryVisualizationType.BAR,
    ),
)


@dataclass(frozen=True)
class Pages:
    """What the widgets and their buttons call."""

    view: lambda_.Function
    act: lambda_.Function
    replay: lambda_.Function
    reconcile: lambda_.Function
    pull: lambda_.Function | None

    @property
    def calls(self) -> dict[str, lambda_.Function]:
        """By the names that the pages have for them."""
        always = {"view": self.view, "act": self.act, "replay": self.replay, "reconcile": self.reconcile}
        return {**always, "pull": self.pull} if self.pull else always


class Page(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        pages: Pages,
        read: Mapping[str, lambda_.Function],
        working: Sequence[lambda_.Function],
        cost: Sequence[Term],
        per_connection: Mapping[ConnectionName, ConnectionResources],
    ) -> None:
        """`read` are the functions whose logs are counted, `working` those whose errors are shown."""
        super().__init__(scope, construct_id)
        self._pages, self._read, self._working, self._cost = pages, read, working, cost
        stack = Stack.of(self)
        name = f"{stack.stack_name}-{stack.region}"  # an account has its dashboards in all regions together
        self.dashboard = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=name, default_interval=Duration.days(1))
        self.dashboard.add_widgets(self._widget("Connections", WIDE, LOW, {"show": "status"}))
        for resources in per_connection.values():
            self._connection(resources)
        self.dashboard.add_widgets(self._dead_ends(), self._usd())
        console = f"https://{stack.region}.console.aws.amazon.com/cloudwatch/home?region={stack.region}"
        CfnOutput(stack, "DashboardUrl", value=f"{console}#dashboards/dashboard/{name}")

    def _connection(self, resources: ConnectionResources) -> None:
        connection, called = resources.connection, resources.connection.called
        self.dashboard.add_widgets(
            self._widget(f"{called}: what waits", HALF, TALL, {"show": "attention", "connection": called}),
            self._widget(f"{called}: where is an order", HALF, TALL, {"show": "order", "connection": called}),
        )
        for first in range(0, len(QUERIES), 2):
            self.dashboard.add_widgets(*(self._query(connection, *each) for each in QUERIES[first : first + 2]))
        self.dashboard.add_widgets(self._beats(connection), self._queues(called, resources))

    def _widget(self, title: str, width: int, height: int, asked: Mapping[str, str]) -> cloudwatch.CustomWidget:
        """Its parameters come back with every click, so that a page knows where its buttons lead."""
        return cloudwatch.CustomWidget(
            title=title,
            width=width,
            height=height,
            function_arn=self._pages.view.function_arn,
            params={**asked, **{name: function.function_arn for name, function in self._pages.calls.items()}},
            update_on_refresh=True,
            update_on_resize=False,
            update_on_time_range_change=False,
        )

    def _query(
        self, connection: Connection, title: str, function: str, query: str, view: cloudwatch.LogQueryVisualizationType
    ) -> cloudwatch.LogQueryWidget:
        return cloudwatch.LogQueryWidget(
            title=title.format(connection.called),
            width=HALF,
            height=LOW,
            view=view,
            log_group_names=[self._read[function].log_group.log_group_name],
            query_string=query.format(connection.name),
        )

    def _beats(self, connection: Connection) -> cloudwatch.GraphWidget:
        name = connection.name
        shown = {
            "poll": ("PollSucceeded", "ShipStationRefused", "Gaps"),
            "release": ("IfsCircuitOpen",),
            "consume": ("TargetChanged",),
            "dead_letters": ("DeadLettersParked",),
        }
        left = [self._counted(name, service, metric) for service, metrics in shown.items() for metric in metrics]
        late = self._counted(name, "release", "OldestDue", "Maximum")
        return cloudwatch.GraphWidget(
            title=f"{connection.called}: looks, refusals, outages; seconds overdue",
            width=HALF,
            height=LOW,
            left=left,
            right=[late],
        )

    def _counted(self, name: ConnectionName, service: str, metric: str, statistic: str = "Sum") -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=metric,
            dimensions_map={"service": service, "connection": name},
            statistic=statistic,
            period=PERIOD,
        )

    def _queues(self, called: str, resources: ConnectionResources) -> cloudwatch.GraphWidget:
        queues = {"shipments": resources.shipments, "notifications": resources.notifications}
        return cloudwatch.GraphWidget(
            title=f"{called}: age of the oldest message, seconds",
            width=HALF,
            height=LOW,
            left=[queue.metric_approximate_age_of_oldest_message(label=word) for word, queue in queues.items()],
        )

    def _dead_ends(self) -> cloudwatch.GraphWidget:
        return cloudwatch.GraphWidget(
            title="Runs that ended in an error",
            width=HALF,
            height=LOW,
            left=[function.metric_errors(label=function.node.id, period=PERIOD) for function in self._working],
        )

    def _usd(self) -> cloudwatch.GraphWidget:
        """What moves with the work; keys, secrets and alarms stand in docs/operations.md."""
        day = Duration.days(1)
        used = {
            f"m{number}": cloudwatch.Metric(
                namespace=term.namespace,
                metric_name=term.metric,
                dimensions_map={**term.dimensions},
                statistic="Sum",
                period=day,
            )
            for number, term in enumerate(self._cost)
        }
        expression = " + ".join(
            f"FILL({name}, 0) * {term.usd:.12f}" for name, term in zip(used, self._cost, strict=True)
        )
        cost = cloudwatch.MathExpression(expression=expression, using_metrics={**used}, period=day, label="USD a day")
        return cloudwatch.GraphWidget(
            title="Lambda and DynamoDB, USD a day at list prices of us-east-1", width=HALF, height=LOW, left=[cost]
        )
