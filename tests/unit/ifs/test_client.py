from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from functions.errors import ConnectorError, OutcomeUnknown, Permanent, Retryable, Scope
from functions.ifs.client import ETag, IfsClient
from functions.model.outcomes import Reason
from tests.equipment.dripping import DrippingServer, drops
from tests.equipment.tenant_fixture import SERVICE, SET, Desk, Rig


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


@pytest.mark.parametrize(
    ("seconds_left", "prefer"),
    [(600, "wait=60"), (86, "wait=60"), (60, "wait=35"), (31, "wait=6"), (30, "wait=5"), (29, None), (0, None)],
)
def test_a_reading_is_given_what_is_left_of_its_run_or_is_not_sent(seconds_left: float, prefer: str | None) -> None:
    desk = Desk(wait_seconds=60)
    desk.seconds_left = seconds_left
    if prefer is None:
        assert (desk.refusal().reason, desk.wire.sent) == (Reason.OUT_OF_TIME, [])
    else:
        desk.get()
        assert desk.wire.seen("GET")[0].headers["Prefer"] == prefer


def test_who_has_a_token_leaves_no_time_for_one() -> None:
    desk = Desk(wait_seconds=60)
    desk.get()
    desk.at += timedelta(minutes=1)
    desk.seconds_left = 31
    desk.get()
    assert desk.wire.seen("GET")[1].headers["Prefer"] == "wait=21"


def test_a_slow_pace_costs_the_time_until_its_turn_and_the_first_request_none() -> None:
    desk = Desk(wait_seconds=60, concurrency=25, requests_per_second=1)
    desk.seconds_left = 70
    for _ in range(2):
        desk.get()
    assert [request.headers["Prefer"] for request in desk.wire.seen("GET")] == ["wait=45", "wait=35"]


@pytest.mark.parametrize(
    ("seconds_left", "reason"),
    [(600, Reason.IFS_UNAVAILABLE), (55, Reason.IFS_UNAVAILABLE), (54, Reason.OUT_OF_TIME)],
)
def test_a_wait_that_was_shortened_and_that_ifs_obeys_is_not_held_against_it(
    seconds_left: float, reason: Reason
) -> None:
    desk = Desk(wait_seconds=60)
    desk.seconds_left = seconds_left
    desk.error(504, "ODP_OPERATION_TIMEOUT", path=SET)
    assert desk.refusal().reason is reason


@pytest.mark.parametrize(("seconds_left", "sent"), [(71, 1), (69, 0)])
def test_a_write_is_given_its_whole_time_or_is_not_sent(seconds_left: float, sent: int) -> None:
    desk = Desk(wait_seconds=60)
    etag = desk.get()
    desk.seconds_left = seconds_left
    if sent:
        desk.patch(etag)
    else:
        assert desk.refusal(etag).reason is Reason.OUT_OF_TIME
    assert len(desk.wire.seen("PATCH")) == sent


@pytest.mark.parametrize(
    ("seconds_left", "reason"),
    [(600, Reason.IFS_UNAVAILABLE), (40, Reason.IFS_UNAVAILABLE), (39, Reason.OUT_OF_TIME)],
)
def test_only_a_time_out_after_a_fair_time_is_held_against_ifs(seconds_left: float, reason: Reason) -> None:
    desk = Desk(wait_seconds=60)
    desk.seconds_left = seconds_left
    desk.get()
    desk.at += timedelta(minutes=1)
    desk.wire.breaks = [requests.ReadTimeout()]
    assert desk.refusal().reason is reason


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


@pytest.mark.parametrize("kind", ["status", "html"])
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_a_fresh_token_that_is_refused_too_is_the_tenants_trouble(method: str, kind: str) -> None:
    desk = Desk()
    etag = desk.get()
    desk.tenant.add_fault(kind, status=401, path=SET, times=-1)
    fault = desk.refusal(etag) if method == "PATCH" else desk.refusal()
    assert (type(fault), fault.reason, fault.scope) == (Retryable, Reason.IFS_CREDENTIALS, Scope.TENANT)
    assert (fault.status, desk.tenant.counts["401"], desk.tenant.counts["tokens"]) == (401, 2, 2)
    assert desk.refusals == 1


def test_each_token_that_was_refused_is_thrown_away() -> None:
    desk = Desk()
    desk.error(401, "UNAUTHORIZED", path=SET, times=2)
    desk.refusal()
    assert desk.get()
    assert (desk.tenant.counts["401"], desk.tenant.counts["tokens"]) == (2, 3)


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


class Endless(Rig):
    """The tenant's clock stands still, the deadline's moves on."""

    looks = 0

    def monotonic(self) -> float:
        self.looks += 1
        return self.looks * 0.5


@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize("dry", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n"], ids=["head", "body"])
def test_an_answer_that_drips_is_given_up_at_the_total_deadline(method: str, dry: bytes) -> None:
    with DrippingServer([*filter(None, [dry]), *drops(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20)]) as server:
        rig = Endless(base_url=server.url, wait_seconds=2)
        session = requests.Session()
        client = IfsClient(
            session,
            rig.connection.ifs,
            rig.tokens,
            now=rig.now,
            monotonic=rig.monotonic,
            sleep=rig.sleep,
            jitter=lambda: 1.0,
        )
        calls: dict[str, Callable[[], object]] = {
            "GET": lambda: client.get(f"{SERVICE}/{SET}", SET),
            "PATCH": lambda: client.patch(f"{SERVICE}/{SET}(ShipmentId=1)", ETag('W/"1"'), {}, SET),
        }
        with session, pytest.raises(Retryable) as caught:
            calls[method]()
    assert (type(caught.value) is OutcomeUnknown, caught.value.code) == (method == "PATCH", "ReadTimeout")
    assert rig.looks * 0.5 == pytest.approx(10, abs=2)
    assert (server.connections, rig.pauses) == (1, [])


# --- a time that IFS named


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_before_the_time_that_ifs_named_nothing_is_sent_whoever_asks(method: str, status: int) -> None:
    desk = Desk()
    etag = desk.get()
    desk.tenant.add_fault("status", path=SET, method=method, status=status, headers={"Retry-After": "120"})
    fault = desk.refusal(etag) if method == "PATCH" else desk.refusal()
    sent = len(desk.wire.sent)
    desk.at += timedelta(seconds=119)
    for again in (desk.refusal(etag), desk.refusal()):
        assert (again.retry_after_seconds, again.scope) == (1, Scope.TENANT)
    assert (len(desk.wire.sent), fault.retry_after_seconds) == (sent, 120)
    desk.at += timedelta(seconds=1)
    assert desk.patch(etag).status == 200


def test_a_time_that_was_named_while_our_clock_was_a_day_ahead_holds_nothing_once_it_is_right() -> None:
    desk = Desk()
    desk.at += timedelta(days=1)
    desk.tenant.add_fault("status", path=SET, status=429, headers={"Retry-After": "120"})
    assert desk.refusal().retry_after_seconds == 120
    desk.at -= timedelta(days=1)
    assert desk.get()


def test_a_time_that_the_realm_named_holds_every_request() -> None:
    desk = Desk()
    desk.tenant.add_fault("status", path="/auth/", status=429, headers={"Retry-After": "120"})
    assert desk.refusal().stage == "token"
    assert desk.refusal().retry_after_seconds == 120
    assert len(desk.wire.sent) == 1


def test_a_realm_that_gives_no_token_is_asked_once_more_for_one_reading() -> None:
    desk = Desk()
    desk.tenant.add_fault("status", path="/auth/", status=503, times=-1)
    assert desk.refusal().stage == "token"
    assert len(desk.wire.sent) == 2


def test_a_rebuild_that_names_a_time_is_not_waited_for_in_process() -> None:
    desk = Desk()
    etag = desk.get()
    desk.error(503, "MI_MODIFIED_ERROR", method="PATCH", headers={"Retry-After": "120"})
    assert desk.refusal(etag).retry_after_seconds == 120
    assert len(desk.wire.seen("PATCH")) == 1


# --- the metadata


@pytest.mark.parametrize("has_envelope", [True, False])
def test_the_metadata_is_asked_for_once(*, has_envelope: bool) -> None:
    rig = Rig()
    if has_envelope:
        rig.error(504, "ODP_OPERATION_TIMEOUT", path="$metadata", times=-1)
    else:
        rig.tenant.add_fault("html", status=503, path="$metadata", times=-1)
    with pytest.raises(Retryable) as caught:
        rig.client.metadata(f"{SERVICE}/$metadata", "$metadata")
    assert (caught.value.stage, caught.value.scope) == ("metadata", Scope.TENANT)
    assert (len(rig.wire.seen("GET")), rig.pauses) == (1, [])


def test_json_in_the_place_of_the_metadata_is_no_missing_service() -> None:
    rig = Rig()
    rig.tenant.add_fault("throttle_text", path="$metadata")
    with pytest.raises(Retryable) as caught:
        rig.client.metadata(f"{SERVICE}/$metadata", "$metadata")
    assert caught.value.scope is Scope.TENANT


def test_a_service_that_does_not_exist_has_no_metadata() -> None:
    rig = Rig()
    rig.error(404, "ODP_RESOURCE_NOTFOUND", path="$metadata")
    assert rig.client.metadata(f"{SERVICE}/$metadata", "$metadata") is None


@pytest.mark.parametrize("slow", [{"status": 504}, {"status": 504, "kind": "html"}], ids=["IFS", "a proxy"])
def test_a_reading_that_took_too_long_is_not_repeated_in_process(slow: dict[str, Any]) -> None:
    desk = Desk()
    if "kind" in slow:
        desk.tenant.add_fault(**slow, path=SET)
    else:
        desk.error(504, "ODP_OPERATION_TIMEOUT", path=SET)
    fault: ConnectorError = desk.refusal()
    assert (fault.status, fault.scope, desk.pauses) == (504, Scope.UNCLEAR, [])
