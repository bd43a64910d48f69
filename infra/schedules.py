"""The one place that makes schedules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from constructs import Construct


def every(
    scope: Construct,
    rate: Duration,
    function: lambda_.Function,
    event: Mapping[str, Any],
    *,
    of: str = "",
    description: str,
) -> None:
    """Invokes the function with this event; a run that is missed comes with the next. `of` tells schedules of one
    function apart.
    """
    target = targets.LambdaFunction(
        function,
        event=events.RuleTargetInput.from_object(dict(event)),
        retry_attempts=0,  # EventBridge's own, beside Lambda's
    )
    name = f"Every-{of}" if of else "Every"
    events.Rule(scope, name, description=description, schedule=events.Schedule.rate(rate), targets=[target])
