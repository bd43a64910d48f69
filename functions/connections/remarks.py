"""What a connection file may say and hardly means. Nothing is refused for it: synthesis and check tell it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from functions.connections.connection import Connection
from functions.model.fit import Finding, Severity

FAR = timedelta(days=92)  # a start that is further off is taken for a slip of the year


def remarks(connection: Connection, now: datetime) -> tuple[Finding, ...]:
    """Each names its key. `now` is an instant."""
    return (*_off(connection), *_before_go_live(connection, now), *_hosts(connection), *_zones(connection))


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


def _span(ahead: timedelta) -> str:
    return f"{ahead.days} days" if ahead.days > 1 else f"{ahead.total_seconds() / 3600:.0f} hours"


def _hosts(connection: Connection) -> Iterator[Finding]:
    base, token = (urlsplit(url).netloc for url in (connection.ifs.base_url, connection.ifs.token_url))
    if base != token:
        sentence = f"base_url is at {base}, token_url at {token}: perhaps two environments."
        yield Finding(subject="ifs.token_url", severity="note", sentence=sentence, advice="Compare both addresses.")


def _zones(connection: Connection) -> Iterator[Finding]:
    named = {site for view in connection.views for site in view.ifs.sites}
    for site in connection.ifs.site_time_zones if named else ():
        if site not in named:
            sentence = f"{site} has a time zone and is none of the sites: {', '.join(sorted(named))}."
            advice = "Correct the site's name, or add it to ifs.sites."
            yield Finding(subject="ifs.site_time_zones", severity="note", sentence=sentence, advice=advice)
