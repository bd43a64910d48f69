"""What befalls a whole tenant in a week: outages of one kind of request, nightly maintenance, a client that is refused
until its secret is replaced, an hour in which it shows nothing. Nothing of it may park an order.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.equipment.ifs.outages import BACKEND, MAINTENANCE, MISSING_BACKEND, Outage
from tests.equipment.world import CANARY, Site
from tests.simulation.week import Week

NIGHT = timedelta(hours=5)  # after midnight UTC
HOUR = timedelta(hours=1)
POD_STARTS = timedelta(minutes=20)
KINDS = ("outage of writes", "outage of metadata", "nightly maintenance", "client refused", "outage of tokens", "")


def trouble(week: Week, seed: int) -> None:
    """Every tenant has its own trouble, another one each week; and each is blind for an hour."""
    for number, site in enumerate(week.world.sites.values()):
        kind = KINDS[(seed + 2 * number) % len(KINDS)]
        if kind:
            week.begin(kind)
            _begin(week, site, kind)
        week.begin("every record hidden for an hour")
        _hide_everything(week, site)


def _begin(week: Week, site: Site, kind: str) -> None:
    start = week.share(week.random.uniform(0.1, 0.4))
    hours = timedelta(hours=week.random.uniform(2, 2.5 * week.days))
    match kind:
        case "outage of writes":
            _out(week, site, Outage("writes", start, start + hours))
        case "outage of metadata":
            _out(week, site, Outage("metadata", start, start + timedelta(hours=30), BACKEND))
        case "outage of tokens":
            _out(week, site, Outage("token", start, start + hours))
        case "nightly maintenance":
            for night in range(int(week.days)):
                at = week.start.replace(hour=0) + NIGHT + timedelta(days=night + 1)
                _out(week, site, Outage("all", at, at + HOUR, MAINTENANCE))
                _out(week, site, Outage("all", at + HOUR, at + HOUR + POD_STARTS, MISSING_BACKEND))
        case "client refused":
            # After the last deployment: only what is read anew brings the new secret.
            _refuse(week, site, week.share(week.random.uniform(0.5, 0.6)), week.share(0.8))


def _out(week: Week, site: Site, outage: Outage) -> None:
    planned = site.tenant.outages.add(outage)
    if outage.kind != "all":  # a night may be so quiet that nobody asks
        week.needs(lambda: bool(planned.met))


def _refuse(week: Week, site: Site, start: datetime, end: datetime) -> None:
    """Somebody replaced the client's secret in IFS; the one that the connector knows is replaced much later."""
    name = site.connection.name
    fresh = {f"client{name}": f"{CANARY}5{name}"}

    def refuse() -> None:
        site.tenant.clients = fresh
        site.tenant.tokens.clear()

    week.at(start, refuse)
    week.at(end, lambda: week.world.secrets.replace(f"ifs-{name}", "client_id", "client_secret", fresh))
    week.refused_clients.append((site, start, end))


def _hide_everything(week: Week, site: Site) -> None:
    start = week.hidden_at[site.connection.name] = week.share(week.random.uniform(0.72, 0.9))

    def show() -> None:
        site.tenant.sites = None

    def hide() -> None:
        site.tenant.sites = set()

    week.at(start, hide)
    week.at(start + HOUR, show)
