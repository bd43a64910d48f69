"""Whom the stack's alarms tell."""

from __future__ import annotations

from typing import Any


class SnsTopic:
    """On a boto3 client. Raises what the SDK raises: the run fails, and the next one tells."""

    def __init__(self, client: Any, arn: str) -> None:
        self._client, self._arn = client, arn

    def tell(self, subject: str, text: str) -> None:
        self._client.publish(TopicArn=self._arn, Subject=subject, Message=text)
