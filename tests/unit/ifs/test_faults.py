from __future__ import annotations

import pytest

from functions.errors import ConnectorError, OutcomeUnknown, Permanent, Retryable
from functions.ifs.faults import Answer, Verdict, seconds, verdict
from functions.model.outcomes import SENTENCES, Reason

ENGLISH = "The operation could not be carried out for Jane Doe."
GERMAN = "Der Vorgang für Jane Doe konnte nicht ausgeführt werden."
LANGUAGES = pytest.mark.parametrize("prose", [ENGLISH, GERMAN], ids=["English", "German"])
READS_AND_WRITES = pytest.mark.parametrize("method", ["GET", "PATCH", "POST"])


def envelope(status: int, code: str, text: str = "", **headers: str) -> Answer:
    detail = {"code": code, "message": text}
    body = {"error": {"code": code, "message": text, "details": [detail]}}
    return Answer(status=status, headers=headers, body=body, is_json=True)


def page(status: int) -> Answer:
    return Answer(status=status, headers={})


@READS_AND_WRITES
@LANGUAGES
@pytest.mark.parametrize(
    ("status", "code", "constant", "expected"),
    [
        pytest.param(412, "ODP_PRECONDITION_FAILED", "", Verdict.CONFLICT, id="stale ETag"),
        pytest.param(500, "DATABASE_ERROR", "ORA-20114:", Verdict.CONFLICT, id="ORA-20114"),
        pytest.param(503, "DATABASE_ERROR", "Shipment.FND_MODIFIED:", Verdict.CONFLICT, id="FND_MODIFIED"),
        pytest.param(401, "UNAUTHORIZED", "", Verdict.REFRESH_TOKEN, id="expired token"),
        pytest.param(500, "MI_MODIFIED_ERROR", "", Verdict.NOT_PROCESSED, id="metadata rebuilt, 500"),
        pytest.param(503, "MI_MODIFIED_ERROR", "", Verdict.NOT_PROCESSED, id="metadata rebuilt, 503"),
        pytest.param(404, "ODP_RESOURCE_NOTFOUND", "", Verdict.MISSING, id="missing key"),
    ],
)
def test_an_answer_that_asks_for_an_action_gets_its_verdict(
    *, status: int, code: str, constant: str, prose: str, expected: Verdict, method: str
) -> None:
    assert verdict(envelope(status, code, f"{constant} {prose}"), "GET ShipmentSet", method) is expected


@READS_AND_WRITES
@LANGUAGES
@pytest.mark.parametrize(
    ("status", "code", "constant", "kind", "reason"),
    [
        (500, "DATABASE_ERROR", "ORA-20110: Shipment.CANCELEDNOUPD:", Permanent, Reason.REFUSED_BY_IFS),
        (500, "DATABASE_ERROR", "ORA-20110: Shipment.INVOICEDNOUPD:", Permanent, Reason.REFUSED_BY_IFS),
        (400, "DATABASE_ERROR", "ORA-20124: Shipment.FND_VALUE_TOO_LONG:", Permanent, Reason.VALUE_REFUSED),
        (500, "DATABASE_ERROR", "ORA-20124: Shipment.NULLVALUE:", Permanent, Reason.VALUE_REFUSED),
        (400, "INVALID_VALUE_FOR_PROPERTY", "", Permanent, Reason.VALUE_REFUSED),
        (500, "DATABASE_ERROR", "ORA-20111: ForwarderInfo.FND_RECORD_NOT_EXIST:", Permanent, Reason.UNKNOWN_IN_IFS),
        (500, "DATABASE_ERROR", "ORA-20113: Shipment.FND_LOCKED:", Retryable, Reason.RECORD_LOCKED),
        (500, "DATABASE_ERROR", "ORA-00054: resource busy", Retryable, Reason.RECORD_LOCKED),
        (423, "LOCKED", "", Retryable, Reason.RECORD_LOCKED),
        (500, "DATABASE_ERROR", "ORA-20115: Shipment.FND_RECORD_REMOVED:", Retryable, Reason.NOT_IN_IFS_YET),
        (400, "BAD_REQUEST", "", Permanent, Reason.IFS_CONFIGURATION),
        (400, "ODP_DESERIALIZATION_ERROR", "", Permanent, Reason.IFS_CONFIGURATION),
        (400, "WARNING", "", Permanent, Reason.IFS_CONFIGURATION),
        (404, "NOT_FOUND", "", Permanent, Reason.IFS_CONFIGURATION),
        (405, "METHOD_NOT_ALLOWED", "", Permanent, Reason.IFS_CONFIGURATION),
        (428, "ODP_MISSING_PRECONDITION", "", Permanent, Reason.IFS_CONFIGURATION),
        (500, "ODP_ILLEGAL_STATE", "", Permanent, Reason.IFS_CONFIGURATION),
        (501, "ODP_NOT_IMPLEMENTED", "", Permanent, Reason.IFS_CONFIGURATION),
        (403, "CSRF_ERROR", "", Permanent, Reason.IFS_CONFIGURATION),
        (403, "FORBIDDEN", "", Permanent, Reason.IFS_PERMISSION),
        (429, "", "", Retryable, Reason.IFS_UNAVAILABLE),
        (503, "", "", Retryable, Reason.IFS_UNAVAILABLE),
        (500, "DATABASE_ERROR", "ORA-00060: deadlock", Retryable, Reason.IFS_UNAVAILABLE),
    ],
    ids=lambda value: str(value) if isinstance(value, str) and value else None,
)
def test_a_fault_is_told_by_status_and_code_in_every_language(
    *, status: int, code: str, constant: str, prose: str, kind: type[ConnectorError], reason: Reason, method: str
) -> None:
    with pytest.raises(ConnectorError) as caught:
        verdict(envelope(status, code, f"{constant} {prose}"), "PATCH ShipmentSet", method)
    assert (type(caught.value), caught.value.reason) == (kind, reason)
    assert "Jane" not in str(caught.value)
    assert str(caught.value).startswith(f"{reason}: PATCH ShipmentSet: {status}")


@pytest.mark.parametrize("answer", [envelope(500, "DATABASE_ERROR", "ORA-20112: X.FND_RECORD_EXIST:"), page(409)])
def test_a_record_that_is_there_already_is_a_conflict_for_whoever_wanted_to_make_it(answer: Answer) -> None:
    assert verdict(answer, "POST ShipmentTrackingSet", "POST") is Verdict.CONFLICT
    with pytest.raises(Permanent):
        verdict(answer, "PATCH ShipmentTrackingSet", "PATCH")


def test_a_warning_is_confirmed_only_where_that_is_allowed() -> None:
    assert verdict(envelope(400, "WARNING"), "PATCH ShipmentSet", "PATCH", confirms=True) is Verdict.WARNING


def test_every_reason_of_a_fault_has_its_sentence() -> None:
    assert all(SENTENCES[reason].endswith(".") for reason in Reason)


def test_a_refusal_names_the_rule_that_refused() -> None:
    answer = envelope(500, "DATABASE_ERROR", f"ORA-20110: Shipment.CANCELEDNOUPD: {GERMAN}")
    with pytest.raises(Permanent, match=r"500 DATABASE_ERROR Shipment\.CANCELEDNOUPD$"):
        verdict(answer, "PATCH ShipmentSet", "PATCH")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(envelope(504, "ODP_OPERATION_TIMEOUT"), id="IFS gave up"),
        pytest.param(page(502), id="a proxy's page"),
        pytest.param(page(504), id="a proxy gave up"),
        pytest.param(page(200), id="half an answer"),
    ],
)
@pytest.mark.parametrize(("method", "kind"), [("PATCH", OutcomeUnknown), ("POST", OutcomeUnknown), ("GET", Retryable)])
def test_after_a_doubtful_answer_only_a_writes_outcome_is_unknown(
    answer: Answer, kind: type[ConnectorError], method: str
) -> None:
    with pytest.raises(Retryable) as caught:
        verdict(answer, "PATCH ShipmentSet", method)
    assert (type(caught.value), caught.value.reason) == (kind, Reason.IFS_UNAVAILABLE)


def test_an_answer_without_content_is_fine() -> None:
    assert verdict(page(204), "PATCH ShipmentSet", "PATCH") is Verdict.FINE


def test_a_throttle_says_when_to_come_back() -> None:
    with pytest.raises(Retryable) as caught:
        verdict(envelope(429, "", **{"retry-after": "7"}), "GET ShipmentSet", "GET")
    assert caught.value.retry_after_seconds == 7


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(None, None, id="absent"),
        pytest.param("7", 7, id="seconds"),
        pytest.param(" 0 ", 0, id="spaces around"),
        pytest.param("9" * 5000, 120, id="clamped"),
        pytest.param("Wed, 21 Oct 2026 07:28:00 GMT", 120, id="a date"),
        pytest.param("-5", None, id="negative"),
        pytest.param("soon", None, id="prose"),
    ],
)
def test_retry_after_is_read_in_either_form(value: str | None, expected: float | None) -> None:
    assert seconds(value) == expected
