"""What a connection file may say and hardly means. Nothing is refused for it: synthesis and check tell it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any
from urllib.parse import urlsplit

from functions.connections.align import Stock
from functions.connections.connection import Connection
from functions.connections.vendors import OrderReference
from functions.model.fit import Finding, Severity
from functions.model.records import FieldName

FAR = timedelta(days=92)  # a start that is further off is taken for a slip of the year
EARLY = datetime(2010, 1, 1, tzinfo=UTC)  # so is one from before ShipStation
# A pattern with the wildcards of a file's name and with nothing that only a regular expression has.
GLOB = re.compile(r"(?=.*[*?])([\w\s#/:@*?-]|\.(?![*?+{]))+")


def remarks(connection: Connection, now: datetime) -> tuple[Finding, ...]:
    """Each names its key. `now` is an instant."""
    return (
        *_off(connection),
        *_before_go_live(connection, now),
        *_long_ago(connection),
        *_hosts(connection),
        *_unsigned(connection),
        *_sites(connection),
        *_maps(connection),
        *_globs(connection),
        *_twice(connection.model_dump(mode="json")),
    )


def neighbours(connections: Iterable[Connection]) -> Iterator[tuple[Connection, Finding]]:
    """What two files say together, told of the second one."""
    for first, second in combinations(connections, 2):
        shared = second.delivers_beside(first)
        if shared:
            sentence = (
                f"{first.called} delivers to the same tenant and company {shared}. Their requests to IFS add up; each "
                "remembers its own records alone, and takes what the other one wrote for a person's value."
            )
            advice = "Let one file serve both, or name other stores, sites or fields in each."
            yield second, Finding(subject="ifs.base_url", severity="note", sentence=sentence, advice=advice)


def _off(connection: Connection) -> Iterator[Finding]:
    if connection.mode == "off":
        sentence = "The connection is off: nothing is read and nothing is written."
        yield Finding(subject="mode", severity="note", sentence=sentence, advice='Set mode = "shadow" to begin.')


def _before_go_live(connection: Connection, now: datetime) -> Iterator[Finding]:
    ahead = connection.go_live_at - now
    if ahead > timedelta(0):
        severity: Severity = "misfit" if ahead > FAR else "note"
        sentence = f"go_live_at is {_span(ahead)} ahead; until then every label is skipped as before_go_live."
        yield Finding(
            subject="go_live_at", severity=severity, sentence=sentence, advice="Compare the day and the year."
        )


def _long_ago(connection: Connection) -> Iterator[Finding]:
    if connection.go_live_at < EARLY:
        sentence = f"go_live_at is in the year {connection.go_live_at.year}: every label that is read is in scope."
        yield Finding(subject="go_live_at", severity="note", sentence=sentence, advice="Compare the day and the year.")


def _span(ahead: timedelta) -> str:
    return f"{ahead.days} days" if ahead.days > 1 else f"{ahead.total_seconds() / 3600:.0f} hours"


def _hosts(connection: Connection) -> Iterator[Finding]:
    base, token = (urlsplit(url).netloc for url in (connection.ifs.base_url, connection.ifs.token_url))
    if base != token:
        sentence = f"base_url is at {base}, token_url at {token}: perhaps two environments."
        yield Finding(subject="ifs.token_url", severity="note", sentence=sentence, advice="Compare both addresses.")


def _unsigned(connection: Connection) -> Iterator[Finding]:
    account = connection.shipstation
    if account.api == "v1" and account.webhook_signature == "require":
        sentence = "V1 is read, and V1's webhooks are unsigned: each of them is answered 404."
        advice = 'Leave webhook_signature = "accept" until every webhook is one of V2.'
        yield Finding(subject="shipstation.webhook_signature", severity="note", sentence=sentence, advice=advice)


def _sites(connection: Connection) -> Iterator[Finding]:
    """Keys that are sites, and are none of those that the file names."""
    ours = {site for view in connection.views for site in view.ifs.sites}
    orders, stock = connection.orders, connection.aligning("stock")
    tables = {
        "ifs.site_time_zones": (connection.ifs.site_time_zones, ()),
        "orders.warehouses": (orders.warehouses, orders.sites) if orders else ((), ()),
        "align.locations": (stock.locations, ()) if isinstance(stock, Stock) else ((), ()),
    }
    for key, (entries, more) in tables.items():
        named = ours.union(more) if ours else set[str]()
        for site in entries if named else ():
            if site not in named:
                sentence = f"{site} is none of the sites that the file names: {', '.join(sorted(named))}."
                advice = "Correct the site's name, or add it to ifs.sites."
                yield Finding(subject=key, severity="note", sentence=sentence, advice=advice)


def _maps(connection: Connection) -> Iterator[Finding]:
    maps = (("carriers", FieldName.CARRIER, connection.carriers), ("services", FieldName.SERVICE, connection.services))
    for table, field, entries in maps:
        is_written = any(field in target.rules for view in connection.views for target in view.ifs.targets)
        if entries and not is_written:
            sentence = f"[{table}] is filled and no target writes the {field}: nothing of it reaches IFS."
            advice = f'Give {field} in a target another policy than "never", or remove [{table}].'
            yield Finding(subject=table, severity="note", sentence=sentence, advice=advice)
        if is_written and not entries:
            sentence = f"A target writes the {field} and [{table}] has no entry: every order ends as {field}_unmapped."
            advice = f'Fill [{table}], or set policy = "never" for {field}.'
            yield Finding(subject=table, severity="note", sentence=sentence, advice=advice)


def _globs(connection: Connection) -> Iterator[Finding]:
    for place, reference in _references(connection):
        for pattern in filter(GLOB.fullmatch, reference.ignore):
            meant = pattern.replace(".", r"\.").replace("*", ".*").replace("?", ".")
            sentence = f"{pattern} reads like a file's wildcard; in a regular expression * and ? repeat what precedes."
            advice = f"Write '{meant}' if anything may stand there."
            yield Finding(subject=f"{place}.ignore", severity="note", sentence=sentence, advice=advice)


def _references(connection: Connection) -> Iterator[tuple[str, OrderReference]]:
    parts = {"shipstation": connection.shipstation}
    for table, part in {**parts, **{f"stores.{key}": own for key, own in connection.stores.overrides.items()}}.items():
        for key in ("order_reference", "shipment_id"):
            if reference := getattr(part, key):
                yield f"{table}.{key}", reference


def _twice(content: Mapping[str, Any], at: str = "") -> Iterator[Finding]:
    """Of any list of words or numbers, whatever it is called."""
    for key, value in content.items():
        place = f"{at}{key}"
        for each in [value] if isinstance(value, dict) else value if isinstance(value, list) else ():
            if isinstance(each, dict):
                yield from _twice(each, f"{place}.")
        again = _again(value) if isinstance(value, list) else ()
        for entry in again:
            yield Finding(subject=place, severity="note", sentence=f"{entry} stands there twice.", advice="Keep one.")


def _again(entries: list[Any]) -> list[str]:
    plain = [str(entry) for entry in entries if isinstance(entry, str | int)]
    return list(dict.fromkeys(entry for number, entry in enumerate(plain) if entry in plain[:number]))
