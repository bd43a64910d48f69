from __future__ import annotations

from datetime import timedelta

import pytest

from functions.errors import Retryable
from functions.model.outcomes import Reason
from tests.equipment.account_fixture import KEY, Rig, get, refused
from tests.equipment.builders import NOON
from tests.equipment.http import Response, json_response


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [("9", 9), ("86400", 65), ("Thu, 05 Mar 2026 12:00:09 GMT", 65)],
    ids=["seconds", "a day", "a date"],
)
def test_a_server_that_names_a_time_is_not_asked_again_before(wish: str, seconds: float) -> None:
    rig = Rig()
    rig.account.add_fault("status", status=503, headers={"Retry-After": wish})
    assert refused(rig, Retryable, Reason.SHIPSTATION_UNAVAILABLE).retry_after_seconds == seconds
    assert (len(rig.sent), rig.pauses) == (1, [])


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(json_response(429, {"message": "Too Many Requests"}), id="429"),
        pytest.param(Response(429), id="429 without a body"),
        pytest.param(json_response(200, {"message": "Too Many Requests"}), id="the text under 200"),
        pytest.param(json_response(500, {"Message": "too many requests"}), id="the text under 500"),
    ],
)
def test_throttled_is_retryable_and_stops_everybody_on_the_key(answer: Response) -> None:
    rig = Rig()
    rig.canned.append(answer)
    assert refused(rig, Retryable, Reason.BUDGET_EXHAUSTED).retry_after_seconds == 65
    assert (len(rig.sent), rig.pauses) == (1, [])
    assert get(rig)
    assert rig.at - NOON >= timedelta(seconds=60)


@pytest.mark.parametrize(
    ("headers", "wish"),
    [
        pytest.param({"X-Rate-Limit-Reset": "20"}, 20, id="reset"),
        pytest.param({"X-Rate-Limit-Reset": "20", "Retry-After": "7"}, 20, id="reset before Retry-After"),
        pytest.param({"X-Rate-Limit-Reset": "0"}, 1, id="a reset of nothing"),
        pytest.param({"X-Rate-Limit-Reset": "1772712000"}, 65, id="an instant instead of seconds"),
        pytest.param({"X-Rate-Limit-Reset": "9" * 400}, 65, id="an endless number"),
        pytest.param({"X-Rate-Limit-Reset": "-5", "Retry-After": "7"}, 7, id="a negative reset"),
        pytest.param({"X-Rate-Limit-Reset": "soon"}, 65, id="a word"),
        pytest.param({"Retry-After": "7"}, 7, id="Retry-After"),
        pytest.param({"Retry-After": "Thu, 05 Mar 2026 12:00:09 GMT"}, 65, id="Retry-After as a date"),
    ],
)
def test_the_wait_after_429_is_the_vendors_within_a_window(headers: dict[str, str], wish: float) -> None:
    rig = Rig()
    rig.canned.append(Response(429, headers=headers))
    assert refused(rig, Retryable, Reason.BUDGET_EXHAUSTED).retry_after_seconds == wish
    get(rig)
    assert min(wish, 60) <= (rig.at - NOON).total_seconds() < 70


def test_a_foreign_client_on_the_key_is_noticed_before_the_vendor_refuses() -> None:
    rig = Rig()
    rig.account.limiter.spend(KEY, 39, NOON)
    for _ in range(3):
        assert get(rig)
    assert rig.account.limiter.refused == 0
    assert rig.at - NOON >= timedelta(seconds=60)
