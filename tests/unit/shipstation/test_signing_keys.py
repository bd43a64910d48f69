"""When ShipStation's keys are asked for, at which address, and what an outage means."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from functions.errors import Retryable
from functions.model.outcomes import Reason
from functions.shipstation.v2.jwks import MOST_BYTES, SigningKeys
from functions.shipstation.v2.rsa import RsaKey
from tests.equipment.builders import NOON
from tests.equipment.dripping import DrippingServer, drops
from tests.equipment.http import InProcessAdapter, Response, json_response
from tests.equipment.shipstation.signing import SigningService, jwk, private_key

FIRST, SECOND = "https://one.example.com/jwks", "https://two.example.com/jwks"
GOOD = jwk(private_key("k1"), "k1")


class Setting:
    """Two addresses, a clock, and what was asked of either."""

    def __init__(self, *services: SigningService) -> None:
        self.at, self.tick = NOON, 0.0
        self.one, self.two = services or (SigningService("k1"), SigningService("k2"))
        self.keys = SigningKeys(self.session, [FIRST, SECOND], now=lambda: self.at, monotonic=lambda: self.tick)
        self.sessions = 0

    def session(self) -> requests.Session:
        self.sessions += 1
        session = requests.Session()
        for url, service in ((FIRST, self.one), (SECOND, self.two)):
            session.mount(url, InProcessAdapter(service.application))
        return session

    @property
    def asked(self) -> tuple[int, int]:
        return self.one.asked, self.two.asked

    def later(self, **span: float) -> None:
        self.at += timedelta(**span)

    def found(self, kid: str) -> bool:
        return bool(self.keys(kid))

    def is_out(self, kid: str) -> bool:
        with pytest.raises(Retryable) as caught:
            self.keys(kid)
        return caught.value.reason is Reason.SIGNING_KEYS_UNAVAILABLE


def test_a_key_is_fetched_once_an_hour_from_the_first_address_that_lists_it() -> None:
    setting = Setting()
    assert all(setting.found("k1") for _ in range(50))
    assert setting.asked == (1, 0)
    setting.later(minutes=59, seconds=59)
    assert (setting.found("k1"), setting.asked) == (True, (1, 0))
    setting.later(seconds=1)
    assert (setting.found("k1"), setting.asked, setting.sessions) == (True, (2, 0), 1)


def test_a_key_that_the_first_address_does_not_list_is_looked_for_at_the_next() -> None:
    setting = Setting()
    assert (setting.found("k2"), setting.asked) == (True, (1, 1))
    assert (setting.found("k1"), setting.asked) == (True, (1, 1))


@pytest.mark.parametrize("outage", ["dropped", Response(500), Response(503), Response(429), Response(200, b"<html>")])
def test_an_address_that_is_out_of_reach_is_passed_over(outage: Any) -> None:
    setting = Setting()
    setting.one.outage = outage
    assert (setting.found("k2"), setting.asked) == (True, (1, 1))


def test_after_a_rotation_the_new_key_is_fetched_at_once_and_inventions_cost_one_look_in_five_minutes() -> None:
    setting = Setting(SigningService("k1"), SigningService("k1"))
    assert setting.found("k1")
    setting.one.rotate("k3")
    assert (setting.found("k3"), setting.asked) == (True, (2, 0))
    setting.later(minutes=5)
    assert not any(setting.found(f"invented-{number}") for number in range(100))
    assert setting.asked == (3, 1)
    setting.later(minutes=4, seconds=59)
    assert (setting.found("invented"), setting.found("k3"), setting.asked) == (False, True, (3, 1))
    setting.later(seconds=1)
    assert (setting.found("invented"), setting.asked) == (False, (4, 2))


def test_inventions_from_the_first_webhook_on_are_looked_for_twice() -> None:
    setting = Setting()
    assert not any(setting.found(f"invented-{number}") for number in range(100))
    assert setting.asked == (2, 2)
    assert setting.found("k1")


def test_a_key_that_ran_out_is_renewed_also_right_after_an_unknown_one_was_looked_for() -> None:
    setting = Setting()
    assert setting.found("k2")
    setting.later(hours=1)
    setting.one.rotate("k3")
    assert (setting.found("k3"), setting.asked) == (True, (2, 1))
    assert (setting.found("k2"), setting.asked) == (True, (3, 2))


def test_a_key_that_is_listed_no_more_verifies_nothing_an_hour_later_and_is_looked_for_as_an_unknown_one() -> None:
    setting = Setting(SigningService("k1"), SigningService("k1"))
    assert setting.found("k1")
    setting.one.rotate("k3", keep=0)
    setting.two.rotate("k3", keep=0)
    setting.later(hours=1)
    assert [setting.found("k1") for _ in range(20)] == [False] * 20
    assert setting.asked <= (3, 2)


@pytest.mark.parametrize("outage", ["dropped", Response(500), Response(503), Response(429), Response(200, b"<html>")])
def test_while_no_address_can_be_reached_nothing_is_called_forged_and_they_are_asked_twice_a_minute(
    outage: Any,
) -> None:
    setting = Setting()
    setting.one.outage = setting.two.outage = outage
    assert all(setting.is_out("k1") for _ in range(20))
    assert setting.asked == (1, 1)
    setting.later(seconds=29)
    assert (setting.is_out("k1"), setting.asked) == (True, (1, 1))
    setting.later(seconds=1)
    assert (setting.is_out("k1"), setting.asked) == (True, (2, 2))
    setting.one.outage = None
    setting.later(seconds=30)
    assert (setting.found("k1"), setting.asked) == (True, (3, 2))


def test_a_key_that_is_at_hand_is_used_through_an_outage_and_one_that_ran_out_is_not() -> None:
    setting = Setting()
    assert setting.found("k1")
    setting.one.outage = setting.two.outage = "dropped"
    setting.later(minutes=59)
    assert (setting.is_out("k3"), setting.found("k1")) == (True, True)
    for _ in range(20):
        setting.later(seconds=31)
        assert (setting.is_out("k3"), setting.at < NOON + timedelta(hours=1) or setting.is_out("k1")) == (True, True)
    setting.one.outage = setting.two.outage = None
    setting.later(seconds=31)
    assert (setting.found("k1"), setting.found("k3")) == (True, False)


@pytest.mark.parametrize("outage", ["dropped", Response(500), Response(408), Response(425), Response(429)])
def test_an_unknown_key_is_not_called_forged_while_an_address_that_may_list_it_is_out_of_reach(outage: Any) -> None:
    setting = Setting()
    setting.one.outage = outage
    assert (setting.is_out("k1"), setting.found("k2")) == (True, True)


def test_a_key_that_ran_out_in_an_outage_is_asked_for_again_also_right_after_an_unknown_one() -> None:
    setting = Setting()
    assert setting.found("k2")
    setting.later(hours=1)
    setting.one.rotate("k3")
    assert setting.found("k3")
    setting.one.outage = setting.two.outage = "dropped"
    for _ in range(5):
        assert setting.is_out("k2")
        setting.later(seconds=31)
    setting.one.outage = setting.two.outage = None
    assert setting.found("k2")


def test_no_credentials_of_whoever_runs_it_are_sent_along(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("default login kim password hunter2\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert Setting().found("k1")


@pytest.mark.parametrize("status", [301, 302, 401, 403, 404, 410])
def test_an_address_that_has_no_keys_lists_none(status: int) -> None:
    setting = Setting()
    setting.one.outage = Response(status, b"{}", {"Location": "https://evil.example.com/jwks"})
    assert (setting.found("k2"), setting.found("k1"), setting.asked[1] <= 2) == (True, False, True)


@pytest.mark.parametrize(
    "nothing", [Response(404), json_response(200, {"keys": []}), json_response(200, {"keys": [7]})]
)
def test_where_nobody_lists_any_key_they_are_out_of_reach(nothing: Response) -> None:
    setting = Setting()
    setting.one.outage = setting.two.outage = nothing
    assert (setting.is_out("k1"), setting.is_out("k1"), setting.asked) == (True, True, (1, 1))


def test_a_list_that_is_too_large_is_not_read_to_its_end() -> None:
    setting = Setting()
    rows = [{**GOOD, "kid": str(number)} for number in range(1000)]
    setting.one.outage = json_response(200, {"keys": [GOOD, *rows]})
    assert len(setting.one.outage.body) > MOST_BYTES
    assert (setting.is_out("k1"), setting.found("k2")) == (True, True)


def test_a_clock_that_is_set_back_holds_nothing_up() -> None:
    setting = Setting()
    assert (setting.found("k1"), setting.found("invented")) == (True, False)
    setting.later(days=-1)
    setting.one.rotate("k3")
    assert (setting.found("k1"), setting.found("k3")) == (True, True)


def test_addresses_that_answer_late_are_not_all_waited_for() -> None:
    """Six seconds after the first was asked, nobody else is: the Lambda has to answer."""
    setting = Setting()

    def slow(service: SigningService) -> Callable[[Any], Response]:
        def application(request: Any) -> Response:
            setting.tick += 7
            return service.application(request)

        return application

    def session() -> requests.Session:
        opened = requests.Session()
        opened.mount(FIRST, InProcessAdapter(slow(setting.one)))
        opened.mount(SECOND, InProcessAdapter(slow(setting.two)))
        return opened

    setting.keys = SigningKeys(session, [FIRST, SECOND], now=lambda: setting.at, monotonic=lambda: setting.tick)
    assert (setting.is_out("k2"), setting.asked) == (True, (1, 0))


def test_an_answer_that_drips_is_given_up_over_a_real_socket() -> None:
    ticks = iter(range(10_000))
    body = json.dumps({"keys": [GOOD]}).encode()
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with DrippingServer(drops(answer)) as server:
        keys = SigningKeys(requests.Session, [server.url], now=lambda: NOON, monotonic=lambda: next(ticks) / 2)
        with pytest.raises(Retryable):
            keys("k1")


@pytest.mark.parametrize("url", ["https://" + "x" * 70 + ".example.com/jwks", "https://[::1/jwks", "https:///jwks"])
def test_an_address_that_is_none_is_out_of_reach(url: str) -> None:
    keys = SigningKeys(requests.Session, [url], now=lambda: NOON, monotonic=lambda: 0.0)
    with pytest.raises(Retryable):
        keys("k1")


def test_a_key_is_the_one_that_is_listed() -> None:
    setting = Setting()
    numbers = private_key("k1").public_key().public_numbers()
    assert setting.keys("k1") == (RsaKey(numbers.n, numbers.e),)
