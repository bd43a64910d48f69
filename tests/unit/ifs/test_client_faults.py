from __future__ import annotations

import pytest
import requests

from functions.errors import OutcomeUnknown, Retryable, Scope
from functions.ifs.client import ETag
from functions.model.outcomes import Reason
from tests.equipment.ifs.store import RefusedError, Write
from tests.equipment.tenant_fixture import IFS, SERVICE, SET, Desk


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("form", ["412", "ora20114"])
def test_a_stale_etag_is_a_conflict_and_changes_nothing(form: str, language: str) -> None:
    desk = Desk()
    desk.tenant.switches.conflict, desk.tenant.switches.language = form, language
    etag = desk.get()
    desk.sleep(1)
    desk.tenant.edit(desk.number, ProNo="BY-HAND-7")
    assert desk.patch(etag) is None
    assert desk.tenant.shipment(desk.number)["ProNo"] == "BY-HAND-7"


@pytest.mark.parametrize("kind", ["lost", "dropped", "truncated", "html", "status"])
def test_a_write_whose_answer_is_lost_is_not_repeated(kind: str) -> None:
    desk = Desk()
    desk.tenant.add_fault(kind, method="PATCH", status=502)
    with pytest.raises(OutcomeUnknown) as caught:
        desk.patch()
    assert caught.value.reason is Reason.IFS_UNAVAILABLE
    assert len(desk.wire.seen("PATCH")) == 1


def test_a_time_out_after_the_commit_leaves_the_outcome_unknown() -> None:
    desk = Desk()

    def too_late(_: Write) -> None:
        raise RefusedError(504, "ODP_OPERATION_TIMEOUT")

    desk.tenant.after_commit = too_late
    with pytest.raises(OutcomeUnknown):
        desk.patch()
    assert desk.tenant.shipment(desk.number)["ProNo"] == "1Z0001"


def test_a_write_that_never_left_is_a_plain_retry() -> None:
    desk = Desk()
    etag = desk.get()
    desk.wire.breaks.append(requests.ConnectTimeout())
    with pytest.raises(Retryable) as caught:
        desk.patch(etag)
    assert not isinstance(caught.value, OutcomeUnknown)


@pytest.mark.parametrize("kind", ["status", "dropped", "truncated", "html"])
def test_a_read_is_repeated_and_gives_up_with_a_retry(kind: str) -> None:
    desk = Desk()
    desk.tenant.add_fault(kind, path=SET, times=2)
    assert desk.get()
    assert desk.pauses == [1.3, 2.6]
    desk.tenant.add_fault(kind, path=SET, times=-1)
    with pytest.raises(Retryable) as caught:
        desk.get()
    assert type(caught.value) is Retryable


def test_a_throttled_read_comes_back_when_ifs_said() -> None:
    desk = Desk()
    desk.tenant.add_fault("status", path=SET, status=429, headers={"Retry-After": "7"})
    with pytest.raises(Retryable) as caught:
        desk.get()
    assert (caught.value.retry_after_seconds, desk.pauses) == (7, [])


@pytest.mark.parametrize("status", [500, 503])
def test_a_write_waits_while_ifs_rebuilds_its_metadata(status: int) -> None:
    desk = Desk()
    desk.error(status, "MI_MODIFIED_ERROR", method="PATCH", times=2)
    assert desk.patch().status == 200
    assert desk.pauses[-2:] == [2, 5]
    desk.error(status, "MI_MODIFIED_ERROR", method="PATCH", times=-1)
    with pytest.raises(Retryable) as caught:
        desk.patch()
    assert type(caught.value) is Retryable


def test_a_read_does_not_wait_for_the_metadata_over_and_over() -> None:
    desk = Desk()
    desk.error(503, "MI_MODIFIED_ERROR", path="projection", times=-1)
    with pytest.raises(Retryable) as caught:
        desk.get()
    assert (caught.value.code, caught.value.scope) == ("MI_MODIFIED_ERROR", Scope.TENANT)
    assert sum(desk.pauses) <= 7


def test_a_key_ifs_does_not_know_is_none_to_a_read_and_a_retry_to_a_write() -> None:
    desk = Desk()
    gone = f"{SERVICE}/{SET}(ShipmentId=7)"
    assert desk.client.get(gone, SET) is None
    with pytest.raises(Retryable) as caught:
        desk.client.patch(gone, ETag('W/"1"'), {"ProNo": "1Z0001"}, SET)
    assert caught.value.reason is Reason.NOT_IN_IFS_YET
    assert desk.tenant.accidents == []


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_a_redirect_to_a_login_page_is_not_followed_and_passes(method: str) -> None:
    desk = Desk()
    fault = {"status": 302, "headers": {"Location": f"{IFS}/login"}}
    desk.tenant.add_fault("status", method=method, path=SET, times=-1, **fault)
    with pytest.raises(Retryable) as caught:
        desk.patch()
    assert (type(caught.value), caught.value.scope) == (Retryable, Scope.TENANT)
    assert not any("/login" in str(request.url) for request in desk.wire.sent)
