"""What keeps a connection from being well, and which question tells more of it. `status` and the message of a day say
the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from functions.flows.operations.standing import DeskStanding, ReadingStanding, TenantStanding
from functions.model.frozen import Frozen

WELL = "answers"


class Trouble(Frozen):
    look: Literal["attention", "reading", "tenant", "desk"]
    told: str


def troubles(reading: ReadingStanding, tenant: TenantStanding, desk: DeskStanding) -> Iterator[Trouble]:
    """Of its systems and its desk. What is switched off is asked of nobody."""
    if reading.mode == "off":
        return
    yield from _of_shipstation(reading)
    yield from _of_ifs(tenant)
    yield from _of_the_desk(desk)


def remarks(reading: ReadingStanding, tenant: TenantStanding, desk: DeskStanding) -> Iterator[str]:
    """What is under way, and asks for nobody yet; what was mapped beside the file and is not asked any more."""
    if reading.mode != "off":
        yield from (key.exchange for key in (reading.key, tenant.key) if key is not None and key.exchange)
        yield from desk.conflicts


def _of_shipstation(reading: ReadingStanding) -> Iterator[Trouble]:
    if (shipstation := shipstation_says(reading)) != WELL:
        yield Trouble(look="reading", told=f"ShipStation {shipstation}")
    if reading.registration is not None and reading.registration.asks_for_a_person:
        yield Trouble(
            look="reading", told=f"webhooks are missing since {reading.registration.missing_since:%Y-%m-%d %H:%M} UTC"
        )
    if reading.registration is not None and reading.registration.previous_is_left:
        since = reading.registration.previous_since
        yield Trouble(look="reading", told=f"the previous webhook token is let in since {since:%Y-%m-%d}: empty it")
    if reading.key is not None and reading.key.trouble:
        yield Trouble(look="reading", told=reading.key.trouble)


def _of_ifs(tenant: TenantStanding) -> Iterator[Trouble]:
    if not tenant.is_answering:
        yield Trouble(look="tenant", told=f"IFS: {tenant.means.rstrip('.')}")
    if tenant.misfits:
        yield Trouble(look="tenant", told=f"IFS does not fit the file in {len(tenant.misfits)} places")
    if tenant.key is not None and tenant.key.trouble:
        yield Trouble(look="tenant", told=tenant.key.trouble)


def _of_the_desk(desk: DeskStanding) -> Iterator[Trouble]:
    whole = [pause.name for pause in desk.pauses if pause.scope == "connection"]
    if whole:
        yield Trouble(look="desk", told="the whole connection is paused")
    for name in desk.forgotten:
        if name not in whole:
            yield Trouble(look="desk", told=f"{name} was paused a day ago without an end")
    if desk.unheard:
        yield Trouble(look="desk", told=desk.unheard)


def shipstation_says(reading: ReadingStanding) -> str:
    if reading.not_configured:
        return reading.not_configured
    if reading.refused_since:
        return f"refuses the key since {reading.refused_since:%Y-%m-%d %H:%M} UTC"
    if reading.silent_since:
        return f"answers nothing since {reading.silent_since:%Y-%m-%d %H:%M} UTC"
    if reading.late_since:
        return f"is not read since {reading.late_since:%Y-%m-%d %H:%M} UTC"
    return WELL if reading.last_poll_at or reading.mode == "off" else "is not read yet"
