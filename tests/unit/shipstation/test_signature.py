from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from functions.model.webhook_signature import Signature
from functions.shipstation.v2.jwks import listed_keys
from functions.shipstation.v2.rsa import RsaKey
from functions.shipstation.v2.signature import KEY_ID, SIGNATURE, TIMESTAMP, examine
from tests.equipment.builders import NOON
from tests.equipment.http import Request
from tests.equipment.shipstation.signing import SigningService

BODY = b'{"resource_type": "LABEL_CREATED_V2"}'
SERVICE = SigningService("k1")
LISTED = listed_keys(SERVICE.application(Request("GET", "/jwks")).body) or {}
SIGNED = SERVICE.headers(BODY, NOON)


def keys(key_id: str) -> tuple[RsaKey, ...]:
    return LISTED.get(key_id, ())


def unasked(_: str) -> tuple[RsaKey, ...]:
    raise AssertionError("the keys were asked for")


def found(headers: dict[str, str], body: bytes = BODY, now: datetime = NOON, keys: Any = keys) -> Signature:
    return examine(headers, body, now=now, keys=keys)


def test_a_webhook_that_a_listed_key_signed_is_valid() -> None:
    assert found(SIGNED) is Signature.VALID


@pytest.mark.parametrize(
    "body", [BODY + b" ", BODY + b"\n", BODY.replace(b" ", b""), b"\xef\xbb\xbf" + BODY, b""], ids=len
)
def test_the_body_counts_byte_by_byte(body: bytes) -> None:
    assert found(SIGNED, body) is Signature.WRONG


@pytest.mark.parametrize("body", [b"", b"\x00\xff\xfe", "\u00e9\u20ac".encode(), b"\r\n"], ids=len)
def test_a_body_is_nothing_but_bytes(body: bytes) -> None:
    assert found(SERVICE.headers(body, NOON), body) is Signature.VALID


@pytest.mark.parametrize("missing", [KEY_ID, SIGNATURE, TIMESTAMP])
def test_a_header_that_is_missing_or_empty_makes_it_incomplete(missing: str) -> None:
    without = {name: value for name, value in SIGNED.items() if name != missing}
    assert found(without, keys=unasked) is Signature.INCOMPLETE
    assert found({**SIGNED, missing: ""}, keys=unasked) is Signature.INCOMPLETE
    assert found({missing: "x"}, keys=unasked) is Signature.INCOMPLETE


def test_no_header_at_all_is_no_signature() -> None:
    assert found({"content-type": "application/json"}, keys=unasked) is Signature.MISSING


@pytest.mark.parametrize(
    ("later", "is_too_old"),
    [(0, False), (300, False), (301, True), (-3600, False), (86400 * 365, True)],
    ids=["now", "five minutes", "a second more", "an hour ahead", "a year"],
)
def test_a_timestamp_may_be_five_minutes_old_and_ahead_by_any_time(later: int, *, is_too_old: bool) -> None:
    expected = Signature.TOO_OLD if is_too_old else Signature.VALID
    assert found(SIGNED, now=NOON + timedelta(seconds=later), keys=unasked if is_too_old else keys) is expected


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "1780315200",
        "0",
        "-",
        "2026-13-01T00:00:00Z",
        "2026-03-05T12:00:00Z,2026-03-05T12:00:00Z",
        "\u0662\u0660\u0662\u0666-03-05T12:00:00Z",
        "\ud800",
        "9" * 8000,
        "2026-03-05T12:00:00+99:00",
        "\x00",
    ],
    ids=range(11),
)
def test_a_timestamp_that_is_no_instant_is_told(text: str) -> None:
    assert found({**SIGNED, TIMESTAMP: text}, keys=unasked) is Signature.TIME_UNREADABLE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0001-01-01T00:00:00+14:00", Signature.TOO_OLD),
        ("9999-12-31T23:59:59-14:00", Signature.WRONG),
        ("2026-03-05", Signature.TOO_OLD),
        ("2026-03-05\ud80012:00:00Z", Signature.WRONG),
    ],
)
def test_the_ends_of_the_calendar_are_instants(text: str, expected: Signature) -> None:
    assert found({**SIGNED, TIMESTAMP: text}) is expected


@pytest.mark.parametrize(
    "spelt",
    [
        NOON.isoformat(),
        NOON.replace(tzinfo=None).isoformat(),
        NOON.astimezone(timezone(timedelta(hours=-7))).isoformat(),
        NOON.strftime("%Y-%m-%dT%H:%M:%S.1234567Z"),
    ],
    ids=["offset", "no zone", "another zone", "seven digits"],
)
def test_the_timestamp_is_signed_as_it_is_spelt(spelt: str) -> None:
    headers = SERVICE.headers(BODY, spelt)
    assert found(headers) is Signature.VALID
    assert found({**headers, TIMESTAMP: NOON.strftime("%Y-%m-%dT%H:%M:%S+0000")}) is Signature.WRONG


@pytest.mark.parametrize(
    "text",
    [
        "!",
        "====",
        "AAAA",
        SIGNED[SIGNATURE] + "!",
        f"{SIGNED[SIGNATURE]},{SIGNED[SIGNATURE]}",
        "\u00e9",
        "\ud800",
        SIGNED[SIGNATURE][:-4],
        SIGNED[SIGNATURE].replace("+", "-").replace("/", "_") + "A",
        "A" * 8000,
    ],
    ids=range(10),
)
def test_a_signature_that_is_none_is_wrong(text: str) -> None:
    assert found({**SIGNED, SIGNATURE: text}) is Signature.WRONG


@pytest.mark.parametrize("kid", ["k2", "K1", " k1", "k1,k1", "../k1", "\ud800", "x" * 8000], ids=range(7))
def test_a_key_id_is_a_listed_one_or_unknown(kid: str) -> None:
    assert found({**SIGNED, KEY_ID: kid}) is Signature.KEY_UNKNOWN


def test_a_signature_of_another_key_is_wrong_and_of_one_of_two_keys_of_an_id_is_valid() -> None:
    other = SigningService("k2").application(Request("GET", "/jwks"))
    (second,) = (listed_keys(other.body) or {})["k2"]
    assert found(SIGNED, keys=lambda _: (second,)) is Signature.WRONG
    assert found(SIGNED, keys=lambda _: (second, *LISTED["k1"])) is Signature.VALID
