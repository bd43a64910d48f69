from __future__ import annotations

from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from functions import http_answers
from functions.errors import Permanent, Retryable
from functions.ifs.client import ETag
from functions.model.outcomes import Reason
from tests.equipment.tenant_fixture import SET, Desk


@pytest.mark.parametrize("tag", ["", "  ", "*", " * "], ids=["empty", "blank", "star", "star in spaces"])
def test_an_etag_that_guards_nothing_is_refused(tag: str) -> None:
    with pytest.raises(Permanent, match="ETag"):
        ETag(tag)


def test_a_write_carries_the_etag_byte_for_byte() -> None:
    desk = Desk()
    etag = desk.get()
    assert desk.patch(etag).status == 200
    (sent,) = desk.wire.seen("PATCH")
    assert sent.headers["If-Match"] == etag.value == desk.tenant.writes[0].if_match
    assert sent.body == b'{"ProNo": "1Z0001"}'
    assert desk.tenant.accidents == []


def test_every_request_says_how_long_it_waits() -> None:
    desk = Desk(wait_seconds=11)
    desk.patch()
    assert [request.headers["Prefer"] for request in desk.wire.sent if "/auth/" not in str(request.url)] == [
        "wait=11"
    ] * 2


def test_cookies_are_not_kept_so_no_write_is_taken_for_a_browsers() -> None:
    desk = Desk()
    assert [desk.patch().status for _ in range(2)] == [200, 200]
    assert not any("Cookie" in request.headers for request in desk.wire.sent)


def test_a_netrc_on_the_machine_does_not_replace_the_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine ifs.example.com login someone password else", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    desk = Desk()
    desk.get()
    assert all(request.headers["Authorization"].startswith("Bearer ") for request in desk.wire.seen("GET"))


@pytest.mark.parametrize("method", ["get", "patch"])
def test_a_token_ifs_no_longer_takes_is_replaced_once(method: str) -> None:
    desk = Desk()
    etag = desk.get()
    desk.tenant.tokens.clear()
    assert desk.get() == etag if method == "get" else desk.patch(etag).status == 200
    assert desk.tenant.counts["401"] == 1
    assert desk.tenant.counts["tokens"] == 2


def test_a_fresh_token_that_is_refused_too_ends_the_attempt() -> None:
    desk = Desk()
    desk.error(401, "UNAUTHORIZED", path=SET, times=-1)
    with pytest.raises(Permanent) as caught:
        desk.get()
    assert caught.value.reason is Reason.IFS_PERMISSION
    assert (desk.tenant.counts["401"], desk.tenant.counts["tokens"]) == (2, 2)


def test_a_missing_grant_costs_no_second_token() -> None:
    desk = Desk()
    desk.tenant.grants.clear()
    with pytest.raises(Permanent) as caught:
        desk.get()
    assert caught.value.reason is Reason.IFS_PERMISSION
    assert len(desk.wire.sent) == 2


def test_each_consumer_takes_its_share_of_the_rate() -> None:
    desk = Desk(requests_per_second=5, concurrency=2)
    for _ in range(3):
        desk.get()
    assert desk.pauses == [0.4, 0.4]
    desk.sleep(0.3)
    desk.get()
    assert desk.pauses[3:] == [pytest.approx(0.1)]


def test_an_answer_that_takes_longer_than_its_deadline_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(wait_seconds=20)
    desk.tenant.edit(desk.number, NoteText="x" * 200_000)
    ticks = count(step=15)
    monkeypatch.setattr(http_answers, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    with pytest.raises(Retryable, match="ReadTimeout"):
        desk.get()
