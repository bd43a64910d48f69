"""Instants as requests name them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

FIRST_YEAR, LAST_YEAR = 1970, 9998  # beyond them no other zone can name an instant, and no vendor has any


def _has_a_day_everywhere(at: datetime) -> datetime:
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"is of none of the years {FIRST_YEAR} to {LAST_YEAR}")
    return at


Instant = Annotated[AwareDatetime, AfterValidator(_has_a_day_everywhere)]
