from __future__ import annotations

from random import Random

from tests.equipment.builders import NOON
from tests.equipment.http import to_request
from tests.equipment.shipstation.account import Account

AUTHORISED = [("Authorization", "Basic azpz")]  # k:s


def test_surprise_is_a_429_although_places_are_left_and_counts_as_nobodys_fault() -> None:
    account = Account(lambda: NOON, Random(1), keys={"k": "s"})
    account.limiter.surprises = lambda: True
    answer = account.application(to_request("GET", "https://ss.example.com/stores", AUTHORISED, b""))

    assert answer.status == 429
    assert int(answer.headers["X-Rate-Limit-Remaining"]) == 40
    assert (account.counts["429"], account.counts["429 by surprise"], account.limiter.refused) == (0, 1, 0)
