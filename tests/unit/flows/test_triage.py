from __future__ import annotations

from typing import Any

import pytest

from functions.flows.to_ifs.triage import skip_reason
from functions.model.messages import Admission
from functions.model.outcomes import Reason
from tests.equipment.builders import a_connection, a_shipment

LATER = "2026-04-01T00:00:00Z"


@pytest.mark.parametrize(
    ("shipment", "connection", "reason"),
    [
        pytest.param({}, {}, None, id="ours"),
        pytest.param({"reference": None}, {}, Reason.NO_ORDER_REFERENCE, id="no reference"),
        pytest.param({"skip": Reason.RETURN_LABEL}, {}, Reason.RETURN_LABEL, id="a return"),
        pytest.param({}, {"go_live_at": LATER}, Reason.BEFORE_GO_LIVE, id="too old"),
        pytest.param({"store_id": 7}, {"stores": {"exclude": [7]}}, Reason.STORE_EXCLUDED, id="store left out"),
        pytest.param({}, {"stores": {"exclude": [7]}}, Reason.STORE_UNKNOWN, id="store unknown"),
        pytest.param({}, {"stores": {}}, None, id="store unknown where none is named"),
    ],
)
def test_what_is_none_of_our_business_says_why(
    shipment: dict[str, Any], connection: dict[str, Any], reason: Reason | None
) -> None:
    assert skip_reason(a_shipment(**shipment), a_connection(**connection)) is reason


@pytest.mark.parametrize(
    ("admission", "connection", "reason"),
    [
        pytest.param(None, {}, Reason.COMBINED_UNKNOWN, id="ours: a person has to look"),
        pytest.param(None, {"go_live_at": LATER}, Reason.BEFORE_GO_LIVE, id="too old"),
        pytest.param("named", {"go_live_at": LATER}, Reason.COMBINED_UNKNOWN, id="too old and asked for"),
        pytest.param(None, {"stores": {"exclude": [7]}}, Reason.STORE_EXCLUDED, id="store left out"),
        pytest.param("baseline", {}, Reason.BASELINE, id="a baseline"),
    ],
)
def test_a_combined_order_calls_nobody_for_what_would_not_be_written_anyway(
    admission: Admission | None, connection: dict[str, Any], reason: Reason
) -> None:
    shipment = a_shipment(reference=None, skip=Reason.COMBINED_UNKNOWN, store_id=7)
    assert skip_reason(shipment, a_connection(**connection), admission) is reason


@pytest.mark.parametrize(
    ("admission", "shipment", "reason"),
    [
        pytest.param("named", {}, None, id="named"),
        pytest.param("named", {"skip": Reason.RETURN_LABEL}, Reason.RETURN_LABEL, id="a named return"),
        pytest.param("named", {"store_id": 7}, Reason.STORE_EXCLUDED, id="named of a store left out"),
        pytest.param("baseline", {}, Reason.BASELINE, id="baseline"),
        pytest.param("baseline", {"skip": Reason.RETURN_LABEL}, Reason.BASELINE, id="a return in a baseline"),
    ],
)
def test_an_admission_lifts_go_live_alone_and_a_baseline_ends_everything(
    admission: Admission, shipment: dict[str, Any], reason: Reason | None
) -> None:
    connection = a_connection(go_live_at=LATER, stores={"exclude": [7]})
    assert skip_reason(a_shipment(**{"store_id": 8, **shipment}), connection, admission) is reason
