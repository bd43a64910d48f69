"""Lists that are asked for together are the same lists; what a batch does not answer is asked for alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests

from functions.errors import Retryable
from functions.ifs import batch, odata
from functions.ifs.client import FAILED_FOR, REFUSED_FOR
from functions.ifs.faults import Answer
from functions.ifs.service import Row, RowList, Service
from tests.equipment.http import Request, Response
from tests.equipment.ifs.batch import BOUNDARY
from tests.equipment.ifs.outages import Outage
from tests.equipment.tenant_fixture import IFS, Rig, Wire

SET = "ShipmentLineSet"
KEY = ("ShipmentId", "ShipmentLineNo")


class Lists(Rig):
    def __init__(self, shipments: int = 120, lines: int = 1, **ifs: int) -> None:
        super().__init__(**ifs)
        parts = [("P1001", f"PART{n}", 1) for n in range(lines)]
        self.numbers = [self.tenant.add_shipment(parts) for _ in range(shipments)]
        self.service = Service(self.client, "main", "ShipmentHandling")
        self.expected = [(number, line + 1) for number in self.numbers for line in range(lines)]

    def lines_read(self) -> list[tuple[int, int]]:
        filters = odata.any_of("ShipmentId", map(str, self.numbers))
        rows: list[Row] = self.service.rows_of_each(SET, ("SourceRef1",), filters, KEY)
        return sorted((int(row["ShipmentId"]), int(row["ShipmentLineNo"])) for row in rows)

    def asked(self) -> tuple[int, int]:
        """Batches and single lists since the last look, then forgotten."""
        paths = [str(request.url) for request in self.wire.sent if "/auth/" not in str(request.url)]
        self.wire.sent.clear()
        batches = sum(path.endswith("$batch") for path in paths)
        return batches, len(paths) - batches


def test_lists_of_one_kind_are_one_request() -> None:
    lists = Lists()
    assert (lists.lines_read(), lists.asked()) == (lists.expected, (1, 1))  # and how wide a page is
    assert (lists.lines_read(), lists.asked()) == (lists.expected, (1, 0))


def test_only_so_many_lists_are_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "TOGETHER", 2)
    lists = Lists(200)
    assert lists.lines_read() == lists.expected
    assert lists.asked()[0] == 2


def test_one_list_is_asked_for_as_ever() -> None:
    lists = Lists(1)
    assert lists.lines_read() == lists.expected
    assert lists.asked()[0] == 0


def test_a_list_that_goes_on_behind_its_first_page_is_read_to_its_end() -> None:
    lists = Lists(60, lines=6)
    for link in (False, True):
        lists.tenant.switches.is_linking = link
        lists.tenant.switches.largest_page = 40
        assert lists.lines_read() == lists.expected


def test_a_tenant_that_takes_no_batch_is_asked_for_one_once() -> None:
    lists = Lists()
    lists.tenant.switches.takes_batch = False
    assert lists.lines_read() == lists.expected
    batches, single = lists.asked()
    assert (batches, single > 3) == (1, True)
    assert lists.lines_read() == lists.expected
    assert lists.asked()[0] == 0


@pytest.mark.parametrize(
    "fault",
    [
        requests.ConnectionError(),
        requests.ReadTimeout(),
    ],
)
def test_a_batch_that_is_lost_is_asked_for_alone_and_together_again_after_a_while(
    fault: requests.RequestException,
) -> None:
    lists = Lists()
    lists.client.get(f"{lists.service.path}/{SET}?$top=1", SET)
    lists.wire.breaks.append(fault)
    lists.wire.sent.clear()
    assert lists.lines_read() == lists.expected
    assert lists.asked()[0] == 1
    assert lists.lines_read() == lists.expected
    assert lists.asked()[0] == 0, "what fails for batches alone must not cost every delivery its time-out"
    lists.at += FAILED_FOR
    assert (lists.lines_read(), lists.asked()[0]) == (lists.expected, 1)


def test_a_batch_alone_that_is_always_put_off_leaves_time_to_ask_alone() -> None:
    lists = Lists()
    put_off = Response(503, b"", {"Retry-After": "900"})
    _changed(lists, lambda request, response: put_off if request.path.endswith("$batch") else response)
    with pytest.raises(Retryable):
        lists.lines_read()
    lists.at += timedelta(seconds=900)  # as it was asked to
    assert lists.lines_read() == lists.expected


def test_a_batch_is_not_waited_for_as_long_as_a_list_may_take() -> None:
    lists = Lists(wait_seconds=60)
    lists.lines_read()
    waits = {
        "$batch" in str(request.url): request.headers["Prefer"]
        for request in lists.wire.sent
        if "Prefer" in request.headers
    }
    assert waits == {True: "wait=20", False: "wait=60"}


def test_a_token_that_ran_out_is_replaced_within_a_batch_too() -> None:
    lists = Lists()
    lists.lines_read()
    lists.asked()
    lists.tenant.tokens.clear()
    assert (lists.lines_read(), lists.asked()) == (lists.expected, (2, 0))


def test_a_batch_alone_that_is_refused_the_token_is_not_asked_for_again_and_costs_no_token_but_one() -> None:
    lists = Lists()
    lists.lines_read()
    lists.tenant.add_fault("status", status=401, path="$batch", times=-1)
    tokens = lists.tenant.counts["tokens"]
    lists.asked()
    for expected in (2, 0, 0):
        assert (lists.lines_read(), lists.asked()[0]) == (lists.expected, expected)
        lists.at += FAILED_FOR
        lists.tenant.tokens.clear()
    assert (lists.refusals, lists.tenant.counts["tokens"] - tokens) == (0, 3)  # one for the batch, two that ran out
    lists.tenant.lift_faults()
    lists.at += REFUSED_FOR
    assert (lists.lines_read(), lists.asked()[0]) == (lists.expected, 1)


def test_a_tenant_that_refuses_every_token_says_nothing_of_batches() -> None:
    lists = Lists()
    lists.lines_read()
    lists.tenant.add_fault("status", status=401, path="ShipmentHandling", times=-1)
    with pytest.raises(Retryable):
        lists.lines_read()
    assert lists.refusals == 1
    lists.tenant.lift_faults()
    lists.asked()
    lists.at += FAILED_FOR
    assert (lists.lines_read(), lists.asked()[0]) == (lists.expected, 1)


def test_lists_are_not_asked_for_alone_where_there_is_no_token() -> None:
    lists = Lists()
    lists.tenant.outages.add(Outage("token", lists.at, lists.at + FAILED_FOR))
    with pytest.raises(Retryable):
        lists.lines_read()
    assert len(lists.wire.sent) == 1
    lists.at += FAILED_FOR
    lists.lines_read()
    assert lists.asked()[0] == 1, "no batch has failed"


def test_an_outage_is_told_as_ever() -> None:
    lists = Lists()
    lists.tenant.go_dark(600)
    with pytest.raises(Retryable):
        lists.lines_read()


def _reversed(body: bytes) -> bytes:
    """The parts in another order."""
    mark = f"--{BOUNDARY}\r\n".encode()
    end = f"--{BOUNDARY}--\r\n".encode()
    return b"".join(mark + part for part in reversed(body.removesuffix(end).split(mark)[1:])) + end


def _unnumbered(body: bytes) -> bytes:
    return re.sub(rb"Content-ID: \d+\r\n", b"", body)


Damage = Callable[[bytes], bytes]
DAMAGED: dict[str, Damage] = {
    "no boundary": lambda body: body.replace(b"--batch_ifs", b"++batch_ifs"),
    "no lists": lambda body: b"",
    "the last one is missing": lambda body: (
        body[: body.rindex(b"--batch_ifs_answer\r\n")] + b"--batch_ifs_answer--\r\n"
    ),
    "one is no JSON": lambda body: body.replace(b'"value":', b'"value"', 1),
    "one is an error": lambda body: body.replace(b"HTTP/1.1 200 OK", b"HTTP/1.1 500 Error", 1),
    "one has no status": lambda body: body.replace(b"HTTP/1.1 200 OK", b"", 1),
    "another one too many": lambda body: body[: body.index(b"--batch_ifs", 20)] + body,
    "in another order": _reversed,
    "without numbers": _unnumbered,
    "without numbers, the last one is missing": lambda body: _unnumbered(
        body[: body.rindex(b"--batch_ifs_answer\r\n")] + b"--batch_ifs_answer--\r\n"
    ),
    "one number for all": lambda body: re.sub(rb"Content-ID: \d+", b"Content-ID: 0", body),
    "numbers that nobody gave": lambda body: body.replace(b"Content-ID: ", b"Content-ID: 7"),
    "one is an error within status 200": lambda body: re.sub(
        rb'\{"@odata.context".*?\}\r\n--', b'{"error":{"code":"X"}}\r\n--', body, count=1
    ),
    "an error stands behind the rows of one": lambda body: re.sub(
        rb'"value":\[.*?\]\}\r\n--', b'"value":[],"error":{"code":"X"}}\r\n--', body, count=1
    ),
    "one is null": lambda body: re.sub(rb"\r\n\r\n\{.*\}\r\n--", b"\r\n\r\nnull\r\n--", body, count=1),
    "one holds what is no row": lambda body: body.replace(b'"value":[', b'"value":[null,', 1),
    "parts within parts without an end": lambda body: b"".join(
        b"--%b\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n"
        % (f"b{n - 1}".encode() if n else BOUNDARY.encode(), n)
        for n in range(2000)
    ),
    "other ends of lines": lambda body: body.replace(b"\r\n", b"\n"),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_whatever_comes_back_the_lists_are_whole(damage: str) -> None:
    lists = Lists()
    serve = lists.tenant.application

    def damaged(request: Request) -> Response:
        response = serve(request)
        if not request.path.endswith("$batch"):
            return response
        return Response(response.status, DAMAGED[damage](response.body), response.headers)

    lists.session.mount(IFS, Wire(damaged))
    assert lists.lines_read() == lists.expected
    records, lines = lists.service.each(
        [
            RowList("ShipmentSet", ("Objstate",), ("ShipmentId",), f"ShipmentId eq {lists.numbers[0]}"),
            RowList(SET, ("SourceRef1",), KEY, f"ShipmentId eq {lists.numbers[0]}"),
        ]
    )
    assert ([row.get("Objstate") is None for row in records], [row.get("SourceRef1") for row in lines]) == (
        [False],
        ["P1001"],
    )


def _changed(lists: Lists, change: Callable[[Request, Response], Response]) -> None:
    serve = lists.tenant.application
    lists.session.mount(IFS, Wire(lambda request: change(request, serve(request))))


def test_an_empty_first_page_is_followed_where_it_says_that_there_is_more() -> None:
    lists = Lists()
    key = f"ShipmentId eq {lists.numbers[0]}"
    following = f'"@odata.nextLink":"{SET}?$filter={key.replace(" ", "%20")}&$skip=0","value":[]'.encode()
    _changed(
        lists,
        lambda request, response: (
            Response(
                response.status, re.sub(rb'"value":\[.*?\](?=\})', lambda _: following, response.body), response.headers
            )
            if request.path.endswith("$batch")
            else response
        ),
    )
    asked = [RowList(SET, ("SourceRef1",), KEY, key)] * 2
    assert [len(rows) for rows in lists.service.each(asked)] == [1, 1]


def _headless(request: Request, response: Response) -> Response:
    if not request.path.endswith("$batch"):
        return response
    return Response(response.status, response.body.replace(b"200 OK", b"500 Error", 1), response.headers)


@pytest.mark.parametrize("pages", ["the first list is missing", "the first list goes on behind its page"])
def test_what_is_asked_for_later_is_never_read_before_what_was_asked_for_earlier(pages: str) -> None:
    lists = Lists(3)
    if pages == "the first list is missing":
        _changed(lists, _headless)
    else:
        lists.tenant.switches.largest_page = 2
    either = " or ".join(f"ShipmentId eq {number}" for number in lists.numbers)
    asked = [RowList("ShipmentSet", ("Objstate",), ("ShipmentId",), either), RowList(SET, ("SourceRef1",), KEY, either)]
    lists.service.each(asked)
    wire = lists.session.get_adapter(IFS)
    assert isinstance(wire, Wire)
    alone = [str(request.url) for request in wire.sent if request.method == "GET" and "$filter" in str(request.url)]
    last_record = max(place for place, url in enumerate(alone) if "/ShipmentSet?" in url)
    assert any(f"/{SET}?" in url and "$skip=0" in url.replace("%24", "$") for url in alone[last_record:])


def _swapped(body: bytes) -> bytes:
    """The numbers of the first two parts."""
    names = {b"0": b"1", b"1": b"0"}
    return re.sub(rb"Content-ID: ([01])\b", lambda found: b"Content-ID: " + names[found[1]], body)


def _contents_swapped(body: bytes) -> bytes:
    first, second = re.findall(rb'\{"@odata.context".*?\}(?=\r\n--)', body)
    return body.replace(first, b"<first>").replace(second, first).replace(b"<first>", second)


def _in_context(body: bytes) -> bytes:
    """Swapped, and empty: only what they say of themselves tells."""
    empty = b'{"@odata.context":"$metadata#%b(ShipmentId)","value":[]}'
    for name in (SET.encode(), b"ShipmentSet"):
        body = re.sub(rb'\{"@odata.context":"\$metadata",.*?\}(?=\r\n--)', lambda _: empty % name, body, count=1)  # noqa: B023
    return body


@pytest.mark.parametrize("swap", [_swapped, _contents_swapped, _in_context])
@pytest.mark.parametrize("are_there", [(True, True), (True, False), (False, True)])
def test_parts_that_belong_to_another_list_are_not_believed(swap: Damage, are_there: tuple[bool, bool]) -> None:
    lists = Lists(3)
    filters = [f"ShipmentId eq {lists.numbers[0] if is_there else 0}" for is_there in are_there]
    _changed(
        lists,
        lambda request, response: (
            Response(response.status, swap(response.body), response.headers)
            if request.path.endswith("$batch")
            else response
        ),
    )
    asked = [
        RowList("ShipmentSet", ("Objstate",), ("ShipmentId",), filters[0]),
        RowList(SET, ("SourceRef1",), KEY, filters[1]),
    ]
    for _ in range(2):
        records, lines = lists.service.each(asked)
        assert ([row["Objstate"] for row in records], [row["SourceRef1"] for row in lines]) == (
            ["Preliminary"] * are_there[0],
            ["P1001"] * are_there[1],
        )
    wire = lists.session.get_adapter(IFS)
    assert isinstance(wire, Wire)
    assert sum("$batch" in str(request.url) for request in wire.sent) == 1, "such a server is asked for lists alone"


def test_text_of_any_script_survives() -> None:
    rows = '{"value":[{"Name":"Kim 🚚 Å"}]}'.encode()
    part = b"--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
    document = part + rows + b"\r\n--b--\r\n"
    answer = Answer(status=200, headers={"content-type": "multipart/mixed; boundary=b"}, document=document)
    (found,) = batch.answers(answer, 1)
    assert found is not None
    assert found.body == {"value": [{"Name": "Kim 🚚 Å"}]}


def test_an_inner_address_is_encoded_as_outside() -> None:
    body = batch.body(["CustomerOrderSet?$filter=OrderNo%20eq%20%27P%2F1%27"]).decode()
    assert "GET CustomerOrderSet?$filter=OrderNo%20eq%20%27P%2F1%27 HTTP/1.1\r\n" in body
    assert body.count("--batch_of_lists") == 2
