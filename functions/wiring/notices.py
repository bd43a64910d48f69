"""Tells whom the stack's alarms tell."""

from __future__ import annotations

from collections.abc import Callable

import boto3

from functions.wiring.aws import SDK


def publisher(topic: str) -> Callable[[str, str], None]:
    """Called with subject and text. Raises what the SDK raises."""
    client = boto3.client("sns", config=SDK)

    def publish(subject: str, text: str) -> None:
        client.publish(TopicArn=topic, Subject=subject, Message=text)

    return publish
