"""What a connection with `[orders]` adds to the template, and that no other connection has any of it."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.integration


def of_type(template: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name: r["Properties"] for name, r in template["Resources"].items() if r["Type"] == kind}


def test_without_orders_nothing_of_it_is_deployed(template: dict[str, Any]) -> None:
    assert [name for name in template["Resources"] if "OrdersFlow" in name or name.startswith(("Pull", "Push"))] == []


def test_each_connection_with_orders_has_a_queue_a_schedule_and_its_own_grants(documented: dict[str, Any]) -> None:
    queues = {name: queue for name, queue in of_type(documented, "AWS::SQS::Queue").items() if "OrdersFlow" in name}
    assert len(queues) == 3
    assert all(queue["FifoQueue"] and "KmsMasterKeyId" in queue for queue in queues.values())
    fed = [queue for queue in queues.values() if "RedrivePolicy" in queue]
    assert [queue["RedrivePolicy"]["maxReceiveCount"] for queue in fed] == [5, 5]
    schedules = of_type(documented, "AWS::Scheduler::Schedule")
    rates = [each["ScheduleExpression"] for name, each in schedules.items() if "OrdersFlow" in name]
    assert rates == ["rate(5 minutes)"] * 2


def test_push_never_reaches_ifs_and_pull_reaches_shipstation_for_its_plans(documented: dict[str, Any]) -> None:
    """That it never writes there: tests/unit/handlers/test_push_plans.py."""
    functions = of_type(documented, "AWS::Lambda::Function")
    variables = {
        name: function["Environment"]["Variables"]
        for name, function in functions.items()
        if name.startswith(("Pull", "Push"))
    }
    assert len(variables) == 2
    for name, given in variables.items():
        assert "SHIPSTATION_SECRETS" in given
        assert ("IFS_SECRETS" in given) == name.startswith("Pull")


def test_both_are_watched(documented: dict[str, Any]) -> None:
    alarms = of_type(documented, "AWS::CloudWatch::Alarm")
    named = {alarm.get("MetricName") for name, alarm in alarms.items() if "orders" in name}
    assert "PushAttention" in named
    assert any("PullSilent" in name for name in alarms)
    assert {"PullErrors", "PushErrors"} <= {
        name.removeprefix("Alarms")[:10].rstrip("0123456789ABCDEF") for name in alarms
    }
