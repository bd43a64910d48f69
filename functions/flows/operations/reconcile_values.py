"""When two values are the same for a comparison, and the words that a text holds. Written once more: how the deliveries
compare is not asked.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from functions.model.records import FieldName


def same(name: FieldName, said: str | None, holds: str | None) -> bool:
    if name is FieldName.SHIP_DATE:
        return (said or "")[:10] == (holds or "")[:10]
    if name is FieldName.COST and said and holds:
        try:
            return Decimal(said) == Decimal(holds)
        except InvalidOperation:
            return False
    return folded(said or "") == folded(holds or "")


def words(text: str | None, separator: str) -> list[str]:
    parts = re.split(re.escape(separator.strip()) if separator.strip() else r"\s+", text or "")
    return [word for part in parts if (word := folded(part))]


def folded(text: str) -> str:
    return " ".join(text.casefold().split())
