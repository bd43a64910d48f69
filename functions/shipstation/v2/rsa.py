"""RSASSA-PKCS1-v1_5 with SHA-256, the verifying half. Why no library: docs/adr/0026."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

# DER of a DigestInfo for SHA-256, up to the digest. Source: RFC 8017, 9.2, note 1.
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


@dataclass(frozen=True)
class RsaKey:
    modulus: int
    exponent: int


def is_signed_by(key: RsaKey, message: bytes, signature: bytes) -> bool:
    """RFC 8017, 8.2.2: makes the one block that the signature has to stand for, and compares it whole. Nothing is read
    out of a signature's block, so there is nothing in it to forge: other padding, a shorter one, bytes behind the
    digest and parameters in the DER are all another block.
    """
    size = (key.modulus.bit_length() + 7) // 8
    number = int.from_bytes(signature)
    if len(signature) != size or number >= key.modulus:
        return False
    block = pow(number, key.exponent, key.modulus).to_bytes(size)
    return hmac.compare_digest(block, _block(message, size))


def _block(message: bytes, size: int) -> bytes:
    ending = b"\x00" + DIGEST_INFO + hashlib.sha256(message).digest()
    return b"\x00\x01" + b"\xff" * (size - len(ending) - 2) + ending
