"""What of the list of ShipStation's keys is used."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from functions.shipstation.v2.jwks import MOST_KEYS, listed_keys
from tests.equipment.shipstation.signing import jwk, private_key

GOOD = jwk(private_key("k1"), "k1")
BIG = jwk(private_key("k1", 4096), "k1")


def listed(*rows: Any) -> dict[str, int]:
    """How many keys of each id are used."""
    found = listed_keys(json.dumps({"keys": rows}).encode())
    assert found is not None
    return {kid: len(keys) for kid, keys in found.items()}


def changed(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in {**GOOD, **fields}.items() if value is not ...}


def with_number(name: str, number: int) -> dict[str, Any]:
    raw = number.to_bytes(max(1, (number.bit_length() + 7) // 8))
    return changed(**{name: base64.urlsafe_b64encode(raw).rstrip(b"=").decode()})


MODULUS = private_key("k1").public_key().public_numbers().n


@pytest.mark.parametrize(
    "row",
    [
        GOOD,
        BIG,
        changed(use=...),
        changed(alg=...),
        changed(use=None, alg=None),
        changed(key_ops=["verify"]),
        changed(x5c=["MII"], extra={"a": 1}),
        changed(n=GOOD["n"] + "=="),
        with_number("e", 65539),
    ],
    ids=["usual", "4096 bits", "no use", "no alg", "nulls", "key_ops", "more fields", "padded", "another exponent"],
)
def test_a_key_for_rs256_signatures_is_used(row: dict[str, Any]) -> None:
    assert listed(row) == {"k1": 1}


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(None, id="null"),
        pytest.param("k1", id="text"),
        pytest.param([GOOD], id="list"),
        pytest.param({}, id="empty"),
        pytest.param(changed(kty="EC", crv="P-256", x="AA", y="AA"), id="an elliptic curve"),
        pytest.param(changed(kty="oct", k="c2VjcmV0"), id="a shared secret"),
        pytest.param(changed(kty=...), id="no kind"),
        pytest.param(changed(kty=["RSA"]), id="a list of kinds"),
        pytest.param(changed(use="enc"), id="for encryption"),
        pytest.param(changed(use=["sig"]), id="a list of uses"),
        pytest.param(changed(key_ops=["encrypt"]), id="other operations"),
        pytest.param(changed(key_ops="verify"), id="operations that are text"),
        pytest.param(changed(alg="RS512"), id="RS512"),
        pytest.param(changed(alg="PS256"), id="PS256"),
        pytest.param(changed(alg="none"), id="none"),
        pytest.param(changed(kid=...), id="no id"),
        pytest.param(changed(kid=7), id="an id that is a number"),
        pytest.param(changed(kid=["k1"]), id="an id that is a list"),
        pytest.param(changed(n=...), id="no modulus"),
        pytest.param(changed(n=7), id="a modulus that is a number"),
        pytest.param(changed(n=""), id="an empty modulus"),
        pytest.param(changed(n="!" * 342), id="a modulus that is no Base64"),
        pytest.param(changed(n=GOOD["n"].replace(GOOD["n"][5], "\u00e9")), id="a modulus beyond ASCII"),
        pytest.param(changed(n=GOOD["n"].replace(GOOD["n"][5], "\ud800")), id="half a character"),
        pytest.param(with_number("n", MODULUS - 1), id="an even modulus"),
        pytest.param(with_number("n", MODULUS >> 1 | 1), id="2047 bits"),
        pytest.param(jwk(private_key("weak", 1024), "k1"), id="1024 bits"),
        pytest.param(with_number("n", (1 << 8192) + 1), id="8193 bits"),
        pytest.param(changed(e=...), id="no exponent"),
        pytest.param(changed(e=65537), id="an exponent that is a number"),
        pytest.param(jwk(private_key("k1", 2048, 3), "k1"), id="exponent 3"),
        pytest.param(with_number("e", 0), id="exponent 0"),
        pytest.param(with_number("e", 1), id="exponent 1"),
        pytest.param(with_number("e", 17), id="exponent 17"),
        pytest.param(with_number("e", 65538), id="an even exponent"),
        pytest.param(with_number("e", (1 << 64) + 1), id="an endless exponent"),
    ],
)
def test_what_is_no_strong_key_for_rs256_is_left_out_alone(row: Any) -> None:
    assert listed(row) == {}
    assert listed(row, jwk(private_key("k2"), "k2"), row) == {"k2": 1}


def test_keys_that_share_an_id_are_all_tried() -> None:
    assert listed(GOOD, jwk(private_key("k2"), "k1"), changed(n="AA")) == {"k1": 2}


def test_of_a_list_without_an_end_the_beginning_is_used() -> None:
    assert len(listed(*({**GOOD, "kid": str(number)} for number in range(10 * MOST_KEYS)))) == MOST_KEYS


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"7",
        b"{}",
        b'{"keys": null}',
        b'{"keys": {"k1": {}}}',
        b"<html>",
        b"[" * 60_000,
        b'{"keys": ["' + b"9" * 60_000,
    ],
    ids=range(11),
)
def test_what_is_no_list_of_keys_is_told(content: bytes) -> None:
    assert listed_keys(content) is None
