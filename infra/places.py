"""How many Lambdas a stack may run at once, of those that an account allows."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler


def places(stack: Stack) -> str:
    """A queue takes at most as many as its mapping says; of a schedule one, because its runs end before the next."""
    made = stack.node.find_all()
    queues = sum(_most(each) for each in made if isinstance(each, lambda_.CfnEventSourceMapping))
    schedules = sum(isinstance(each, scheduler.CfnSchedule) for each in made)
    return f"{queues + schedules}: {queues} for queues, {schedules} for schedules"


def _most(mapping: lambda_.CfnEventSourceMapping) -> int:
    scaling = mapping.scaling_config
    assert isinstance(scaling, lambda_.CfnEventSourceMapping.ScalingConfigProperty)
    assert scaling.maximum_concurrency is not None
    return int(scaling.maximum_concurrency)
