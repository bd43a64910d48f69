from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus

import pytest

from functions.errors import Retryable
from functions.flows.from_shipstation.receive import BODY_LIMIT_BYTES, Webhook, receive
from functions.model.messages import Notification, Pointer
from functions.model.outcomes import Reason
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
) -> HTTPStatus:
    webhook = Webhook(connection=connection, token=token, body=body)
    return receive(
        webhook,
        tokens=tokens or Tokens("new", "old", ""),
        parse=parse,
        queue=queue or Queue(),
        now=NOON,
        correlation_id="c-1",
    )


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
