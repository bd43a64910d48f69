"""Handlers that do what their event tells them."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from collections.abc import Callable

table: Any = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def consume(event: dict[str, Any], context: object) -> dict[str, Any]:
    failures = []
    for record in event["Records"]:
        attempt = int(record["attributes"]["ApproximateReceiveCount"])
        message = json.loads(record["body"])
        arrival = {"attempt": attempt, "batch": len(event["Records"]), "receipt": record["receiptHandle"]}
        table.put_item(Item={"id": message["id"], **arrival})
        try:
            deliver(message, attempt)
        except LookupError:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def deliver(message: dict[str, Any], attempt: int) -> None:
    if message.get("hang_once") and attempt == 1:
        hang()
    if message.get("fail_once") and attempt == 1:
        raise LookupError
    while message.get("meet") and "Item" not in table.get_item(Key={"id": message["meet"]}):
        time.sleep(0.05)
    key = {"id": message["id"]}
    table.update_item(Key=key, UpdateExpression="SET done = :yes", ExpressionAttributeValues={":yes": True})


def probe(event: dict[str, Any], context: object) -> object:
    if event["do"] == "fail":
        raise LookupError("no such order")
    actions: dict[str, Callable[[], object]] = {
        "environment": lambda: dict(os.environ),
        "pid": os.getpid,
        "hang": hang,
        "import": lambda: str(__import__("requests")),
        "read_secret": read_secret,
        "read_table": lambda: table.get_item(Key={"id": "x"}).get("Item"),
    }
    return actions[event["do"]]()


def echo(event: dict[str, Any], context: object) -> dict[str, Any]:
    return {"statusCode": 202, "body": f"{event['pathParameters']['token']} {event['body']}"}


def hang() -> None:
    print("hanging", flush=True)
    time.sleep(50)


def read_secret() -> str:
    value: str = boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["SECRET"])["SecretString"]
    return value
