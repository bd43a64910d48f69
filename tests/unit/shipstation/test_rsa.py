"""Our arithmetic against a library that shares nothing with it: both say the same of everything that may be sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from random import Random

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512

from functions.shipstation.v2.rsa import DIGEST_INFO, RsaKey, is_signed_by
from tests.equipment.shipstation.signing import private_key, signed

MESSAGE = b'2026-06-01T12:00:00.000Z.{"resource_type": "LABEL_CREATED_V2"}'
DIGEST = hashlib.sha256(MESSAGE).digest()
INFO = DIGEST_INFO + DIGEST
WITHOUT_NULL = bytes.fromhex("302f300b0609608648016503040201") + b"\x04\x20" + DIGEST
LONG_LENGTHS = bytes.fromhex("308131300d060960864801650304020105000420") + DIGEST


def public(key: RSAPrivateKey) -> RsaKey:
    numbers = key.public_key().public_numbers()
    return RsaKey(numbers.n, numbers.e)


def library_says(key: RSAPrivateKey, message: bytes, signature: bytes) -> bool:
    try:
        key.public_key().verify(signature, message, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def raised(key: RSAPrivateKey, block: bytes) -> bytes:
    """What its owner would sign a block as, whatever stands in it."""
    numbers = key.private_numbers()
    modulus = numbers.public_numbers.n
    return pow(int.from_bytes(block), numbers.d, modulus).to_bytes((modulus.bit_length() + 7) // 8)


def block(key: RSAPrivateKey, ending: bytes, head: bytes = b"\x00\x01", fill: bytes = b"\xff") -> bytes:
    return head + fill * (key.key_size // 8 - len(head) - len(ending)) + ending


@pytest.mark.parametrize("bits", [2048, 2052, 3072, 4096])
@pytest.mark.parametrize("message", [b"", b"x", MESSAGE, bytes(range(256)) * 500], ids=len)
def test_what_the_library_signs_is_signed(bits: int, message: bytes) -> None:
    key = private_key("ours", bits)
    assert is_signed_by(public(key), message, signed(key, message))


def test_a_signature_with_the_modulus_added_is_none_although_it_has_the_right_length() -> None:
    key = private_key("ours", 2052)  # with room in its first byte
    genuine = signed(key, MESSAGE)
    added = (int.from_bytes(genuine) + public(key).modulus).to_bytes(len(genuine))
    assert not is_signed_by(public(key), MESSAGE, added)
    assert not library_says(key, MESSAGE, added)


@pytest.mark.parametrize("exponent", [3, 65537])
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda k: signed(k, MESSAGE)[:-1], id="a byte short"),
        pytest.param(lambda k: signed(k, MESSAGE)[1:], id="without its first byte"),
        pytest.param(lambda k: b"\x00" + signed(k, MESSAGE), id="a zero in front"),
        pytest.param(lambda k: signed(k, MESSAGE) + b"\x00", id="a zero behind"),
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda _: b"\x00", id="a zero"),
        pytest.param(lambda k: b"\x00" * (k.key_size // 8), id="zeros"),
        pytest.param(lambda k: b"\xff" * (k.key_size // 8), id="above the modulus"),
        pytest.param(lambda k: public(k).modulus.to_bytes(k.key_size // 8), id="the modulus"),
        pytest.param(lambda k: (public(k).modulus - 1).to_bytes(k.key_size // 8), id="the modulus less one"),
        pytest.param(lambda k: (1).to_bytes(k.key_size // 8), id="one"),
        pytest.param(lambda k: bytes(reversed(signed(k, MESSAGE))), id="the other way round"),
        pytest.param(lambda k: signed(k, MESSAGE + b" "), id="of another message"),
        pytest.param(lambda _: signed(private_key("theirs"), MESSAGE), id="of another key"),
        pytest.param(lambda k: k.sign(MESSAGE, padding.PKCS1v15(), SHA384()), id="SHA-384"),
        pytest.param(lambda k: k.sign(MESSAGE, padding.PKCS1v15(), SHA512()), id="SHA-512"),
        pytest.param(lambda k: k.sign(MESSAGE, padding.PSS(padding.MGF1(SHA256()), 32), SHA256()), id="PSS"),
        pytest.param(lambda k: raised(k, block(k, b"\x00" + INFO, head=b"\x00\x02")), id="block type 2"),
        pytest.param(lambda k: raised(k, block(k, b"\x00" + INFO, head=b"\x00\x00", fill=b"\x00")), id="block type 0"),
        pytest.param(lambda k: raised(k, block(k, b"\x00" + INFO, fill=b"\xfe")), id="other filling"),
        pytest.param(lambda k: raised(k, block(k, b"\x01" + INFO)), id="no zero behind the filling"),
        pytest.param(lambda k: raised(k, block(k, b"\x00" + DIGEST)), id="the digest alone"),
        pytest.param(lambda k: raised(k, block(k, b"\x00" + WITHOUT_NULL)), id="parameters left out"),
        pytest.param(lambda k: raised(k, block(k, b"\x00" + LONG_LENGTHS)), id="a length in two bytes"),
        pytest.param(lambda k: raised(k, block(k, b"\x00" + INFO + b"\x00")), id="a byte behind the digest"),
        pytest.param(
            lambda k: raised(k, b"\x00\x01" + b"\xff" * 8 + b"\x00" + INFO + b"\x5a" * (k.key_size // 8 - 62)),
            id="eight bytes of filling and the rest behind the digest",
        ),
        pytest.param(
            lambda k: raised(k, b"\x00\x01\x00" + INFO + b"\x5a" * (k.key_size // 8 - 54)), id="no filling at all"
        ),
    ],
)
def test_anything_else_is_signed_by_nobody_whatever_the_exponent(
    make: Callable[[RSAPrivateKey], bytes], exponent: int
) -> None:
    key = private_key("ours", 2048, exponent)
    assert not is_signed_by(public(key), MESSAGE, make(key))
    assert not library_says(key, MESSAGE, make(key))


def cube_root(number: int) -> int:
    """The smallest whole number whose cube is not less."""
    low, high = 0, 1 << (number.bit_length() // 3 + 2)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle**3 < number else (low, middle)
    return low


def test_a_forgery_that_needs_no_private_key_fails_even_where_the_exponent_is_three() -> None:
    """Bleichenbacher's: a cube that begins like the right block, with anything behind it."""
    key = private_key("ours", 2048, 3)
    size = key.key_size // 8
    begin = b"\x00\x01" + b"\xff" * 8 + b"\x00" + INFO
    root = cube_root(int.from_bytes(begin + b"\x00" * (size - len(begin))))
    forged = root.to_bytes(size)
    assert pow(root, 3, public(key).modulus).to_bytes(size).startswith(begin)
    assert not is_signed_by(public(key), MESSAGE, forged)
    assert not library_says(key, MESSAGE, forged)


@pytest.mark.parametrize("seed", range(40))
def test_one_bit_more_or_less_is_judged_as_by_the_library(seed: int) -> None:
    key, random = private_key("ours"), Random(seed)
    signature = bytearray(signed(key, MESSAGE))
    if seed:
        signature[random.randrange(len(signature))] ^= 1 << random.randrange(8)
    assert is_signed_by(public(key), MESSAGE, bytes(signature)) is library_says(key, MESSAGE, bytes(signature))
    assert is_signed_by(public(key), MESSAGE, bytes(signature)) is (seed == 0)


@pytest.mark.parametrize("key", [RsaKey(3, 3), RsaKey(1, 1), RsaKey(2**61 - 1, 65537)], ids=["3", "1", "61 bits"])
def test_a_key_too_small_for_a_block_signs_nothing(key: RsaKey) -> None:
    size = (key.modulus.bit_length() + 7) // 8
    assert not any(is_signed_by(key, b"x", bytes([number]) * size) for number in range(256))
