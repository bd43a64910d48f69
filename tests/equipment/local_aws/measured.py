"""What Lambda and DynamoDB tell CloudWatch on AWS, counted where it happens here: each run of a function, whatever
called it, and the units that the local DynamoDB says a call consumed. Runs in the child process.
"""
# ruff: noqa: SLF001 # replacing private names is what this module is for

from __future__ import annotations

from typing import Any

from ministack.services import cloudwatch, dynamodb, lambda_svc

PRIVATE_NAMES = {dynamodb: ("_add_consumed_capacity", "_batch_get_item")}
WRITTEN, READ = "ConsumedWriteCapacityUnits", "ConsumedReadCapacityUnits"
CONSISTENT, EVENTUAL = 1.0, 0.5  # units of an item of 4 KB; ministack takes every other read for one


def install() -> None:
    _leave_runs_to_the_environments()
    _count_units()
    _count_batches()


def run(function: str, seconds: float) -> None:
    of_it = {"FunctionName": function}
    cloudwatch.record_metric("AWS/Lambda", "Invocations", 1, "Count", of_it)
    cloudwatch.record_metric("AWS/Lambda", "Duration", seconds * 1000, "Milliseconds", of_it)


def _leave_runs_to_the_environments() -> None:
    """Else those alone would count that the API was asked for, and their start as a part of them."""

    def faults(function_name: str, duration_ms: float, error: bool, throttle: bool) -> None:  # noqa: FBT001 # its
        of_it = {"FunctionName": function_name}
        cloudwatch.record_metric("AWS/Lambda", "Errors", error, "Count", of_it)
        cloudwatch.record_metric("AWS/Lambda", "Throttles", throttle, "Count", of_it)

    lambda_svc._emit_lambda_metrics = faults


def _count_units() -> None:
    replaced = dynamodb._add_consumed_capacity

    def add(result: dict[str, Any], data: dict[str, Any], table: str, write: bool = False, **more: Any) -> None:  # noqa: FBT001, FBT002 # its
        told: dict[str, Any] = {}
        replaced(told, {**data, "ReturnConsumedCapacity": "INDEXES"}, table, write, **more)
        consumed, metric = told["ConsumedCapacity"], WRITTEN if write else READ
        _consumed(metric, consumed["Table"], TableName=table)
        for index, units in consumed.get("GlobalSecondaryIndexes", {}).items():
            _consumed(metric, units, TableName=table, GlobalSecondaryIndexName=index)
        replaced(result, data, table, write, **more)

    dynamodb._add_consumed_capacity = add


def _count_batches() -> None:
    """Of a BatchGetItem ministack tells no units."""
    replaced = dynamodb._batch_get_item

    def batch(data: dict[str, Any]) -> Any:
        answer = replaced(data)
        if answer[0] == 200:
            for table, asked in data["RequestItems"].items():
                each = CONSISTENT if asked.get("ConsistentRead") else EVENTUAL
                _consumed(READ, {"CapacityUnits": each * len(asked["Keys"])}, TableName=table)
        return answer

    dynamodb._batch_get_item = batch


def _consumed(metric: str, units: dict[str, float], **dimensions: str) -> None:
    if units["CapacityUnits"]:
        cloudwatch.record_metric("AWS/DynamoDB", metric, units["CapacityUnits"], "Count", dimensions)
