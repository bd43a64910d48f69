"""Lists that are complete or not used, whatever the server cuts."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from functions.errors import Permanent, Retryable, Scope
from functions.ifs import service
from functions.ifs.service import Row, Service
from tests.equipment.tenant_fixture import Rig

SET = "ShipmentLineSet"
KEY = ("ShipmentId", "ShipmentLineNo")


class Lists(Rig):
    """One shipment with `lines`, beside others with `others`, on a server whose pages hold `cap` rows at most."""

    def __init__(self, lines: int, *, others: int = 0, cap: int = 10_000) -> None:
        super().__init__()
        self.number = self.tenant.add_shipment([("P1001", f"PART{n}", 1) for n in range(lines)])
        self.tenant.add_shipment([("P2002", f"PART{n}", 1) for n in range(others)])
        self.tenant.switches.largest_page = cap
        self.service = Service(self.client, "main", "ShipmentHandling")

    def rows(self) -> list[Row]:
        return self.service.rows(SET, ("SourceRef1",), f"ShipmentId eq {self.number}", KEY)

    def asked(self) -> list[dict[str, str]]:
        """The options of every list request since the last look, then forgotten."""
        queries = [parse_qs(urlsplit(str(request.url)).query) for request in self.wire.seen("GET")]
        self.wire.sent.clear()
        return [{name: values[0] for name, values in query.items()} for query in queries]


@pytest.mark.parametrize("lines", [0, 1, 99, 100, 101, 199, 200, 250])
@pytest.mark.parametrize("others", [0, 300])
def test_a_server_that_cuts_its_pages_without_a_word_is_read_to_the_end(lines: int, others: int) -> None:
    lists = Lists(lines, others=others, cap=100)
    for _ in range(2):
        assert len(lists.rows()) == lines


def test_how_wide_a_page_is_is_asked_once_with_nothing_but_the_key() -> None:
    lists = Lists(3, others=300, cap=100)
    lists.rows()
    own, measure = lists.asked()
    assert "$filter" in own
    assert measure == {"$select": ",".join(KEY), "$orderby": ",".join(KEY), "$top": "500", "$skip": "0"}
    for _ in range(5):
        lists.rows()
    assert len(lists.asked()) == 5


def test_a_page_as_wide_as_the_widest_is_followed_by_another_until_one_is_empty() -> None:
    lists = Lists(200, others=300, cap=100)
    lists.rows()
    lists.asked()
    lists.rows()
    assert [query["$skip"] for query in lists.asked()] == ["0", "100", "200"]


def test_an_empty_list_needs_no_second_look() -> None:
    lists = Lists(0, others=300)
    lists.rows()
    assert len(lists.asked()) == 1


def test_a_whole_page_of_ours_tells_as_much_as_the_measure() -> None:
    lists = Lists(700)
    assert len(lists.rows()) == 700
    assert [query["$skip"] for query in lists.asked()] == ["0", "500"]


def test_a_set_that_cannot_be_read_as_a_whole_is_read_page_by_page_until_one_is_empty() -> None:
    lists = Lists(150, cap=100)

    def refusing_the_measure() -> None:
        url = str(lists.wire.sent[-1].url)
        if SET in url and "filter" not in url:
            lists.error(504, "ODP_OPERATION_TIMEOUT", path=SET)

    lists.wire.on_request = refusing_the_measure
    assert len(lists.rows()) == 150
    lists.asked()
    assert len(lists.rows()) == 150
    assert all("$filter" in query for query in lists.asked())


def test_a_tenant_that_goes_down_while_a_page_is_measured_leaves_no_half_list() -> None:
    lists = Lists(100, others=300, cap=100)

    def down() -> None:
        url = str(lists.wire.sent[-1].url)
        if SET in url and "filter" not in url:
            lists.tenant.add_fault("html", path=SET, status=503, headers={"Retry-After": "60"})

    lists.wire.on_request = down
    with pytest.raises(Retryable) as caught:
        lists.rows()
    assert caught.value.scope is Scope.TENANT


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 500}, {"kind": "truncated"}, {"kind": "throttle_text"}])
def test_a_list_whose_second_page_fails_is_not_used(fault: dict[str, Any]) -> None:
    lists = Lists(150, others=300, cap=100)

    def second_page() -> None:
        if "skip=100" in str(lists.wire.sent[-1].url):
            lists.tenant.add_fault(**fault, path=SET)

    lists.wire.on_request = second_page
    with pytest.raises(Retryable) as caught:
        lists.rows()
    assert caught.value.stage == "search"


def test_a_list_without_an_end_is_given_up_with_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    lists = Lists(60, cap=10)
    monkeypatch.setattr(service, "MOST_PAGES", 6)
    assert len(Lists(50, cap=10).rows()) == 50
    with pytest.raises(Retryable) as caught:
        lists.rows()
    assert caught.value.code == "TOO_MANY_PAGES"


def test_a_server_that_gives_the_same_page_again_is_not_believed() -> None:
    lists = Lists(30, cap=10)
    body = {"value": [{"ShipmentId": 1, "ShipmentLineNo": n} for n in range(10)]}
    lists.tenant.add_fault("status", path=SET, status=200, body=body, times=-1)
    with pytest.raises(Retryable) as caught:
        lists.rows()
    assert caught.value.code == "PAGE_REPEATED"


def test_a_page_that_ends_in_an_error_is_no_list() -> None:
    lists = Lists(1)
    error = {"code": "DATABASE_ERROR", "message": "x"}
    body = {"value": [{"ShipmentId": 1, "ShipmentLineNo": 1}], "error": error}
    lists.tenant.add_fault("status", path=SET, status=200, body=body, times=-1)
    with pytest.raises(Retryable):
        lists.rows()


def test_rows_that_lack_a_part_of_their_key_are_all_there() -> None:
    lists = Lists(1, others=9)
    lists.rows()
    rows = [{"ShipmentId": None, "ShipmentLineNo": 1}, {"ShipmentId": None, "ShipmentLineNo": 1}, {"SourceRef1": "P1"}]
    lists.tenant.add_fault("status", path=SET, status=200, body={"value": rows})
    assert lists.rows() == rows


def test_a_page_with_something_that_is_no_row_is_no_page() -> None:
    lists = Lists(1)
    lists.tenant.add_fault("status", path=SET, status=200, body={"value": [{"ShipmentId": 1}, "x"]}, times=-1)
    with pytest.raises(Retryable) as caught:
        lists.rows()
    assert caught.value.code == "NO_ROWS"


@pytest.mark.parametrize("has_envelope", [True, False])
def test_a_filter_that_takes_too_long_tells_itself_by_its_status(*, has_envelope: bool) -> None:
    lists = Lists(1)
    if has_envelope:
        lists.error(504, "ODP_OPERATION_TIMEOUT", path=SET)
    else:
        lists.tenant.add_fault("html", path=SET, status=504)
    with pytest.raises(Retryable) as caught:
        lists.rows()
    assert (caught.value.status, caught.value.scope, caught.value.stage) == (504, Scope.UNCLEAR, "search")


def test_a_set_that_does_not_exist_is_told_from_a_backend_that_starts() -> None:
    lists = Lists(1)
    lists.error(404, "ODP_RESOURCE_NOTFOUND", path=SET)
    with pytest.raises(Permanent):
        lists.rows()
    lists.tenant.add_fault("html", path=SET, status=404, times=3)
    with pytest.raises(Retryable):
        lists.rows()
    assert len(lists.rows()) == 1
