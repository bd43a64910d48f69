"""What a day cost is the sum of its terms, or not known; whatever CloudWatch does, nobody waits for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from botocore.stub import Stubber

from functions.ledger.costs import PAGES, PERIOD_SECONDS, USD, CloudWatch, terms
from functions.model.cursors import Span

START = datetime(2026, 3, 7, 18, 15, tzinfo=UTC)  # a midnight in Kathmandu
WINDOW = Span(start=START, end=START + timedelta(days=1))
TERMS = terms({"poll-1": "512"}, "ledger-1", "audit-1")
COMPLETE = {f"m{number}": "Complete" for number in range(len(TERMS))}


def test_each_lambda_and_table_is_a_term_of_what_aws_bills_and_so_is_the_index() -> None:
    found = [(term.metric, dict(term.dimensions), term.usd) for term in TERMS]
    poll, ledger, audit = {"FunctionName": "poll-1"}, {"TableName": "ledger-1"}, {"TableName": "audit-1"}
    index = {**ledger, "GlobalSecondaryIndexName": "due"}
    written = [("ConsumedWriteCapacityUnits", each, USD["write unit"]) for each in (ledger, index, audit)]
    read = [("ConsumedReadCapacityUnits", each, USD["read unit"]) for each in (ledger, index, audit)]
    ran = [("Duration", poll, USD["GB second"] / 2000), ("Invocations", poll, USD["invocation"])]
    assert sorted(found, key=str) == sorted([*ran, *written, *read], key=str)


def result(number: int, *values: float, status: str = "Complete") -> dict[str, Any]:
    return {"Id": f"m{number}", "Label": "x", "Timestamps": [], "Values": [*values], "StatusCode": status}


def page(values: Mapping[int, tuple[float, ...]], token: str | None = None, **status: str) -> dict[str, Any]:
    """Of every term, as CloudWatch answers."""
    results = [result(n, *values.get(n, ()), status=status.get(f"m{n}", "Complete")) for n in range(len(TERMS))]
    return {"MetricDataResults": results, **({"NextToken": token} if token else {})}


class Client:
    """Answers page after page, the last one again and again; an exception is raised."""

    def __init__(self, *answers: dict[str, Any] | Exception) -> None:
        self._answers = answers
        self.asked: list[dict[str, Any]] = []

    def get_metric_data(self, **asked: Any) -> dict[str, Any]:
        answer = self._answers[min(len(self.asked), len(self._answers) - 1)]
        self.asked.append(asked)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_the_sum_is_that_of_all_periods_of_the_day_and_of_all_pages() -> None:
    client = Client(page({0: (1000.0, 2000.0)}, "t", m0="PartialData"), page({0: (5000.0,), 1: (3.0,), 2: (7.0,)}))
    expected = 8 * 0.5 * USD["GB second"] + 3 * USD["invocation"] + 7 * USD["write unit"]
    assert CloudWatch(client).usd(TERMS, WINDOW) == pytest.approx(expected)
    first, second = client.asked
    assert (first["StartTime"], first["EndTime"]) == (WINDOW.start, WINDOW.end)
    assert second == {**first, "NextToken": "t"}


def test_periods_begin_with_the_midnight_of_every_zone() -> None:
    client = Client(page({}))
    CloudWatch(client).usd(TERMS, WINDOW)
    stats = [query["MetricStat"] for query in client.asked[0]["MetricDataQueries"]]
    assert {(stat["Period"], stat["Stat"]) for stat in stats} == {(PERIOD_SECONDS, "Sum")}
    assert START.timestamp() % PERIOD_SECONDS == 0


def test_a_day_of_which_nothing_was_counted_cost_nothing() -> None:
    left_out = {"MetricDataResults": [{"Id": name, "StatusCode": "Complete"} for name in COMPLETE]}
    assert CloudWatch(Client(left_out)).usd(TERMS, WINDOW) == 0.0


THROTTLED = ClientError({"Error": {"Code": "Throttling", "Message": "x"}}, "GetMetricData")
DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": "x"}}, "GetMetricData")
UNKNOWN = [
    pytest.param((THROTTLED,), "Throttling", id="throttled"),
    pytest.param((DENIED,), "AccessDenied", id="not granted"),
    pytest.param((ConnectTimeoutError(endpoint_url="x"),), "ConnectTimeoutError", id="not reached"),
    pytest.param((page({0: (1.0,)}, "t", m0="PartialData"), THROTTLED), "Throttling", id="throttled later"),
    pytest.param((page({0: (1.0,)}, m0="PartialData"),), "PartialData", id="partial, and no more"),
    pytest.param((page({}, m3="InternalError"),), "InternalError", id="one fails"),
    pytest.param((page({}, m3="Forbidden"),), "Forbidden", id="one is forbidden"),
    pytest.param(({"MetricDataResults": [result(0, 1.0)]},), "no answer", id="one alone is answered"),
    pytest.param((page({}, "t", m0="PartialData"),), "PartialData", id="without end"),
    pytest.param(({},), "no answer", id="nothing"),
]


@pytest.mark.parametrize(("answers", "why"), UNKNOWN)
def test_what_is_not_answered_in_full_is_not_known(
    answers: tuple[Any, ...], why: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client(*answers)
    assert CloudWatch(client).usd(TERMS, WINDOW) is None
    assert len(client.asked) <= PAGES
    (record,) = caplog.records
    assert (record.message, record.__dict__["detail"]) == ("aws_cost_unknown", why)


@pytest.fixture
def sdk() -> Iterator[Any]:
    client = boto3.client("cloudwatch", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with closing(client):
        yield client


def test_the_request_and_the_answer_are_as_the_sdk_describes_them(sdk: Any) -> None:
    many = terms({f"f{number}": "128" for number in range(33)}, "ledger-1", "audit-1")
    answer = {"MetricDataResults": [result(number, 1.0) for number in range(len(many))]}
    with Stubber(sdk) as stubber:
        stubber.add_response("get_metric_data", answer)
        assert CloudWatch(sdk).usd(many, WINDOW) == pytest.approx(sum(term.usd for term in many))
    assert len(many) * timedelta(days=1).total_seconds() / PERIOD_SECONDS < 100_800  # points that one page holds
    assert len(many) <= 500  # metrics that one call asks for


def test_no_term_is_counted_twice() -> None:
    counted = Counter((term.metric, *term.dimensions.items()) for term in TERMS)
    assert set(counted.values()) == {1}
