"""What the work of a stack costs: the metrics in which AWS counts it, times list prices. The dashboard shows the sum,
and the message of a day tells it; both add up these terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.ledger.table import DUE_INDEX
from functions.log_lines import logger
from functions.model.cursors import Span

# us-east-1 and arm64, as tests/benchmarks/prices.toml has them with their source.
USD = {"GB second": 0.0000133334, "invocation": 0.20e-6, "write unit": 0.625e-6, "read unit": 0.125e-6}
PERIOD_SECONDS = 900  # every zone's midnight begins one
PAGES = 3  # a day of 500 metrics is one


@dataclass(frozen=True)
class Term:
    """A metric, and what each unit of its sum costs."""

    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    usd: float


def terms(memory_mb: Mapping[str, str], ledger_table: str, audit_table: str) -> list[Term]:
    """Of these Lambdas and both tables. DynamoDB counts an index beside its table.
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
    """
    ledger = {"TableName": ledger_table}
    units = (ledger, {**ledger, "GlobalSecondaryIndexName": DUE_INDEX}, {"TableName": audit_table})
    return [
        *(term for name, size in memory_mb.items() for term in _runs(name, int(size))),
        *(term for dimensions in units for term in _consumed(dimensions)),
    ]


def _runs(function: str, memory_mb: int) -> Iterator[Term]:
    of_it = {"FunctionName": function}
    yield Term("AWS/Lambda", "Duration", of_it, memory_mb / 1024 * USD["GB second"] / 1000)  # it is in milliseconds
    yield Term("AWS/Lambda", "Invocations", of_it, USD["invocation"])


def _consumed(dimensions: Mapping[str, str]) -> Iterator[Term]:
    yield Term("AWS/DynamoDB", "ConsumedWriteCapacityUnits", dimensions, USD["write unit"])
    yield Term("AWS/DynamoDB", "ConsumedReadCapacityUnits", dimensions, USD["read unit"])


class CloudWatch:
    """On a boto3 client."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def usd(self, terms: Sequence[Term], window: Span) -> float | None:
        """What was counted from the window's start to before its end. None where CloudWatch does not answer in full;
        the log says why.
        """
        try:
            sums = self._sums(terms, window)
        except (BotoCoreError, ClientError) as error:
            logger.warning("aws_cost_unknown", detail=_code(error))
            return None
        return None if sums is None else sum(each * term.usd for each, term in zip(sums, terms, strict=True))

    def _sums(self, terms: Sequence[Term], window: Span) -> list[float] | None:
        """A metric of which nothing was counted is complete, and empty."""
        sums, status = dict.fromkeys(map(_id, range(len(terms))), 0.0), dict[str, str]()
        pages = self._pages(terms, window)
        for result in (each for page in islice(pages, PAGES) for each in page.get("MetricDataResults", ())):
            sums[result["Id"]] += sum(result.get("Values", ()))
            status[result["Id"]] = result.get("StatusCode", "")  # of its last page: those before it are partial
        if short := sorted({status.get(name, "no answer") for name in sums} - {"Complete"}):
            logger.warning("aws_cost_unknown", detail=", ".join(short))
            return None
        return [*sums.values()]

    def _pages(self, terms: Sequence[Term], window: Span) -> Iterator[Mapping[str, Any]]:
        """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html"""
        asked = {
            "MetricDataQueries": [_query(number, term) for number, term in enumerate(terms)],
            "StartTime": window.start,
            "EndTime": window.end,
        }
        page = self._client.get_metric_data(**asked)
        yield page
        while token := page.get("NextToken"):
            page = self._client.get_metric_data(**asked, NextToken=token)
            yield page


def _id(number: int) -> str:
    return f"m{number}"


def _query(number: int, term: Term) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in term.dimensions.items()]
    metric = {"Namespace": term.namespace, "MetricName": term.metric, "Dimensions": dimensions}
    return {"Id": _id(number), "MetricStat": {"Metric": metric, "Period": PERIOD_SECONDS, "Stat": "Sum"}}


def _code(error: BotoCoreError | ClientError) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__
