"""A key that is about to expire is told before anything stands still."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from functions.flows.operations.key_standing import KeyStanding, key_standing
from functions.handlers.release import HOURLY
from functions.ledger.items import read_as, to_item
from functions.model.key_expiry import KeyExpiry
from tests.equipment.memory_aws.secrets import pair
from tests.equipment.quiet_connection import START, asked, quiet_world, run, schedule
from tests.equipment.world import Site, World

TODAY = datetime(2026, 6, 1, 9, tzinfo=UTC)
KEY, CLIENT = "ShipStation's key", "the secret of the client in IFS"


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        ("", None),
        ("  ", None),
        ("2026-07-02", ""),
        ("2026-07-01", "K expires in 30 days, on 2026-07-01"),
        ("2026-06-03", "K expires in 2 days, on 2026-06-03"),
        ("2026-06-02", "K expires tomorrow, on 2026-06-02"),
        ("2026-06-01", "K expires today, on 2026-06-01"),
        ("2026-05-31", "K expired, on 2026-05-31"),
        (" 2026-06-01\n", "K expires today, on 2026-06-01"),
        ("1.7.2026", "K: expires_on in its secret is no day such as 2027-03-31"),
        ("2026-13-01", "K: expires_on in its secret is no day such as 2027-03-31"),
        ("2026-06-01T12:00:00Z", "K: expires_on in its secret is no day such as 2027-03-31"),
    ],
)
def test_what_a_secret_says_is_told_from_thirty_days_before(said: str, trouble: str | None) -> None:
    standing = key_standing("shipstation", KeyExpiry.of(said), TODAY)
    assert (standing.trouble if standing else None) == (trouble and trouble.replace("K", KEY, 1))


def say(world: World, site: Site, *, key: str | None = None, client: str | None = None) -> None:
    """The person who made them writes it into the secrets; everybody has read them within two hours."""
    own = pair("api_key", "api_secret", site.account.keys)
    ours = pair("client_id", "client_secret", site.tenant.clients)
    world.secrets.put("ss-acme", own | ({"expires_on": key} if key is not None else {}))
    world.secrets.put("ifs-acme", ours | ({"expires_on": client} if client is not None else {}))
    until = (world.now() + timedelta(hours=3)).replace(minute=HOURLY, second=1)
    schedule(world, until, "poll")
    site.tenant.add_shipment([("P1", "BOLT", 1)])
    site.account.ship(site.account.add_order("P1", items=[{"sku": "BOLT", "quantity": 1}]))
    run(world, until)
    asked(world, {"connection": "acme"}, "release")


def looked(world: World, look: str) -> dict[str, Any]:
    return asked(world, {"show": look, "connection": "acme"}, "inspect")


def standing(world: World, look: str) -> KeyStanding | None:
    told = looked(world, look).get("key")
    return KeyStanding.model_validate(told) if told else None


def test_status_tells_of_both_vendors_and_of_each_where_it_stands() -> None:
    world, site = quiet_world()
    soon, later = START.date() + timedelta(days=12), START.date() + timedelta(days=200)
    say(world, site, key=str(soon), client=str(later))
    key, client = standing(world, "reading"), standing(world, "tenant")
    assert key is not None
    assert (key.days_left, key.trouble) == (12, f"{KEY} expires in 12 days, on {soon}")
    assert client is not None
    assert (client.days_left, client.trouble) == (200, "")
    (line,) = asked(world, {"show": "status"}, "inspect")["connections"]
    assert f"{KEY} expires in 12 days, on {soon}" in [trouble["told"] for trouble in line["troubles"]]


def test_a_new_key_with_a_new_day_or_none_is_no_trouble_any_more() -> None:
    world, site = quiet_world()
    say(world, site, key=str(START.date()), client=str(START.date()))
    assert (standing(world, "reading"), standing(world, "tenant")) != (None, None)
    say(world, site, key=str(START.date() + timedelta(days=365)), client="")
    key = standing(world, "reading")
    assert key is not None
    assert key.trouble == ""
    assert standing(world, "tenant") is None


def test_a_secret_that_is_replaced_without_a_day_says_nothing_any_more() -> None:
    world, site = quiet_world()
    say(world, site, key=str(START.date()), client=str(START.date()))
    say(world, site)
    assert (standing(world, "reading"), standing(world, "tenant")) == (None, None)


def test_a_damaged_item_says_nothing() -> None:
    world, _ = quiet_world()
    assert world.tables["ledger"].put({"pk": "key#acme", "sk": "ifs", "expires_on": "soon"})
    assert standing(world, "tenant") is None


def test_what_was_mistyped_is_told_without_being_repeated() -> None:
    world, site = quiet_world()
    say(world, site, client="CanaryNextSummer")
    client = standing(world, "tenant")
    assert client is not None
    assert client.trouble == f"{CLIENT}: expires_on in its secret is no day such as 2027-03-31"
    assert "CanaryNextSummer" not in world.logs.getvalue() + str(looked(world, "tenant"))


def test_a_secret_that_says_nothing_writes_nothing() -> None:
    world, site = quiet_world()
    say(world, site)
    assert not list(world.tables["ledger"].scan(prefix="key#"))


def test_an_item_of_the_version_before_is_read_and_one_of_this_version_by_that() -> None:
    before = {"schema_version": 2, "expires_on": "2027-03-31", "is_unreadable": False}
    assert read_as(KeyExpiry, before) == KeyExpiry(expires_on=date(2027, 3, 31))
    exchanged = KeyExpiry.of("2027-03-31").beside_a_next(TODAY, "next")
    stored = to_item({**exchanged.model_dump(mode="json"), "pk": "key#acme", "sk": "ifs"})
    assert set(before) <= set(stored), "what it knew keeps its name and its meaning"
    assert read_as(KeyExpiry, stored) == exchanged
