"""CloudFormation's custom resources: what it is answered.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from functions.wiring.telemetry import logger

if TYPE_CHECKING:
    import requests

TRIES = 3
SECONDS = 10  # for one answer
LONGEST_REASON = 200


class NotAnsweredError(Exception):
    """CloudFormation goes on waiting; Lambda repeats the run."""


def succeed(session: requests.Session, event: Mapping[str, Any], physical_id: str, act: Callable[[], str]) -> None:
    """Whatever `act` raises, CloudFormation is told of a success, with a sentence. Raises NotAnsweredError."""
    try:
        reason = act()
    except Exception as fault:  # noqa: BLE001 # no fault of ours or a vendor's may hold up a stack that is deleted
        reason = f"nothing more was done: {type(fault).__name__}"
        logger.error("custom_resource_failed", request=event.get("RequestType"), error=type(fault).__name__)
    answer = {name: event.get(name) for name in ("StackId", "RequestId", "LogicalResourceId")}
    told = {"Status": "SUCCESS", "Reason": reason[:LONGEST_REASON], "PhysicalResourceId": physical_id, **answer}
    _put(session, str(event["ResponseURL"]), json.dumps(told).encode())


def _put(session: requests.Session, url: str, body: bytes) -> None:
    """The address is signed for a request without a content type, and is as good as a key: it stands in no error."""
    import requests  # noqa: PLC0415 # by whoever calls it

    for _ in range(TRIES):
        try:
            response = session.put(url, data=body, timeout=SECONDS)  # of bytes it names no type
        except requests.RequestException:
            continue
        if response.status_code == HTTPStatus.OK:
            return
    raise NotAnsweredError
