"""Several lists in one request, as OData's `$batch` writes them: text parts, of which each is a request or an answer.

`multipart/mixed` is the only form that IFS documents; parts are worked on one after the other, and a server that meets
an error may stop there. Source: https://docs.ifs.com/techdocs/ (batch requests).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from email import message_from_bytes
from http import HTTPStatus
from typing import Any

from functions.ifs.faults import Answer

TOGETHER = 20  # lists in one request: as many statements have to end within the time of one
KIND = "multipart/mixed"
BOUNDARY = "batch_of_lists"
HEADERS = {"Content-Type": f"{KIND};boundary={BOUNDARY}", "Accept": KIND}
ID = "Content-ID"
_PART = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"


def body(paths: Iterable[str]) -> bytes:
    """Paths are relative to the service."""
    parts = "".join(
        f"--{BOUNDARY}\r\n{_PART}{ID}: {number}\r\n\r\nGET {path} HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n"
        for number, path in enumerate(paths)
    )
    return f"{parts}--{BOUNDARY}--\r\n".encode()


def answers(batch: Answer, count: int) -> list[Answer | None]:
    """Of `count` requests in their order; None for one that is no list, or is not there."""
    # The boundary that the server chose stands in its header alone.
    head = f"Content-Type: {batch.headers.get('content-type', '')}\r\n\r\n"
    try:
        parts = list(_parts(head.encode() + batch.document))
    except RecursionError:  # parts within parts
        parts = []
    numbers = [number for number, _ in parts]
    # By what each says of itself. A server that repeats no numbers keeps the order of the requests; which of them it
    # left out, an answer that is too short does not say.
    if not any(numbers) and len(parts) == count:
        return [_list(content) for _, content in parts]
    by_number = {number: _list(content) for number, content in parts if numbers.count(number) == 1}
    return [by_number.get(str(number)) for number in range(count)]


def rows(body: object) -> list[Mapping[str, Any]] | None:
    """Of a page of a list; None for anything else, which in status 200 is not a list that may be called complete."""
    # An error that IFS meets on the way stands behind the rows that it had.
    page = body.get("value") if isinstance(body, dict) and "error" not in body else None
    return page if isinstance(page, list) and all(isinstance(row, dict) for row in page) else None


def _parts(message: bytes) -> Iterator[tuple[str, bytes]]:
    """Each with its number; "" where it has none."""
    for part in message_from_bytes(message).walk():
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            yield str(part.get(ID, "")).strip(), content if isinstance(content, bytes) else b""


def _list(part: bytes) -> Answer | None:
    # Servers differ in the ends of lines within a part.
    head, _, content = part.lstrip().replace(b"\r\n", b"\n").partition(b"\n\n")
    status = head.split(b"\n")[0].split()[1:2]
    if status != [str(HTTPStatus.OK.value).encode()]:
        return None
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return Answer(status=HTTPStatus.OK, headers={}, body=found, is_json=True) if rows(found) is not None else None
