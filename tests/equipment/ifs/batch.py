"""`$batch` as OData answers it: each part a request of its own, worked on in turn, its `Content-ID` repeated; an error
ends it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.equipment.http import Request, Response, to_request

BOUNDARY = "batch_ifs_answer"
_ID = re.compile(rb"^Content-ID: \S+\r\n", re.MULTILINE)
_GET = re.compile(rb"^GET (?P<url>\S+) HTTP/1\.1", re.MULTILINE)


def answered(request: Request, answer: Callable[[Request], Response]) -> Response:
    kind, _, rest = request.headers.get("Content-Type", "").partition(";")
    boundary = rest.partition("boundary=")[2].strip()
    if kind.strip() != "multipart/mixed" or not boundary:
        return Response(415)
    service = request.path.removesuffix("$batch")
    parts, headers = [], {"Authorization": request.headers.get("Authorization", "")}
    for asked in request.body.split(f"--{boundary}".encode())[1:-1]:
        found = _GET.search(asked)
        if found is None:
            return Response(400)
        response = answer(to_request("GET", f"{service}{found['url'].decode()}", headers.items(), b""))
        number = _ID.search(asked)
        parts.append(_part(response, number[0].decode() if number else ""))
        if response.status >= 300:
            break
    body = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
    return Response(200, body, {"Content-Type": f"multipart/mixed; boundary={BOUNDARY}"})


def _part(response: Response, number: str) -> bytes:
    head = (
        f"--{BOUNDARY}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
        f"{number}\r\n"
        f"HTTP/1.1 {response.status} {'OK' if response.status == 200 else 'Error'}\r\n"
        f"Content-Type: application/json;odata.metadata=minimal\r\nContent-Length: {len(response.body)}\r\n\r\n"
    )
    return head.encode() + response.body + b"\r\n"
