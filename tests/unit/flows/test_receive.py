from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus

import pytest

from functions.errors import Retryable
from functions.flows.from_shipstation.receive import (
    BODY_LIMIT_BYTES,
    EVENTS,
    NOTHING_TO_READ,
    TRACKING,
    Webhook,
    receive,
)
from functions.model.messages import Notification, Pointer
from functions.model.outcomes import Reason
from functions.model.webhook_signature import Signature
from functions.model.webhook_token import TOKEN_HEADER
from tests.equipment.builders import NOON

BODY = json.dumps({"resource_url": "https://ssapi.shipstation.com/x", "resource_type": "SHIP_NOTIFY"}).encode()


class Tokens:
    def __init__(self, *tokens: str, reachable: bool = True, rotated: Sequence[str] = ()) -> None:
        self.tokens, self.reachable, self.rotated = tokens, reachable, rotated

    def valid_for(self, connection: str) -> Sequence[str]:
        if not self.reachable:
            raise Retryable(Reason.SECRETS_UNAVAILABLE, "down")
        return self.tokens if connection == "acme" else ()

    def renewed_for(self, connection: str) -> Sequence[str]:
        return self.rotated if connection == "acme" else ()


class Signatures:
    """Of every webhook the same; whoever asks before the token was seen is told so."""

    def __init__(self, signature: Signature = Signature.MISSING, *, required: bool = False) -> None:
        self.signature, self.required = signature, required
        self.examined = 0

    def is_required(self, connection: str) -> bool:
        return self.required

    def examine(self, webhook: Webhook, now: datetime) -> Signature:
        self.examined += 1
        return self.signature


class Queue:
    def __init__(self, *, reachable: bool = True) -> None:
        self.sent: list[Notification] = []
        self.reachable = reachable

    def send(self, notification: Notification) -> None:
        if not self.reachable:
            raise Retryable(Reason.SECRETS_UNAVAILABLE, "down")
        self.sent.append(notification)


def parse(url: str, kind: str) -> Pointer | None:
    return Pointer(kind="shipments_batch", id="7") if "shipstation" in url else None


def test_a_token_that_was_rotated_in_is_let_in_once_it_is_read() -> None:
    assert call(token="newest", tokens=Tokens("new", rotated=("newest", "new"))) is HTTPStatus.ACCEPTED
    assert call(token="guess", tokens=Tokens("new", rotated=("newest", "new"))) is HTTPStatus.NOT_FOUND
    assert call(token="guess", tokens=Tokens("new")) is HTTPStatus.NOT_FOUND


def call(
    body: bytes = BODY,
    connection: str = "acme",
    token: str = "new",
    tokens: Tokens | None = None,
    queue: Queue | None = None,
    *,
    signatures: Signatures | None = None,
    headers: Mapping[str, str] | None = None,
) -> HTTPStatus:
    webhook = Webhook(connection=connection, token=token, body=body, headers=headers or {})
    return receive(
        webhook,
        tokens=tokens or Tokens("new", "old", ""),
        signatures=signatures or Signatures(),
        parse=parse,
        queue=queue or Queue(),
        now=NOON,
        correlation_id="c-1",
    ).status


@pytest.mark.parametrize("token", ["new", "old"])
def test_both_valid_tokens_open_and_only_ids_are_queued(token: str) -> None:
    queue = Queue()
    assert call(token=token, queue=queue) is HTTPStatus.ACCEPTED
    assert "shipstation" not in queue.sent[0].as_json()


@pytest.mark.parametrize(
    ("connection", "token"),
    [("acme", "wrong"), ("acme", ""), ("acme", "néw"), ("other", "new"), ("", "")],
    ids=["wrong", "empty", "not ascii", "unknown connection", "nothing"],
)
def test_an_unknown_connection_or_token_is_not_found(connection: str, token: str) -> None:
    queue = Queue()
    assert call(connection=connection, token=token, queue=queue) is HTTPStatus.NOT_FOUND
    assert queue.sent == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"resource_url": 7, "resource_type": "SHIP_NOTIFY"}',
        BODY.replace(b"shipstation", b"evil"),
    ],
    ids=["empty", "truncated", "array", "number", "foreign address"],
)
def test_a_bad_body_is_refused(body: bytes) -> None:
    assert call(body=body) is HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(
    "event", ['"SLIP_NOTIFY"', '"CANARY <script>"', "null", "7", '{"a": 1}'], ids=["new", "odd", "null", "7", "object"]
)
def test_an_event_that_nobody_knows_means_look_and_its_words_are_not_kept(event: str) -> None:
    queue = Queue()
    assert call(body=BODY.replace(b'"SHIP_NOTIFY"', event.encode()), queue=queue) is HTTPStatus.ACCEPTED
    assert [notification.event for notification in queue.sent] == ["OTHER"]


def test_an_oversized_body_is_refused_unread() -> None:
    assert call(body=b" " * (BODY_LIMIT_BYTES + 1)) is HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def test_a_sender_that_retries_can_succeed_later() -> None:
    with pytest.raises(Retryable):
        call(queue=Queue(reachable=False))
    with pytest.raises(Retryable):
        call(tokens=Tokens("new", reachable=False))


@pytest.mark.parametrize(
    ("signature", "accepted", "required"),
    [
        (Signature.VALID, 202, 202),
        (Signature.MISSING, 202, 404),
        (Signature.INCOMPLETE, 404, 404),
        (Signature.TIME_UNREADABLE, 400, 400),
        (Signature.TOO_OLD, 400, 400),
        (Signature.KEY_UNKNOWN, 401, 401),
        (Signature.WRONG, 401, 401),
    ],
)
def test_a_signature_is_answered_as_shipstation_asks_for(signature: Signature, accepted: int, required: int) -> None:
    for is_required, status in ((False, accepted), (True, required)):
        queue = Queue()
        assert call(signatures=Signatures(signature, required=is_required), queue=queue) == status
        assert len(queue.sent) == (status == HTTPStatus.ACCEPTED)


def test_every_kind_of_signature_is_answered() -> None:
    assert {call(signatures=Signatures(signature)) for signature in Signature} == {202, 400, 401, 404}


@pytest.mark.parametrize("token", ["wrong", ""])
def test_a_signature_never_stands_for_the_token_and_is_not_looked_at_without_it(token: str) -> None:
    signatures = Signatures(Signature.VALID)
    assert call(token=token, signatures=signatures) is HTTPStatus.NOT_FOUND
    assert call(body=b" " * (BODY_LIMIT_BYTES + 1), signatures=signatures) is HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert signatures.examined == 0


@pytest.mark.parametrize("token", ["", "-", "wrong"])
@pytest.mark.parametrize("header", ["new", "old", "newest"])
def test_the_token_may_stand_in_a_header_instead(token: str, header: str) -> None:
    tokens = Tokens("new", "old", "", rotated=("newest", "new"))
    assert call(token=token, headers={TOKEN_HEADER: header}, tokens=tokens) is HTTPStatus.ACCEPTED


@pytest.mark.parametrize("header", ["", "wrong", "new,new", " new", "NEW", "n\u00e9w", "\ud800"])
def test_a_header_that_is_not_the_token_opens_nothing_and_closes_nothing(header: str) -> None:
    headers = {TOKEN_HEADER: header}
    assert call(token="wrong", headers=headers) is HTTPStatus.NOT_FOUND
    assert call(token="", headers=headers) is HTTPStatus.NOT_FOUND
    assert call(token="new", headers=headers) is HTTPStatus.ACCEPTED


def test_half_a_character_for_a_token_opens_nothing() -> None:
    assert call(token="\ud800") is HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("event", sorted(NOTHING_TO_READ))
@pytest.mark.parametrize("more", [{}, {"resource_url": "https://evil.example"}, {"data": {"events": [1] * 9000}}])
def test_an_event_that_changes_nothing_we_read_is_taken_and_queues_nothing(event: str, more: dict[str, object]) -> None:
    queue = Queue()
    assert call(json.dumps({"resource_type": event, **more}).encode(), queue=queue) is HTTPStatus.OK
    assert queue.sent == []


@pytest.mark.parametrize("more", [{}, {"resource_url": "https://evil.example"}, {"data": {"status_code": "DE"}}])
def test_a_carriers_event_that_names_no_label_is_taken_and_queues_nothing(more: dict[str, object]) -> None:
    queue = Queue()
    assert call(json.dumps({"resource_type": TRACKING, **more}).encode(), queue=queue) is HTTPStatus.OK
    assert queue.sent == []


@pytest.mark.parametrize("event", sorted(EVENTS - {TRACKING}))
def test_an_event_that_is_known_is_named_in_the_queue(event: str) -> None:
    queue = Queue()
    assert call(BODY.replace(b"SHIP_NOTIFY", event.encode()), queue=queue) is HTTPStatus.ACCEPTED
    assert queue.sent[0].event == event
