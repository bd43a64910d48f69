"""Lies beside the bundle in the webhook's Lambda: answers as its handler does, and says how long that took beside one
bare `send_message` of the same environment.
"""

from __future__ import annotations

import json
import os
import time
from itertools import count
from typing import Any

import boto3

from functions.handlers import webhook

QUEUES = json.loads(os.environ.get("NOTIFICATIONS", "{}"))
NOTE = "x" * 250  # as long as what the handler queues
EARLIER = count()
SQS = boto3.client("sqs")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The handler's answer; its body holds the milliseconds of both, which take turns in going first."""
    answer: dict[str, Any] = {}
    queue = QUEUES[event["pathParameters"]["connection"]]
    both = {
        "handler": lambda: answer.update(webhook.handler(event, context)),
        "bare": lambda: SQS.send_message(QueueUrl=queue, MessageBody=NOTE),
    }
    taken = {name: _milliseconds(both[name]) for name in sorted(both, reverse=next(EARLIER) % 2 == 1)}
    return {**answer, "body": json.dumps(taken)}


def _milliseconds(call: Any) -> float:
    began = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - began)
