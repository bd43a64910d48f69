"""Where alarms go: one topic that CloudWatch may publish to, and whoever is subscribed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from aws_cdk import ArnFormat, CfnOutput, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct


class SubscriberError(Exception):
    """Says what a subscriber may be; never what was given: an address may hold a key."""


def subscribers(text: str) -> list[sns.ITopicSubscription]:
    """E-mail and https addresses, between commas."""
    return [_subscriber(each.strip()) for each in text.split(",")]


def _subscriber(address: str) -> sns.ITopicSubscription:
    if re.fullmatch(r"[^\s@:/]+@[^\s@:/]+\.[^\s@:/.]+", address):
        return subscriptions.EmailSubscription(address)
    if re.fullmatch(r"https://[^\s/]+(/\S*)?", address):
        return subscriptions.UrlSubscription(address)
    raise SubscriberError("-c alarms=… takes e-mail addresses and https addresses, with commas between them")


def alarm_topic(scope: Construct, *, key: kms.IKey, told: Iterable[sns.ITopicSubscription]) -> sns.Topic:
    topic = sns.Topic(scope, "Topic", master_key=key, enforce_ssl=True)
    _let_alarms_in(topic, key)
    for subscriber in told:
        topic.add_subscription(subscriber)
    CfnOutput(Stack.of(scope), "AlarmTopic", value=topic.topic_arn)
    return topic


def _let_alarms_in(topic: sns.Topic, key: kms.IKey) -> None:
    """Both policies are asked: CloudWatch comes as itself, and the account's own statement does not cover it.
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
    """
    topic.add_to_resource_policy(_by_alarms(topic, "sns:Publish", resource=topic.topic_arn))
    key.add_to_resource_policy(_by_alarms(topic, "kms:Decrypt", "kms:GenerateDataKey*", resource="*"))


def _by_alarms(topic: sns.Topic, *actions: str, resource: str) -> iam.PolicyStatement:
    stack = Stack.of(topic)
    alarms = stack.format_arn(
        service="cloudwatch", resource="alarm", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
    return iam.PolicyStatement(
        principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions=[*actions],
        resources=[resource],
        conditions={
            "StringEquals": {"aws:SourceAccount": stack.account},
            "ArnLike": {"aws:SourceArn": alarms},
        },
    )
