from __future__ import annotations

import pytest

from functions.errors import ConnectorError, OutcomeUnknown, Permanent, Retryable, Scope
from functions.ifs.faults import Answer, AnswerKind, Call, answer_kind, lost, seconds
from functions.model.outcomes import SENTENCES, Reason
from tests.equipment.builders import NOON

ENGLISH = "The operation could not be carried out for Jane Doe."
GERMAN = "Der Vorgang für Jane Doe konnte nicht ausgeführt werden."
LANGUAGES = pytest.mark.parametrize("prose", [ENGLISH, GERMAN], ids=["English", "German"])
SEARCH = Call("GET", "ShipmentSet", "search")
METADATA = Call("GET", "$metadata", "metadata")
PATCH = Call("PATCH", "ShipmentSet", "write")
POST = Call("POST", "ShipmentTrackingSet", "write")
ACTION = Call("POST", "ShipmentSet", "action")


def called(call: Call) -> str:
    return f"{call.method} {call.stage}"


WRITES = pytest.mark.parametrize("call", [PATCH, POST, ACTION], ids=called)
READS_AND_WRITES = pytest.mark.parametrize("call", [SEARCH, PATCH, POST, ACTION], ids=called)


def envelope(status: int, code: str, text: str = "", *, wait: float | None = None) -> Answer:
    detail = {"code": code, "message": text}
    body = {"error": {"code": code, "message": text, "details": [detail]}}
    return Answer(status=status, headers={}, body=body, is_json=True, retry_after_seconds=wait)


def page(status: int, body: object = None, *, wait: float | None = None) -> Answer:
    """Somebody else's: HTML or plain text, or JSON of another shape."""
    return Answer(status=status, headers={}, body=body, is_json=body is not None, retry_after_seconds=wait)


def fault_of(answer: Answer, call: Call) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        answer_kind(answer, call)
    return caught.value


@LANGUAGES
@pytest.mark.parametrize(
    ("answer_and_call", "expected"),
    [
        pytest.param((401, "UNAUTHORIZED", "", SEARCH), AnswerKind.REFRESH_TOKEN, id="expired token"),
        pytest.param((401, "UNAUTHORIZED", "", PATCH), AnswerKind.REFRESH_TOKEN, id="expired token, write"),
        pytest.param((500, "MI_MODIFIED_ERROR", "", PATCH), AnswerKind.NOT_PROCESSED, id="metadata rebuilt, 500"),
        pytest.param((503, "MI_MODIFIED_ERROR", "", SEARCH), AnswerKind.NOT_PROCESSED, id="metadata rebuilt, 503"),
        pytest.param((404, "ODP_RESOURCE_NOTFOUND", "", SEARCH), AnswerKind.MISSING, id="missing key"),
        pytest.param((404, "ODP_RESOURCE_NOTFOUND", "", PATCH), AnswerKind.MISSING, id="record gone"),
    ],
)
def test_an_answer_that_asks_for_an_action_is_of_its_kind(
    answer_and_call: tuple[int, str, str, Call], prose: str, expected: AnswerKind
) -> None:
    status, code, constant, call = answer_and_call
    assert answer_kind(envelope(status, code, f"{constant} {prose}"), call) is expected


@WRITES
@LANGUAGES
@pytest.mark.parametrize(
    ("status", "code", "constant"),
    [
        pytest.param(409, "CONFLICT", "", id="409"),
        pytest.param(412, "ODP_PRECONDITION_FAILED", "", id="stale ETag"),
        pytest.param(500, "DATABASE_ERROR", "ORA-20114:", id="ORA-20114"),
        pytest.param(503, "DATABASE_ERROR", "Shipment.FND_MODIFIED:", id="FND_MODIFIED"),
    ],
)
def test_a_write_that_met_another_version_is_a_conflict_and_no_refusal(
    *, status: int, code: str, constant: str, prose: str, call: Call
) -> None:
    assert answer_kind(envelope(status, code, f"{constant} {prose}"), call) is AnswerKind.CONFLICT


@WRITES
@pytest.mark.parametrize("status", [409, 412])
def test_a_conflict_is_one_without_an_envelope_too(status: int, call: Call) -> None:
    assert answer_kind(page(status), call) is AnswerKind.CONFLICT


def test_nothing_conflicts_with_a_reading() -> None:
    assert isinstance(fault_of(envelope(500, "DATABASE_ERROR", "ORA-20114: X.FND_MODIFIED:"), SEARCH), ConnectorError)


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
        (429, "THROTTLED", "", Retryable, Reason.IFS_UNAVAILABLE),
        (503, "UNAVAILABLE", "", Retryable, Reason.IFS_UNAVAILABLE),
        (500, "DATABASE_ERROR", "ORA-00060: deadlock", Retryable, Reason.IFS_UNAVAILABLE),
    ],
    ids=lambda value: str(value) if isinstance(value, str) and value else None,
)
def test_a_fault_is_told_by_status_and_code_in_every_language(
    *, status: int, code: str, constant: str, prose: str, kind: type[ConnectorError], reason: Reason, call: Call
) -> None:
    fault = fault_of(envelope(status, code, f"{constant} {prose}"), call)
    assert (type(fault), fault.reason, fault.status, fault.stage) == (kind, reason, status, call.stage)
    assert "Jane" not in f"{fault} {fault.code}"
    assert str(fault).startswith(f"{reason}: {call}: {status}")


@pytest.mark.parametrize(
    ("code", "text", "told"),
    [
        ("DATABASE_ERROR", "ORA-20110: Shipment.INVOICEDNOUPD: Jane Doe", "ORA-20110 Shipment.INVOICEDNOUPD"),
        ("DATABASE_ERROR", "ORA-06512: at line 7\nORA-20110: Shipment.X1: Jane", "ORA-20110 Shipment.X1"),
        ("DATABASE_ERROR", 'ORA-12899: value too large for "JANE" (actual: 40)', "ORA-12899"),
        ("ODP_OPERATION_TIMEOUT", "Operation did not complete", "ODP_OPERATION_TIMEOUT"),
        ("Jane Doe, 1 Main Street", "x", ""),
    ],
)
def test_a_code_is_a_number_and_a_constant_and_never_a_value(code: str, text: str, told: str) -> None:
    fault = fault_of(envelope(500, code, text), PATCH)
    assert fault.code == told
    assert "Jane" not in str(fault)


@READS_AND_WRITES
@pytest.mark.parametrize(
    "constant",
    ["ORA-20113: X.FND_LOCKED:", "ORA-00054:", "ORA-20115:", "ORA-20111:", "ORA-20124:", "ORA-20110: X.Y:"],
)
def test_what_ifs_refuses_of_one_record_is_that_records_own(constant: str, call: Call) -> None:
    assert fault_of(envelope(500, "DATABASE_ERROR", constant), call).scope is Scope.RECORD


@READS_AND_WRITES
@pytest.mark.parametrize("code", ["DATABASE_ERROR", "INTERNAL_SERVER_ERROR"])
def test_a_failure_of_ifs_that_nobody_knows_passes_at_first_and_is_nobodys_yet(code: str, call: Call) -> None:
    fault = fault_of(envelope(500, code, "ORA-12899: value too large"), call)
    assert (type(fault), fault.reason, fault.scope) == (Retryable, Reason.IFS_UNAVAILABLE, Scope.UNCLEAR)
    assert fault.code == "ORA-12899"


# --- who spoke

NOT_PROCESSED = [302, 401, 403, 404, 405, 418, 421, 429]
MAYBE_PROCESSED = [408, 500, 502, 503]


@READS_AND_WRITES
@pytest.mark.parametrize("body", [None, {"message": "default backend"}, {"error": "unauthorized"}, {"error": {}}])
@pytest.mark.parametrize("status", [*NOT_PROCESSED, *MAYBE_PROCESSED])
def test_what_carries_no_envelope_of_ifs_passes_and_parks_nothing(status: int, body: object, call: Call) -> None:
    if status == 401:
        assert answer_kind(page(status, body), call) is AnswerKind.REFRESH_TOKEN
        return
    fault = fault_of(page(status, body), call)
    is_doubtful = status in MAYBE_PROCESSED and call.writes
    assert type(fault) is (OutcomeUnknown if is_doubtful else Retryable)
    assert (fault.reason, fault.scope, fault.status) == (Reason.IFS_UNAVAILABLE, Scope.TENANT, status)


@pytest.mark.parametrize("status", [400, 413, 414, 431, 504])
def test_what_a_proxy_says_of_one_long_or_slow_request_is_not_the_tenants_yet(status: int) -> None:
    assert fault_of(page(status), SEARCH).scope is Scope.UNCLEAR


@READS_AND_WRITES
def test_words_of_ifs_count_for_nothing_outside_its_envelope(call: Call) -> None:
    fault = fault_of(page(500, {"message": "ORA-20110: Shipment.INVOICEDNOUPD: no"}), call)
    assert (fault.reason, fault.code) == (Reason.IFS_UNAVAILABLE, "")


@pytest.mark.parametrize("status", [403, 404, 408, 500, 504])
@pytest.mark.parametrize("has_envelope", [True, False])
def test_what_keeps_the_metadata_from_being_read_is_the_tenants(status: int, *, has_envelope: bool) -> None:
    answer = envelope(status, "ODP_OPERATION_TIMEOUT") if has_envelope else page(status)
    fault = fault_of(answer, METADATA)
    assert (fault.scope, fault.stage) == (Scope.TENANT, "metadata")


@pytest.mark.parametrize(
    ("how", "scope"), [("ReadTimeout", Scope.UNCLEAR), ("ConnectionError", Scope.TENANT)], ids=["slow", "broken"]
)
@pytest.mark.parametrize("may_have_arrived", [True, False])
@pytest.mark.parametrize("call", [SEARCH, PATCH], ids=called)
def test_of_a_lost_answer_only_a_write_that_may_have_arrived_is_in_doubt(
    *, how: str, scope: Scope, may_have_arrived: bool, call: Call
) -> None:
    fault = lost(call, how, may_have_arrived=may_have_arrived)
    assert (type(fault) is OutcomeUnknown) == (call is PATCH and may_have_arrived)
    assert (fault.code, fault.status, fault.scope, fault.stage) == (how, None, scope, call.stage)


TAKEN = envelope(500, "DATABASE_ERROR", "ORA-20112: X.FND_RECORD_EXIST:")


def test_a_record_that_is_there_already_is_a_conflict_for_whoever_wanted_to_make_it() -> None:
    assert answer_kind(TAKEN, POST) is AnswerKind.CONFLICT


@pytest.mark.parametrize("call", [PATCH, ACTION], ids=called)
def test_what_an_action_could_not_make_inside_is_its_refusal(call: Call) -> None:
    fault = fault_of(TAKEN, call)
    assert (type(fault), fault.reason, fault.code) == (Permanent, Reason.REFUSED_BY_IFS, "ORA-20112 X.FND_RECORD_EXIST")
    assert fault.scope is Scope.RECORD


def test_a_warning_is_confirmed_only_where_that_is_allowed() -> None:
    assert answer_kind(envelope(400, "WARNING"), PATCH, confirms=True) is AnswerKind.WARNING


def test_every_reason_of_a_fault_has_its_sentence() -> None:
    assert all(SENTENCES[reason].endswith(".") for reason in Reason)


def test_a_refusal_names_the_rule_that_refused() -> None:
    answer = envelope(500, "DATABASE_ERROR", f"ORA-20110: Shipment.CANCELEDNOUPD: {GERMAN}")
    assert str(fault_of(answer, PATCH)).endswith("PATCH ShipmentSet: 500 ORA-20110 Shipment.CANCELEDNOUPD")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(envelope(504, "ODP_OPERATION_TIMEOUT"), id="IFS gave up"),
        pytest.param(page(502), id="a proxy's page"),
        pytest.param(page(504), id="a proxy gave up"),
        pytest.param(page(200), id="half an answer"),
    ],
)
@READS_AND_WRITES
def test_after_a_doubtful_answer_only_a_writes_outcome_is_unknown(answer: Answer, call: Call) -> None:
    fault = fault_of(answer, call)
    kind = OutcomeUnknown if call.writes else Retryable
    assert (type(fault), fault.reason) == (kind, Reason.IFS_UNAVAILABLE)


@READS_AND_WRITES
@pytest.mark.parametrize("status", [202, 203, 205, 206, 207])
def test_what_ifs_never_answers_to_a_request_of_ours_is_somebody_elses(status: int, call: Call) -> None:
    fault = fault_of(page(status, {"@odata.context": "x", "value": []}), call)
    assert (isinstance(fault, OutcomeUnknown), fault.reason) == (call.writes, Reason.IFS_UNAVAILABLE)


@pytest.mark.parametrize(
    ("constant", "kind", "reason"),
    [
        ("ORA-20110: Shipment.NOPE:", Permanent, Reason.REFUSED_BY_IFS),
        ("ORA-20111: ForwarderInfo.FND_RECORD_NOT_EXIST:", Permanent, Reason.UNKNOWN_IN_IFS),
        ("ORA-00054: resource busy", Retryable, Reason.RECORD_LOCKED),
        ("ORA-12899: value too large", Retryable, Reason.IFS_UNAVAILABLE),
        ("", Retryable, Reason.IFS_UNAVAILABLE),
    ],
)
@READS_AND_WRITES
def test_an_error_within_a_200_is_the_error_that_it_tells(
    constant: str, kind: type[ConnectorError], reason: Reason, call: Call
) -> None:
    fault = fault_of(envelope(200, "DATABASE_ERROR", constant), call)
    assert (type(fault), fault.reason) == (kind, reason)


def test_a_conflict_within_a_200_is_a_conflict() -> None:
    assert answer_kind(envelope(200, "DATABASE_ERROR", "ORA-20114:"), PATCH) is AnswerKind.CONFLICT


@pytest.mark.parametrize("body", [[], "x", 5, {}, {"message": "request received"}])
def test_an_action_is_answered_by_ifs_or_by_nobody(body: object) -> None:
    assert isinstance(fault_of(page(200, body), ACTION), OutcomeUnknown)
    assert answer_kind(page(200, {"@odata.context": "$metadata", "value": 1}), ACTION) is AnswerKind.FINE


def test_an_answer_without_content_is_fine() -> None:
    assert answer_kind(page(204), PATCH) is AnswerKind.FINE


@READS_AND_WRITES
@pytest.mark.parametrize(
    "answer", [envelope(429, "X", wait=7), envelope(503, "X", wait=7), page(429, wait=7), page(503, wait=7)]
)
def test_who_says_when_to_come_back_speaks_for_the_tenant(answer: Answer, call: Call) -> None:
    fault = fault_of(answer, call)
    assert isinstance(fault, Retryable)
    assert (fault.retry_after_seconds, fault.scope) == (7, Scope.TENANT)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(None, None, id="absent"),
        pytest.param("7", 7, id="seconds"),
        pytest.param(" 0 ", 0, id="spaces around"),
        pytest.param("9" * 5000, 900, id="clamped"),
        pytest.param("Thu, 05 Mar 2026 12:02:00 GMT", 120, id="a date"),
        pytest.param("Wed, 21 Oct 2026 07:28:00 GMT", 900, id="a date far off"),
        pytest.param("Wed, 21 Oct 2015 07:28:00 GMT", 0, id="a date gone by"),
        pytest.param("-5", None, id="negative"),
        pytest.param("soon", None, id="prose"),
    ],
)
def test_retry_after_is_read_in_either_form(value: str | None, expected: float | None) -> None:
    assert seconds(value, NOON) == expected
