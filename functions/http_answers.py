"""Reads an answer's whole body under a total deadline: a drip-fed one must not hold the Lambda until it dies."""

from __future__ import annotations

import time

import requests
from urllib3.exceptions import HTTPError

CHUNK_BYTES = 65_536


def read_body(response: requests.Response, within_seconds: float) -> bytes:
    """Takes what has arrived, as it arrives. Raises requests.RequestException; the response is closed either way."""
    deadline = time.monotonic() + within_seconds
    content = bytearray()
    try:
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
            content += chunk
            if time.monotonic() > deadline:
                raise requests.ReadTimeout
    except HTTPError as error:
        raise requests.ConnectionError(type(error).__name__) from error
    finally:
        response.close()
    return bytes(content)
