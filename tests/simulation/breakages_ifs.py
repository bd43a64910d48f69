"""Deliberate breakages of how IFS is read and written, and of what a store has of its own; beside each the story that
catches it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from functions.connections.connection import Connection
from functions.connections.vendors import IfsTenant
from functions.errors import OutcomeUnknown, Permanent, Retryable
from functions.ifs import client as ifs_client
from functions.ifs import faults, service, token
from functions.model.outcomes import Reason
from functions.wiring.telemetry import logger
from tests.simulation.patching import patch

Break = Callable[[], None]


def _short_page_is_the_last() -> None:
    patch(service.Service, "_is_last", lambda self, *arguments: True)


def _stores_without(*names: str) -> Break:
    """The store's view has the connection's company or sites."""

    def break_it() -> None:
        at_store = Connection.at_store

        def at(self: Any, store: Any) -> Any:
            view = at_store(self, store)
            update = {name: getattr(self.ifs, name) for name in names}
            return view.model_copy(update={"ifs": view.ifs.model_copy(update=update)})

        patch(Connection, "at_store", at)

    return break_it


def _labels_day_in_utc() -> None:
    patch(IfsTenant, "zone_of", lambda self, site: ZoneInfo("UTC"))


def _twice(name: str, *kinds: type[Exception]) -> Break:
    """A call whose outcome is unknown is sent again at once."""

    def break_it() -> None:
        call = getattr(ifs_client.IfsClient, name)

        def again(self: Any, *arguments: Any, **more: Any) -> Any:
            try:
                return call(self, *arguments, **more)
            except kinds:
                return call(self, *arguments, **more)

        patch(ifs_client.IfsClient, name, again)

    return break_it


def _any_404_is_gone() -> None:
    kind = faults.answer_kind

    def hasty(answer: Any, call: Any, **more: Any) -> Any:
        return faults.AnswerKind.MISSING if answer.status == 404 else kind(answer, call, **more)

    patch(ifs_client, "answer_kind", hasty)


def _nobody_waits() -> None:
    for module in (ifs_client, token):  # where it is called from
        patch(module, "seconds", lambda value, now: None)


def _secret_for_good() -> None:
    """What was read once is used for as long as the environment lives."""
    fetch = token.TokenSource._fetch

    def with_the_first(self: Any) -> Any:
        known = self.__dict__.setdefault("known_credentials", self._credentials())
        self._credentials = lambda: known
        return fetch(self)

    patch(token.TokenSource, "_fetch", with_the_first)


def _silent_drops_are_written() -> None:
    """An answer of 200 is believed: nothing is read back."""
    written = ifs_client.IfsClient.patch

    def believing(self: Any, path: str, etag: Any, body: Any, what: str) -> Any:
        answer = written(self, path, etag, body, what)
        return answer and answer.model_copy(update={"body": {**(answer.body or {}), **body}})

    patch(ifs_client.IfsClient, "patch", believing)


def _without_if_match() -> None:
    def write(self: Any, path: str, etag: Any, body: Any, what: str) -> Any:
        headers = {"Content-Type": "application/json"}
        return self._send(faults.Call("PATCH", what, "write"), path, headers, json.dumps(body).encode())

    patch(ifs_client.IfsClient, "patch", write)


def _if_match_star() -> None:
    def write(self: Any, path: str, etag: Any, body: Any, what: str) -> Any:
        headers = {"If-Match": "*", "Content-Type": "application/json"}
        return self._send(faults.Call("PATCH", what, "write"), path, headers, json.dumps(body).encode())

    patch(ifs_client.IfsClient, "patch", write)


def _log_secrets() -> None:
    send = ifs_client.IfsClient._send

    def chatty(self: Any, *arguments: Any) -> Any:
        logger.info("calling", secret=self._tokens._credentials().client_secret.get_secret_value())
        return send(self, *arguments)

    patch(ifs_client.IfsClient, "_send", chatty)


def _read_prose() -> None:
    locked, *others = faults.RECORDS_OWN
    patch(faults, "RECORDS_OWN", ((re.compile("is currently locked"), *locked[1:]), *others))


def _rebuild_is_a_refusal() -> None:
    answer_kind = faults.answer_kind

    def hasty(answer: Any, call: Any, **more: Any) -> Any:
        if answer.code == faults.REBUILDING:
            raise Permanent(Reason.IFS_PERMISSION, str(call))
        return answer_kind(answer, call, **more)

    patch(ifs_client, "answer_kind", hasty)


IFS_BREAKAGES: dict[str, tuple[Break, str]] = {
    "drop If-Match": (_without_if_match, "edited between read and write"),
    "If-Match: *": (_if_match_star, "edited between read and write"),
    "log a secret": (_log_secrets, "any"),
    "tell a lock by its English message": (_read_prose, "busy tenant"),
    "take a rebuild of the metadata for a refusal": (_rebuild_is_a_refusal, "busy tenant"),
    "a short page is the last": (_short_page_is_the_last, "pages cut without a link"),
    "a store's company is forgotten": (_stores_without("company"), "store with a company of its own"),
    "a store's sites are forgotten": (_stores_without("sites"), "store with a site of its own"),
    "the label's day in UTC": (_labels_day_in_utc, "label of a late evening"),
    "a POST is repeated at once": (_twice("post", OutcomeUnknown), "row without an answer"),
    "a state action is repeated at once": (_twice("act", Retryable), "slow state action"),
    "a 404 of anybody means that a record is gone": (_any_404_is_gone, "nightly maintenance"),
    "Retry-After is ignored": (_nobody_waits, "Retry-After"),
    "an IFS secret is never read again": (_secret_for_good, "client refused"),
    "what IFS drops silently counts as written": (_silent_drops_are_written, "attribute dropped silently"),
}
