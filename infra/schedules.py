"""The one place that makes schedules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

GROUP = "Schedules"
RARE = Duration.hours(1)
SHORTEST_AGE_SECONDS = 60  # that the Scheduler takes
RETRIES = 5


def every(
    scope: Construct,
    rate: Duration,
    function: lambda_.Function,
    event: Mapping[str, Any],
    *,
    of: str = "",
    description: str,
) -> scheduler.CfnSchedule:
    """Invokes the function with this event. `of` tells schedules of one function apart."""
    return scheduler.CfnSchedule(
        scope,
        f"Every-{of}" if of else "Every",
        description=description,
        group_name=_group(scope).ref,
        schedule_expression=scheduler.ScheduleExpression.rate(rate).expression_string,
        flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
        target=scheduler.CfnSchedule.TargetProperty(
            arn=function.function_arn,
            role_arn=_role(function).role_arn,
            input=json.dumps(dict(event), separators=(",", ":")),
            retry_policy=_retries(rate),
        ),
    )


def _retries(rate: Duration) -> scheduler.CfnSchedule.RetryPolicyProperty:
    """Of an invocation that Lambda did not take; without a word the Scheduler tries for a day. The next minute comes
    anyway; an hour, or a day, is not waited for.
    """
    is_rare = rate.to_seconds() >= RARE.to_seconds()
    return scheduler.CfnSchedule.RetryPolicyProperty(
        maximum_retry_attempts=RETRIES if is_rare else 0,
        maximum_event_age_in_seconds=rate.to_seconds() / 4 if is_rare else SHORTEST_AGE_SECONDS,
    )


def _group(scope: Construct) -> scheduler.CfnScheduleGroup:
    """Of the stack, so that its schedules are seen together."""
    stack = Stack.of(scope)
    found = stack.node.try_find_child(GROUP)
    if isinstance(found, scheduler.CfnScheduleGroup):
        return found
    return scheduler.CfnScheduleGroup(stack, GROUP)


def _role(function: lambda_.Function) -> iam.Role:
    """One for each function: it invokes that one, for schedules of this stack.
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    """
    found = function.node.try_find_child("Scheduled")
    if isinstance(found, iam.Role):
        return found
    ours = {"aws:SourceAccount": Stack.of(function).account, "aws:SourceArn": _group(function).attr_arn}
    role = iam.Role(
        function,
        "Scheduled",
        assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com", conditions={"StringEquals": ours}),
    )
    role.add_to_policy(iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function.function_arn]))
    return role
