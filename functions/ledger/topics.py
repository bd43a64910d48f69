"""Whom the stack's alarms tell."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.log_lines import logger


class SnsTopic:
    """On a boto3 client."""

    def __init__(self, client: Any, arn: str) -> None:
        self._client, self._arn = client, arn

    def tell(self, subject: str, text: str) -> None:
        """Raises what the SDK raises: the run fails, and the next one tells."""
        self._client.publish(TopicArn=self._arn, Subject=subject, Message=text)

    def listeners(self) -> int | None:
        """How many have confirmed that they want to be told; None where that is not known. No message waits for it.
        https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
        """
        try:
            found = self._client.get_topic_attributes(TopicArn=self._arn)
            return int(found["Attributes"]["SubscriptionsConfirmed"])
        except (BotoCoreError, ClientError, KeyError, ValueError) as error:
            logger.warning("alarm_listeners_unknown", detail=type(error).__name__)
            return None
