"""Judges how the vendors were asked: never over a limit, never hammered while they refuse, never by page number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import pairwise

from tests.equipment.world import Site
from tests.simulation.week import Week

PROBE = timedelta(seconds=15)  # a minute, less what the environments' clocks differ
UNDER_WAY = 5
BEGUN = timedelta(seconds=15)  # what was under way: a search of several pages, and readings one by one
CLOCKS = timedelta(minutes=1)  # those of two environments differ by less
TOLD = timedelta(seconds=10)  # from an answer until the circuit has it
PAGE_SIZE = 7
DENSE = timedelta(seconds=4)  # the second itself, what bounds are trusted, open bounds, rows a moment out of order
PUSHED_PAGES = {100, 500}  # in either API: of what was pushed, a whole list is asked for to its end
OPENS = timedelta(minutes=15)  # until a circuit is open
PROBES_A_MINUTE, BESIDE = 3, 20  # one look, a GET tried three times; what was under way
SILENT_PROBES = 1.1  # a minute, with clocks that differ
PATCHES_IN_VAIN = 20
IN_TROUBLE = 10  # more: an answer lost on the way makes a look begin again, a person's replay asks for what was refused


def of_site(week: Week, site: Site) -> Iterator[str]:
    yield from _throttled(site)
    yield from _hammered_key(site)
    yield from _hammered_silence(week, site)
    yield from _hammered_tenant(week, site)
    yield from _asked_too_early(week, site)
    yield from _numbered_pages(site)
    yield from _patched_in_vain(week, site)


def _throttled(site: Site) -> Iterator[str]:
    if site.account.counts["429"]:
        yield f"{site.connection.name}: {site.account.counts['429']} requests over ShipStation's limit"


def _hammered_key(site: Site) -> Iterator[str]:
    """While ShipStation refuses the key, one probe a minute is enough. Some requests were under way when it ran out;
    a check that a person runs falls beside a probe now and then.
    """
    refused = [request.at for request in site.account.requests if request.status == HTTPStatus.UNAUTHORIZED]
    hasty = sum(later - earlier < PROBE for earlier, later in pairwise(refused))
    if hasty > 4 * UNDER_WAY:
        yield f"{site.connection.name}: a refused key was tried again within {PROBE.seconds} s {hasty} times"


def _hammered_silence(week: Week, site: Site) -> Iterator[str]:
    """While ShipStation answers nothing, one probe a minute is enough."""
    for each, start, end in week.silences:
        if each is site:
            failed = [r.at for r in site.account.requests if r.status == HTTPStatus.INTERNAL_SERVER_ERROR]
            # Nobody learns of it before somebody asks, with looks an hour apart.
            told = min((at for at in failed if start <= at < end), default=end)
            hits = sum(told + OPENS <= at < end for at in failed)
            minutes = max(0.0, (end - told - OPENS) / timedelta(minutes=1))
            if hits > SILENT_PROBES * minutes + BESIDE:
                yield f"{site.connection.name}: {hits} requests in {minutes:.0f} minutes of silence"


def _hammered_tenant(week: Week, site: Site) -> Iterator[str]:
    """While IFS serves nothing of a kind, or refuses the client, it is asked about once a minute."""
    for outage in site.tenant.outages.planned:
        yield from _hammered(site, f"outage of {outage.kind}", outage.start, outage.end, outage.met)
    for each, start, end in week.refused_clients:
        if each is site:
            refusals = [
                r.at for r in site.tenant.requests if r.status == HTTPStatus.UNAUTHORIZED and "/auth/" in r.path
            ]
            yield from _hammered(site, "refused client", start, end, refusals)


def _hammered(site: Site, what: str, start: datetime, end: datetime, met: list[datetime]) -> Iterator[str]:
    hits = sum(start + OPENS <= at < end for at in met)
    minutes = max(0.0, (end - start - OPENS) / timedelta(minutes=1))
    if hits > PROBES_A_MINUTE * minutes + BESIDE:
        yield f"{site.connection.name}: {hits} requests in {minutes:.0f} minutes of {what}"


def _asked_too_early(week: Week, site: Site) -> Iterator[str]:
    """A tenant that says for how long it is busy is left alone for so long. What was under way elsewhere is not called
    back: a search of several pages, begun on an earlier look at the circuit. Where the answer was lost, or the run died
    that was told, the next looks know nothing of it.
    """
    served = [request for request in site.tenant.requests if "/auth/" not in request.path]
    for busy in (request for request in served if request.retry_after):
        until = busy.at + timedelta(seconds=int(busy.retry_after or 0)) - CLOCKS
        early = sum(busy.at + BEGUN <= request.at < until for request in served)
        if early > UNDER_WAY and not any(busy.at <= at < busy.at + TOLD for at in week.world.unheard):
            yield f"{site.connection.name}: asked {early} times before Retry-After was over"


def _numbered_pages(site: Site) -> Iterator[str]:
    """Rows move while they are read: only within a second that holds more of them than a page, as that of a pick wave,
    a list may be read by page number, and as often as it is looked at. A page that is halved to find the row that
    breaks it is smaller than any other.
    """
    by_number = [page for page in site.account.numbered if page.size >= PAGE_SIZE and page.size not in PUSHED_PAGES]
    wide = [page for page in by_number if page.reach > DENSE]
    if wide:
        first = min(wide, key=lambda page: page.at)
        yield (
            f"{site.connection.name}: {len(wide)} pages over more than a second were asked for by number, first at "
            f"{first.at:%d %H:%M:%S} over {first.reach.total_seconds():.0f} s"
        )


def _patched_in_vain(week: Week, site: Site) -> Iterator[str]:
    for expectation in week.patched_in_vain:
        if expectation.site is site:
            address = f"(ShipmentId={expectation.shipment_id})"
            tries = sum(r.method == "PATCH" and r.path.endswith(address) for r in site.tenant.requests)
            if tries > PATCHES_IN_VAIN + IN_TROUBLE:
                yield f"{site.connection.name}/{expectation.shipment_id}: {tries} PATCHes of a record that always fails"
