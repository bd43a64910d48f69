"""What the audit knows of an order that the ledger has lost: it was pushed after the instant that the ledger was put
back to, or its item is gone. Made again under its key it would take the warehouse's edits with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from functions.errors import Retryable
from functions.flows.to_shipstation.look import LISTED
from functions.flows.to_shipstation.step import LONGEST_SHOWN, PERSONAL, Push, Step, audited_as, delayed
from functions.model.audit import AuditEntry
from functions.model.outbound import RECALLED, Digests, OrderContent, digests, loose_address, texts
from functions.model.outcomes import Outcome, Reason
from functions.model.pushed_order import PushedOrder
from functions.model.text import digest

A_DIGEST = re.compile(r"[0-9a-f]{24}")  # what a run that died has told is told so


def recalled(flow: Push, step: Step, content: OrderContent) -> PushedOrder | None:
    """How an order ends that was made before under the key that it is about to be made under; None where it was not."""
    story = list(flow.audit.story(flow.connection.name, audited_as(flow, step.pushed)))
    if not story:
        return None
    said = digests(texts(content))
    made_at = min((entry.at for entry in story if entry.outcome != "unreadable"), default=flow.now())
    if RECALLED in step.pushed.trying and flow.now() >= made_at + LISTED:
        # It was looked for: deleted, or combined into another that is packed.
        return step.pushed.ended(step.outbound, Outcome.KEPT, Reason.ORDER_IMMUTABLE)
    written = _written(reversed(story))
    step.pushed = step.pushed.recalled(
        content,
        written,
        made_at,
        loose_address=loose_address(content.ship_to) if written.get("ship_to") == said["ship_to"] else "",
        is_cancelled=any(entry.action == "cancel" for entry in story),
    )
    return delayed(flow, step, Retryable(Reason.OUTCOME_UNKNOWN, "the ledger has lost the order"))


def _written(entries: Iterable[AuditEntry]) -> Digests:
    """What of ours each field held last, the oldest entry first. A text that was cut is nobody's, what nobody saw
    arrive was typed over.
    """
    written: Digests = {}
    for entry in (each for each in entries if each.outcome != "outcome_unknown"):
        for field, change in entry.changes.items():
            text = change.after or ""
            is_told = field in PERSONAL and bool(text)
            written[field] = text if is_told or A_DIGEST.fullmatch(text) else digest(text)
            if len(text) >= LONGEST_SHOWN:
                written[field] = ""
    return written
