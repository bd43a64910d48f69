"""SQS batches: every message is read through its model; one that cannot be read fails alone and ends in the DLQ."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from functions.wiring.telemetry import logger

Message = TypeVar("Message")


def read(records: Iterable[dict[str, Any]], model: type[Message]) -> tuple[dict[str, Message], list[str]]:
    """The readable messages by message id, and the ids of the others."""
    messages: dict[str, Message] = {}
    unreadable: list[str] = []
    for record in records:
        message = parsed(record["body"], model)
        if message is None:
            # Its id alone: the body may hold anything.
            logger.error("message_unreadable", message_id=record["messageId"], model=model.__name__)
            unreadable.append(record["messageId"])
        else:
            messages[record["messageId"]] = message
    return messages, unreadable


def repeated(records: Iterable[dict[str, Any]]) -> set[str]:
    """The ids of those that were handed out before. Source: Amazon SQS, ApproximateReceiveCount."""
    return {r["messageId"] for r in records if int(r["attributes"]["ApproximateReceiveCount"]) > 1}


def parsed(body: str, model: type[Message]) -> Message | None:
    """None where the body is nothing of this kind."""
    try:
        message: Message = _reader(model).validate_json(body, extra="ignore")  # type: ignore[arg-type] # any class can be a key
    except ValidationError:
        return None
    return message


@cache
def _reader(model: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(model)


def failures(message_ids: Iterable[str]) -> dict[str, Any]:
    """The partial batch response: these come back, the others are done."""
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in message_ids]}
