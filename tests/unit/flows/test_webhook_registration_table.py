"""What is made, kept and removed of the subscriptions that an account has, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr

from functions.flows.operations.webhook_registration import RegistrationPlan, planned
from functions.model.connection_name import ConnectionName
from functions.model.registration import Subscription
from functions.model.webhook_address import Tokens, WebhookAddress, mark_of

API = "https://abc.execute-api.eu-central-1.amazonaws.com"
HERE = f"{API}/webhooks/acme"
ADDRESS = WebhookAddress.of(API, ConnectionName("acme"))
NEW, OLD, GONE = "n3w-token", "0ld-token", "g0ne-token"
TOKENS = Tokens(current=SecretStr(NEW), previous=SecretStr(OLD))
ALONE = Tokens(current=SecretStr(NEW))
SHIP, ORDER = "SHIP_NOTIFY", "ORDER_NOTIFY"
LABEL = "label_created_v2"


EVENTFUL = ADDRESS.with_mark(SecretStr(NEW), LABEL)


def marked(token: str) -> str:
    return f"?token={mark_of(SecretStr(token))}"


def v1(
    number: int, url: str = f"{HERE}/{NEW}", event: str = SHIP, store: str | None = None, *, is_active: bool = True
) -> Subscription:
    """As V1 shows one: it sends no header."""
    made = {"id": str(number), "event": event, "address": SecretStr(url), "store": store, "is_active": is_active}
    return Subscription.model_validate({**made, "header": SecretStr("")})


def v2(number: int, header: str | None = NEW, url: str = HERE, event: str = LABEL) -> Subscription:
    """As V2 shows one; None: without a word about headers."""
    shown = SecretStr(header) if header is not None else None
    return Subscription(id=f"se-{number}", event=event, address=SecretStr(url), header=shown)


@dataclass
class Row:
    """`make`, `keep` and `remove` as the plan tells them: events, ids, ids."""

    name: str
    found: Sequence[Subscription]
    make: Sequence[str] = ()
    keep: Sequence[str] = ()
    remove: Sequence[str] = ()
    wanted: Sequence[str] = (SHIP,)
    tokens: Tokens = TOKENS
    marks: dict[str, str] = field(default_factory=dict)
    instead_of: str | None = None


ROWS = [
    Row("nothing is there", [], make=[SHIP]),
    Row("of two one is missing", [v1(1)], keep=["1"], make=[ORDER], wanted=[SHIP, ORDER]),
    Row("both are there", [v1(1), v1(2, event=ORDER)], keep=["1", "2"], wanted=[SHIP, ORDER]),
    Row("nothing is wanted and nothing there", [], wanted=[]),
    Row("what is not wanted any more stays while its token opens", [v1(1)], wanted=[]),
    Row("what is not wanted stays while its earlier token opens", [v1(1, f"{HERE}/{OLD}")], wanted=[]),
    Row("what is not wanted goes with its token", [v1(1, f"{HERE}/{GONE}")], wanted=[], remove=["1"]),
    Row("an event beside it is left alone", [v1(1), v1(2, event="ITEM_SHIP_NOTIFY")], keep=["1"]),
    Row("an event beside it with a dead token", [v1(1), v1(2, f"{HERE}/{GONE}", "OTHER")], keep=["1"], remove=["2"]),
    Row("the earlier token", [v1(1, f"{HERE}/{OLD}")], make=[SHIP], remove=["1"], instead_of="1"),
    Row("the earlier token beside the current one", [v1(1, f"{HERE}/{OLD}"), v1(2)], keep=["2"], remove=["1"]),
    Row("an earlier token that is emptied", [v1(1, f"{HERE}/{OLD}"), v1(2)], keep=["2"], remove=["1"], tokens=ALONE),
    Row("a token of long ago", [v1(1, f"{HERE}/{GONE}")], make=[SHIP], remove=["1"], instead_of="1"),
    Row("no token at all", [v1(1, HERE)], make=[SHIP], remove=["1"], instead_of="1"),
    Row("an empty token", [v1(1, f"{HERE}/")], make=[SHIP], remove=["1"], instead_of="1"),
    Row("a path below the token", [v1(1, f"{HERE}/{NEW}/x")], make=[SHIP], remove=["1"], instead_of="1"),
    Row("no current token is an empty one", [v1(1, HERE)], make=[SHIP], remove=["1"], tokens=ALONE, instead_of="1"),
    Row("inactive", [v1(1, is_active=False)], make=[SHIP], remove=["1"], instead_of="1"),
    Row("inactive beside an active one", [v1(1, is_active=False), v1(2)], keep=["2"], remove=["1"]),
    Row("inactive of another event", [v1(1), v1(2, event=ORDER, is_active=False)], keep=["1"]),
    Row("for one store alone", [v1(1, store="100001")], make=[SHIP]),
    Row("for one store beside one for all", [v1(1, store="100001"), v1(2)], keep=["2"]),
    Row("for one store with the earlier token", [v1(1, f"{HERE}/{OLD}", store="7"), v1(2)], keep=["2"]),
    Row("for one store with a dead token", [v1(1, f"{HERE}/{GONE}", store="7"), v1(2)], keep=["2"], remove=["1"]),
    Row("doubled: the older one stays", [v1(12), v1(9), v1(13)], keep=["9"], remove=["12", "13"]),
    Row("foreign: another host", [v1(1, f"https://shop.example.com/webhooks/acme/{NEW}")], make=[SHIP]),
    Row("foreign: a host that goes on", [v1(1, f"{API}.evil.example/webhooks/acme/{NEW}")], make=[SHIP]),
    Row("foreign: a host before it", [v1(1, f"https://{NEW}@evil.example/webhooks/acme/{NEW}")], make=[SHIP]),
    Row("foreign: another scheme", [v1(1, f"http{HERE.removeprefix('https')}/{NEW}")], make=[SHIP]),
    Row("foreign: another port", [v1(1, f"{API}:8443/webhooks/acme/{NEW}")], make=[SHIP]),
    Row("another connection", [v1(1, f"{API}/webhooks/other/{NEW}")], make=[SHIP]),
    Row("a connection whose name goes on", [v1(1, f"{HERE}-2/{NEW}")], make=[SHIP]),
    Row("a connection whose name goes on, dead token", [v1(1, f"{HERE}-2/{GONE}")], make=[SHIP]),
    Row("a connection whose name is shorter", [v1(1, f"{API}/webhooks/acm/{NEW}")], make=[SHIP]),
    Row("a path that climbs out", [v1(1, f"{HERE}/../other/{GONE}")], make=[SHIP]),
    Row("our path below another", [v1(1, f"{API}/x/webhooks/acme/{NEW}")], make=[SHIP]),
    Row("our address in a query", [v1(1, f"https://log.example.com/?to={HERE}/{NEW}")], make=[SHIP]),
    Row("no address", [v1(1, "")], make=[SHIP]),
    Row("an address that is none", [v1(1, "https://[")], make=[SHIP]),
    Row("a host in capitals is the same", [v1(1, f"{HERE.replace('abc', 'ABC')}/{NEW}")], keep=["1"]),
    Row("an event in capitals is the same", [v2(1, event=LABEL.upper())], keep=["se-1"], wanted=[LABEL]),
    Row("V2: by its header", [v2(1)], keep=["se-1"], wanted=[LABEL]),
    Row("V2: by its header, whatever its mark", [v2(1, url=HERE + marked(OLD))], keep=["se-1"], wanted=[LABEL]),
    Row("V2: by its path", [v2(1, "", f"{HERE}/{NEW}")], keep=["se-1"], wanted=[LABEL]),
    Row("V2: the earlier header", [v2(1, OLD)], make=[LABEL], remove=["se-1"], wanted=[LABEL], instead_of="se-1"),
    Row("V2: no header", [v2(1, "")], make=[LABEL], remove=["se-1"], wanted=[LABEL], instead_of="se-1"),
    Row("V2: by its mark", [v2(1, None, HERE + marked(NEW))], keep=["se-1"], wanted=[LABEL]),
    Row("V2: by its mark, with its event", [v2(1, None, EVENTFUL)], keep=["se-1"], wanted=[LABEL]),
    Row(
        "V2: both forms of an address are ours",
        [v2(1, None, HERE + marked(NEW)), v2(2, None, EVENTFUL)],
        keep=["se-1"],
        remove=["se-2"],
        wanted=[LABEL],
    ),
    Row("V2: masked, by its mark", [v2(1, "***", HERE + marked(NEW))], keep=["se-1"], wanted=[LABEL]),
    Row(
        "V2: the earlier mark",
        [v2(1, None, HERE + marked(OLD))],
        make=[LABEL],
        remove=["se-1"],
        wanted=[LABEL],
        instead_of="se-1",
    ),
    Row("V2: by our memory", [v2(1, None)], keep=["se-1"], wanted=[LABEL], marks={"se-1": mark_of(SecretStr(NEW))}),
    Row(
        "V2: our memory of an earlier token",
        [v2(1, None)],
        make=[LABEL],
        remove=["se-1"],
        wanted=[LABEL],
        marks={"se-1": mark_of(SecretStr(OLD))},
        instead_of="se-1",
    ),
    Row("V2: nobody can tell, so it is taken at its word", [v2(1, None)], keep=["se-1"], wanted=[LABEL]),
    Row("V2: nobody can tell, beside one that is known", [v2(1, None), v2(2)], keep=["se-2"], wanted=[LABEL]),
    Row("V2: masked, and nobody can tell", [v2(1, "***")], keep=["se-1"], wanted=[LABEL]),
    Row("an id of more digits is younger", [v2(10), v2(9)], keep=["se-9"], remove=["se-10"], wanted=[LABEL]),
]


def of(row: Row) -> RegistrationPlan:
    return planned(row.found, ADDRESS, row.tokens, row.wanted, row.marks)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_row(row: Row) -> None:
    plan = of(row)
    assert [each.event for each in plan.make] == [*row.make]
    assert [*plan.kept.values()] == [*row.keep]
    assert [each.id for each in plan.remove] == [*row.remove]
    if row.make and row.remove:
        assert [each.instead_of for each in plan.make] == [row.instead_of]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_is_not_at_our_address_is_in_no_part_of_a_plan(row: Row) -> None:
    ours = {each.id for each in row.found if each.address.get_secret_value().casefold().startswith(HERE)}
    plan = of(row)
    named = {*plan.kept.values(), *(each.id for each in plan.remove), *(each.instead_of for each in plan.make)}
    assert named - {None} <= ours


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_order_of_the_list_changes_nothing(row: Row) -> None:
    assert planned([*reversed(row.found)], ADDRESS, row.tokens, row.wanted, row.marks) == of(row)


def test_an_address_carries_a_token_of_any_characters_and_gives_it_back() -> None:
    token = SecretStr("a/b?c#d e%2F")
    url = ADDRESS.with_token(token)
    assert (ADDRESS.holds(url), ADDRESS.token_in(url)) == (True, "a/b?c#d e%2F")


def test_a_mark_tells_tokens_apart_and_not_what_they_are() -> None:
    url = ADDRESS.with_mark(SecretStr(NEW), LABEL)
    assert url != ADDRESS.with_mark(SecretStr(OLD), LABEL)
    assert NEW not in url


def test_the_longest_address_is_one_that_v1_takes() -> None:
    """At most 200 characters: the longest region, the longest name of a connection, a token as the stack makes it."""
    api = "https://0123456789.execute-api.ap-southeast-1.amazonaws.com"
    longest = WebhookAddress.of(api, ConnectionName("a" * 31))
    assert len(longest.with_token(SecretStr("x" * 48))) <= 200
