"""ShipStation's public keys, fetched when a webhook names one that is not at hand.

    asked for   known for less than an hour          used
                known for longer                     all addresses are asked, in order, until one lists it
                unknown                              the same, at most once in five minutes
                while an address was out of reach    a fault; they are asked again after half a minute

Source of the form: RFC 7517 and RFC 7518, 6.3.
"""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import requests

from functions.errors import Retryable
from functions.http_answers import exchange, keep_deadlines
from functions.model.outcomes import Reason
from functions.shipstation.v2.rsa import RsaKey
from functions.shipstation.values import parsed

FRESH = timedelta(hours=1)
UNKNOWN_APART = timedelta(minutes=5)  # whoever invents key ids must not make us ask all the time
OUTAGE_APART = timedelta(seconds=30)
WITHIN_SECONDS = 3  # each address, once connected
BEGUN_WITHIN_SECONDS = 6  # the last of them: the Lambda ends after 15
MOST_BYTES = 65_536  # of an answer that nobody has vouched for yet
MOST_KEYS = 50
# 2048 bits is the least that NIST SP 800-131A lets verify; above 8192 a verification takes noticeable time.
SHORTEST_BITS, LONGEST_BITS = 2048, 8192
SMALLEST_EXPONENT, LONGEST_EXPONENT_BITS = 65537, 64  # FIPS 186-5; smaller ones are what forgeries need
PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}

Keys = Mapping[str, tuple[RsaKey, ...]]


class SigningKeys:
    """The keys of one list of addresses. `session` is asked for once, when the first key is."""

    def __init__(
        self,
        session: Callable[[], requests.Session],
        urls: Sequence[str],
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._session, self._urls, self._now, self._monotonic = session, urls, now, monotonic
        self._opened: requests.Session | None = None
        self._known: dict[str, tuple[datetime, tuple[RsaKey, ...]]] = {}
        self._looked_at: datetime | None = None  # for a key id that nobody had listed
        self._out_at: datetime | None = None

    def __call__(self, key_id: str) -> tuple[RsaKey, ...]:
        """Empty for a key id that no address lists. Raises Retryable while one that may list it is out of reach."""
        found = self._at_hand(key_id)
        if not found and not self._is_recent(self._out_at, OUTAGE_APART) and self._may_look_for(key_id):
            self._ask(key_id)
            found = self._at_hand(key_id)
        if not found and self._is_recent(self._out_at, OUTAGE_APART):
            raise Retryable(Reason.SIGNING_KEYS_UNAVAILABLE, "no address of jwks_urls hands out the key of a webhook")
        return found

    def _at_hand(self, key_id: str) -> tuple[RsaKey, ...]:
        read_at, keys = self._known.get(key_id, (None, ()))
        return keys if self._is_recent(read_at, FRESH) else ()

    def _is_recent(self, at: datetime | None, span: timedelta) -> bool:
        """What is still to come was dated by a clock that has been set right since."""
        return at is not None and timedelta(0) <= self._now() - at < span

    def _may_look_for(self, key_id: str) -> bool:
        """One that was listed an hour ago is looked for at once."""
        return key_id in self._known or not self._is_recent(self._looked_at, UNKNOWN_APART)

    def _ask(self, key_id: str) -> None:
        """All addresses in order, until one lists this key."""
        began, is_out, listed = self._monotonic(), False, dict[str, tuple[RsaKey, ...]]()
        for url in self._urls:
            keys = self._listed(url) if self._monotonic() - began < BEGUN_WITHIN_SECONDS else None
            is_out = is_out or keys is None
            listed |= keys or {}
            if key_id in listed:
                break
        self._note(key_id, listed, is_told=key_id in listed or (bool(listed) and not is_out))

    def _note(self, key_id: str, listed: Keys, *, is_told: bool) -> None:
        """`is_told`: whether there is such a key, is certain now."""
        now, is_unknown = self._now(), bool(self._known) and key_id not in self._known
        self._known |= {known: (now, keys) for known, keys in listed.items()}
        self._out_at = None if is_told else now
        if is_told and is_unknown:  # the first of all does not count: keys may rotate right after it
            self._looked_at = now
        if is_told and key_id not in listed:
            self._known.pop(key_id, None)  # from now on an unknown one

    def _listed(self, url: str) -> Keys | None:
        """None where the address is out of reach; whoever answers that it has none has none."""
        try:
            response, content = exchange(self._open(), "GET", url, WITHIN_SECONDS, most_bytes=MOST_BYTES)
        except requests.RequestException:
            return None
        status = response.status_code
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in PASSING:
            return None
        return listed_keys(content) if status == HTTPStatus.OK else {}

    def _open(self) -> requests.Session:
        if self._opened is None:
            self._opened = self._session()
            self._opened.trust_env = False  # no .netrc of whoever runs it: these addresses are public
            keep_deadlines(self._opened, self._monotonic)
        return self._opened


def listed_keys(content: bytes) -> Keys | None:
    """By key id, those that can verify; several where a list repeats one. None where it is no JWKS."""
    try:
        body = parsed(content)
    except ValueError:
        return None
    rows = body.get("keys") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        return None
    found = defaultdict[str, tuple[RsaKey, ...]](tuple)
    for row in rows[:MOST_KEYS]:
        key = _key(row) if isinstance(row, dict) else None
        if key is not None:
            found[row["kid"]] += (key,)
    return found


def _key(row: Mapping[str, Any]) -> RsaKey | None:
    """None for what is no RSA key for this, or too weak for it."""
    if not (_is_rsa(row) and _may_verify(row) and isinstance(row.get("kid"), str)):
        return None
    key = RsaKey(_number(row.get("n")), _number(row.get("e")))
    return key if _is_strong(key.modulus) and _is_safe(key.exponent) else None


def _is_rsa(row: Mapping[str, Any]) -> bool:
    """With SHA-256, where it names an algorithm."""
    return row.get("kty") == "RSA" and row.get("alg") in (None, "RS256")


def _may_verify(row: Mapping[str, Any]) -> bool:
    """A key that names no use and no operations may be used for all."""
    operations = row.get("key_ops", ["verify"])
    return row.get("use") in (None, "sig") and isinstance(operations, list) and "verify" in operations


def _is_strong(modulus: int) -> bool:
    return modulus % 2 == 1 and SHORTEST_BITS <= modulus.bit_length() <= LONGEST_BITS


def _is_safe(exponent: int) -> bool:
    is_odd = exponent % 2 == 1
    return is_odd and exponent >= SMALLEST_EXPONENT and exponent.bit_length() <= LONGEST_EXPONENT_BITS


def _number(raw: object) -> int:
    """Base64url without padding, as RFC 7518 has it; 0 for anything else."""
    if not isinstance(raw, str):
        return 0
    try:
        return int.from_bytes(base64.b64decode(raw + "=" * (-len(raw) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return 0
