"""The service that signs V2's webhooks: keys that rotate, the list of the public ones, outages. The keys and signatures
are made by a library that the connector does not use.
"""

from __future__ import annotations

import base64
from datetime import datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from tests.equipment.http import DroppedError, Request, Response, json_response


@cache
def private_key(name: str = "", bits: int = 2048, exponent: int = 65537) -> RSAPrivateKey:
    """One key by name and kind; making one takes a while."""
    del name
    return generate_private_key(exponent, bits)


def signed(key: RSAPrivateKey, message: bytes) -> bytes:
    return key.sign(message, padding.PKCS1v15(), SHA256())


def jwk(key: RSAPrivateKey, kid: str, **other: Any) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    n, e = _base64url(numbers.n), _base64url(numbers.e)
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": e, **other}


def _base64url(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class SigningService:
    """Signs with the newest key. `outage` is answered instead of the list; "dropped" breaks the connection off."""

    def __init__(self, *kids: str) -> None:
        self.kids = list(kids)
        self.outage: Response | str | None = None
        self.asked = 0

    def rotate(self, kid: str, *, keep: int = 1) -> None:
        """Signs with a new key from now on; `keep` of the earlier ones stay in the list."""
        self.kids = [*self.kids[len(self.kids) - keep :], kid]

    def application(self, request: Request) -> Response:
        self.asked += 1
        assert (request.method, request.headers.get("Authorization")) == ("GET", None)
        if self.outage == "dropped":
            raise DroppedError
        if isinstance(self.outage, Response):
            return self.outage
        return json_response(200, {"keys": [jwk(private_key(kid), kid) for kid in self.kids]})

    def headers(self, body: bytes, at: datetime | str, *, kid: str = "") -> dict[str, str]:
        """Of a webhook that leaves then, or at a time spelt otherwise; `kid` only claims to be the key's."""
        timestamp = at if isinstance(at, str) else f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
        signature = signed(private_key(self.kids[-1]), timestamp.encode() + b"." + body)
        return {
            "x-shipengine-rsa-sha256-key-id": kid or self.kids[-1],
            "x-shipengine-rsa-sha256-signature": base64.b64encode(signature).decode(),
            "x-shipengine-timestamp": timestamp,
        }
