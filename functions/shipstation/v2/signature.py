"""The signature that V2 puts on its webhooks.

Sources: https://docs.shipstation.com/apis/docs/guides/webhooks-validation (headers, tolerance, raw body); that
`timestamp.body` is what is signed is how public clients verify it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from functions.model.webhook_signature import Signature
from functions.shipstation.v2.rsa import RsaKey, is_signed_by

KEY_ID = "x-shipengine-rsa-sha256-key-id"
SIGNATURE = "x-shipengine-rsa-sha256-signature"
TIMESTAMP = "x-shipengine-timestamp"
OLDEST = timedelta(minutes=5)


def examine(
    headers: Mapping[str, str], body: bytes, *, now: datetime, keys: Callable[[str], Iterable[RsaKey]]
) -> Signature:
    """`headers` by name in small letters; `body` as it came, byte by byte. `keys` are those of a key id; raises what it
    raises, and is asked only for what is complete and young enough. A timestamp that is ahead is a clock that is.
    """
    key_id, signature, timestamp = (headers.get(name, "") for name in (KEY_ID, SIGNATURE, TIMESTAMP))
    if not (key_id and signature and timestamp):
        return Signature.INCOMPLETE if key_id or signature or timestamp else Signature.MISSING
    signed_at = _instant(timestamp)
    if signed_at is None:
        return Signature.TIME_UNREADABLE
    if now - signed_at > OLDEST:
        return Signature.TOO_OLD
    found = list(keys(key_id))
    message, signed = timestamp.encode(errors="surrogatepass") + b"." + body, _decoded(signature)
    if any(is_signed_by(key, message, signed) for key in found):
        return Signature.VALID
    return Signature.WRONG if found else Signature.KEY_UNKNOWN


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
