"""The signature that V2 puts on its webhooks.

Sources: https://docs.shipstation.com/apis/docs/guides/webhooks-validation (headers, tolerance, raw body); that
`timestamp.body` is what is signed is how public clients verify it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from functions.model.webhook_signature import Signature
from functions.shipstation.v2.rsa import RsaKey, is_signed_by

KEY_ID = "x-shipengine-rsa-sha256-key-id"
SIGNATURE = "x-shipengine-rsa-sha256-signature"
TIMESTAMP = "x-shipengine-timestamp"
OLDEST = timedelta(minutes=5)  # an older one may have been recorded and sent again


def examine(
    headers: Mapping[str, str], body: bytes, *, now: datetime, keys: Callable[[str], Iterable[RsaKey]]
) -> Signature:
    """`headers` by name in small letters; `body` as it came, byte by byte. `keys` are those of a key id; raises what it
    raises, and is asked only for what is complete and young enough. A timestamp that is ahead is a clock that is.
    """
    key_id, signature, timestamp = (headers.get(name, "") for name in (KEY_ID, SIGNATURE, TIMESTAMP))
    refusal = _lack((key_id, signature, timestamp)) or _untimely(timestamp, now)
    if refusal is not None:
        return refusal
    listed = list(keys(key_id))
    return _verified(listed, _message(timestamp, body), _decoded(signature))


def _lack(values: Sequence[str]) -> Signature | None:
    """None where every header is there."""
    if all(values):
        return None
    return Signature.INCOMPLETE if any(values) else Signature.MISSING


def _untimely(timestamp: str, now: datetime) -> Signature | None:
    """None where it is young enough."""
    signed_at = _instant(timestamp)
    if signed_at is None:
        return Signature.TIME_UNREADABLE
    return Signature.TOO_OLD if now - signed_at > OLDEST else None


def _verified(keys: Sequence[RsaKey], message: bytes, signature: bytes) -> Signature:
    """One of the keys is enough: a list may repeat a key id."""
    if any(is_signed_by(key, message, signature) for key in keys):
        return Signature.VALID
    return Signature.WRONG if keys else Signature.KEY_UNKNOWN


def _message(timestamp: str, body: bytes) -> bytes:
    return timestamp.encode(errors="surrogatepass") + b"." + body


def _instant(text: str) -> datetime | None:
    """UTC where it names no zone; None where it is no instant."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _decoded(text: str) -> bytes:
    """Empty, which signs nothing, where it is no Base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
