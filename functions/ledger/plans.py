"""Replay plans, kept for their lifetime."""

from __future__ import annotations

from datetime import datetime

from boto3.dynamodb.conditions import Attr

from functions.ledger.items import from_item, to_item
from functions.ledger.table import EXPIRES, PARTITION, SORT, Table
from functions.model.plans import Plan

PLAN = "plan"
OWN = {PARTITION, SORT, "schema_version"}


class PlanStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, plan: Plan) -> bool:
        """False when a plan of this id stands already."""
        return self._table.put(_item(plan), condition=Attr(PARTITION).not_exists())

    def get(self, plan_id: str) -> Plan | None:
        item = self._table.get(_partition(plan_id), PLAN)
        if item is None:
            return None
        return Plan.model_validate({k: v for k, v in from_item(item).items() if k not in OWN})

    def mark_applied(self, plan_id: str, at: datetime) -> bool:
        """False when it was applied before."""
        plan = self.get(plan_id)
        if plan is None:
            return False
        applied = plan.model_copy(update={"applied_at": at})
        return self._table.put(_item(applied), condition=Attr("applied_at").not_exists())


def _partition(plan_id: str) -> str:
    return f"plan#{plan_id}"


def _item(plan: Plan) -> dict[str, object]:
    body = plan.model_dump(mode="json", exclude_none=True)
    body[EXPIRES] = int(plan.expires_at.timestamp())
    return to_item({**body, PARTITION: _partition(plan.plan_id), SORT: PLAN})
