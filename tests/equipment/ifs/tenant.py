"""One IFS Cloud tenant as an HTTP application: token endpoint, OData services, cookies, faults, and a control API."""

from __future__ import annotations

import base64
import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_plus

from tests.equipment.faults import Fault, Faults
from tests.equipment.http import Application, Clock, Request, Response, json_response
from tests.equipment.ifs.batch import answered
from tests.equipment.ifs.customers import COPY, below, direct
from tests.equipment.ifs.filters import BadFilterError, parse
from tests.equipment.ifs.metadata import document
from tests.equipment.ifs.orders import OrderStore
from tests.equipment.ifs.outages import Outage, Outages
from tests.equipment.ifs.sets import SETS, EntitySet
from tests.equipment.ifs.store import Key, Record, RefusedError

CONTROL = "/_control/"
_PATH = re.compile(
    r"/(?P<endpoint>main|int)/ifsapplications/projection/v1/(?P<service>\w+)\.svc/(?P<set>\$?\w+)"
    r"(?:\((?P<key>.+?)\))?(?:/(?P<action>IfsApp\.[\w.]+))?"
)
_KEY = re.compile(r"(?P<name>\w+)=(?:'(?P<text>(?:[^']|'')*)'|(?P<number>\d+))(?:,|$)")
_TEXTS = {
    "en": "The operation could not be carried out.",
    "de": "Der Vorgang konnte nicht ausgeführt werden.",
    "sv": "Åtgärden kunde inte utföras.",
    "ja": "操作を実行できませんでした。",
}


@dataclass(frozen=True)
class Served:
    at: datetime
    method: str
    path: str
    status: int
    if_match: str | None
    retry_after: str | None = None
    has_filter: bool = False


class Tenant(OrderStore):
    """`clients` maps client id to secret. `edits_after_read` are colleagues waiting for somebody to read a shipment."""

    def __init__(
        self,
        clock: Clock,
        random: Random,
        *,
        clients: dict[str, str],
        realm: str = "acme1",
        expires_in: int = 180,
        time_zone: str = "UTC",
    ) -> None:
        super().__init__(clock, time_zone)
        self.open_customers()
        self._random = random
        self.clients, self.realm, self.expires_in = clients, realm, expires_in
        self.tokens: dict[str, datetime] = {}
        self.faults = Faults()
        self.outages = Outages()
        self.grants = {entity.projection for entity in SETS.values()}
        self.update_grants: set[str] | None = None  # None: as `grants`
        self.clock_skew_seconds = 0
        self.requests: list[Served] = []
        self._links: dict[str, dict[str, str]] = {}
        self.edits_after_read: dict[int, list[dict[str, Any]]] = {}
        self.application: Application = self._served
        self._routed = self.faults.around(self._route)

    def add_fault(self, kind: str, **details: Any) -> None:
        self.faults.add(Fault(kind, **details))

    def go_dark(self, seconds: float) -> None:
        """Nothing is served from now on, for so long."""
        now = self.clock()
        self.outages.add(Outage("all", now, now + timedelta(seconds=seconds)))

    def lift_faults(self) -> None:
        self.faults.lift()

    def edit_after_read(self, shipment_id: int, **changes: Any) -> None:
        """A colleague saves this as soon as somebody else has read the shipment."""
        self.edits_after_read.setdefault(shipment_id, []).append(changes)

    @property
    def counts(self) -> Counter[str]:
        found = Counter(str(request.status) for request in self.requests)
        tokens = sum("/auth/" in request.path for request in self.requests)
        return Counter({**found, "total": len(self.requests), "tokens": tokens})

    def _served(self, request: Request) -> Response:
        if request.path.startswith(CONTROL):
            return self._controlled(request)
        self.settle()
        response = self.outages.answer(request, self.clock()) or self._routed(request)
        if_match, retry_after = request.headers.get("If-Match"), response.headers.get("Retry-After")
        has_filter = bool(request.param("$filter"))
        self.requests.append(
            Served(self.clock(), request.method, request.path, response.status, if_match, retry_after, has_filter)
        )
        told = self.clock() + timedelta(seconds=self.clock_skew_seconds)
        return replace(response, headers={"Date": format_datetime(told, usegmt=True), **response.headers})

    def _route(self, request: Request) -> Response:
        if request.path.startswith("/auth/realms/"):
            return self._token(request)
        path = unquote(request.path)
        return self._granted(below(request, path), _PATH.fullmatch(direct(path)))

    def _granted(self, request: Request, match: re.Match[str] | None) -> Response:  # noqa: PLR0911 # one line a refusal
        entity = self._entity_of(match["service"], match["set"]) if match else None
        expiry = self.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if expiry is None or expiry <= self.clock():
            return json_response(401, {"error": {"code": "UNAUTHORIZED", "message": "Unauthorized"}})
        if match is not None and match["set"] == "$metadata":
            return self._metadata(match["service"])
        if match is not None and match["set"] == COPY:
            return self._copied(request, match["service"])
        if match is not None and match["set"] == "$batch" and self.switches.takes_batch:
            return answered(request, self._route)
        if match is None or entity is None:
            return self._envelope(RefusedError(404, "ODP_RESOURCE_NOTFOUND"))
        if entity.projection not in self.grants:
            return self._envelope(RefusedError(403, "FORBIDDEN"))
        if request.method != "GET" and entity.projection not in (self.update_grants or self.grants):
            return self._envelope(RefusedError(403, "FORBIDDEN"))
        if match["action"]:
            return self._acted(request, entity, match["key"] or "", match["action"])
        return self._entity(request, entity, match["key"], is_main=match["endpoint"] == "main")

    def _copied(self, request: Request, service: str) -> Response:
        if service not in (self.update_grants or self.grants):
            return self._envelope(RefusedError(403, "FORBIDDEN"))
        try:
            return json_response(200, self.copy_customer(_body(request)))
        except RefusedError as error:
            return self._envelope(error)

    def _entity_of(self, service: str, name: str) -> EntitySet | None:
        own = (entity for entity in SETS.values() if entity.projection == service)
        return next((entity for entity in own if self.published_as(entity) == name), None)

    def _metadata(self, service: str) -> Response:
        own = [entity for entity in SETS.values() if entity.projection == service]
        if not own:
            return self._envelope(RefusedError(404, "METADATA_NOT_FOUND"))
        if service not in self.grants:
            return self._envelope(RefusedError(403, "FORBIDDEN"))
        body = document(service, map(self._published, own), is_annotating=self.switches.is_annotating)
        return Response(200, body, {"Content-Type": "application/xml"})

    def _acted(self, request: Request, entity: EntitySet, key: str, action: str) -> Response:
        try:
            self.act(entity, _parsed_key(entity, key), action, request.headers.get("If-Match"))
        except RefusedError as error:
            return self._envelope(error)
        return Response(204)

    def _entity(self, request: Request, entity: EntitySet, key: str | None, *, is_main: bool) -> Response:
        cookie = request.headers.get("Cookie", "")
        if is_main and request.method != "GET" and "JSESSIONID" in cookie and "X-XSRF-TOKEN" not in request.headers:
            return self._envelope(RefusedError(403, "CSRF_ERROR"))
        try:
            response = self._done(request, entity, key)
        except RefusedError as error:
            return self._envelope(error)
        except BadFilterError:
            return self._envelope(RefusedError(400, "BAD_REQUEST"))
        set_cookie = {"Set-Cookie": "JSESSIONID=0123456789; Path=/; HttpOnly"} if is_main else {}
        return replace(response, headers={**response.headers, **set_cookie})

    def _done(self, request: Request, entity: EntitySet, key: str | None) -> Response:
        if any(name == "$expand" for name, _ in request.query):
            raise RefusedError(501, "ODP_NOT_IMPLEMENTED")
        if request.method == "GET" and key is None:
            return self._list(request, entity)
        if request.method == "GET" and key is not None:
            return self._one(entity, _parsed_key(entity, key), request)
        if request.method != "GET" and self.gone & set(_body(request)):
            raise RefusedError(400, "BAD_REQUEST")
        if request.method == "PATCH" and key is not None:
            self._warn(request)
            record = self.patch(entity, _parsed_key(entity, key), _body(request), request.headers.get("If-Match"))
            return self._written(200, record)
        if request.method == "POST" and key is None:
            with self.lock:
                return self._written(201, self.insert(entity, _body(request)))
        raise RefusedError(405, "METHOD_NOT_ALLOWED")

    def _warn(self, request: Request) -> None:
        is_confirmed = request.headers.get("X-IFS-Accept-Warnings") == "true"
        if self.switches.warns_on & set(_body(request)) and not is_confirmed:
            raise RefusedError(400, "WARNING", "ORA-20000: Shipment.CHANGENOTREFLECTED1:")

    def _written(self, status: int, record: Record) -> Response:
        if self.switches.is_return_minimal:
            return Response(204)
        body = {"@odata.etag": record.etag, **record.values}
        return json_response(status, body, {"ETag": record.etag})

    def _one(self, entity: EntitySet, key: Key, request: Request) -> Response:
        record = self.sets[entity.name].get(key)
        if record is None or not self.is_visible(record):
            raise RefusedError(404, "ODP_RESOURCE_NOTFOUND")
        shown = {"@odata.etag": record.etag, **_shown(record, self._published(entity), request.param("$select"))}
        response = json_response(200, shown, {"ETag": record.etag})
        self._let_colleagues_edit([record])
        return response

    def _list(self, request: Request, entity: EntitySet) -> Response:
        options = {**dict(request.query), **self._resumed(dict(request.query).get("$skiptoken"))}
        test = parse(options["$filter"], entity.columns, entity.projection) if "$filter" in options else None
        with self.lock:
            seen = [] if entity.name in self.unseen else self.rows(entity)
            rows = [r for r in seen if self.is_visible(r) and (test is None or test(r.values))]
            rows = self._ordered(rows, options.get("$orderby"), entity)
            skip, top = int(options.get("$skip", 0)), int(options.get("$top", self.switches.default_page))
            top = min(top, self.switches.largest_page)
            page = rows[skip : skip + top]
            published, select = self._published(entity), options.get("$select", "")
            shown = [{**self._list_tag(row), **_shown(row, published, select)} for row in page]
            body: dict[str, Any] = {"@odata.context": "$metadata", "value": shown}
            if self.switches.is_linking and len(rows) > skip + top:
                body["@odata.nextLink"] = self._link(request, entity, {**options, "$skip": str(skip + top)})
        if test is not None:  # whoever only measures a set has read nobody's record
            self._let_colleagues_edit(page)
        return json_response(200, body)

    def _link(self, request: Request, entity: EntitySet, options: dict[str, str]) -> str:
        """Opaque: what was asked is remembered here."""
        token = f"t{len(self._links)}"
        self._links[token] = options
        relative = f"{entity.name}?$skiptoken={token}"
        whole = f"https://elsewhere.example.com{request.path.rpartition('/')[0]}/{relative}"
        return whole if self.switches.is_link_absolute else relative

    def _resumed(self, token: str | None) -> dict[str, str]:
        return self._links[token] if token else {}

    def _ordered(self, rows: list[Record], order: str | None, entity: EntitySet) -> list[Record]:
        if order is None:
            self._random.shuffle(rows)
            return rows
        names = [name.split()[0] for name in order.split(",")]
        if not set(names) <= set(entity.columns):
            raise RefusedError(400, "BAD_REQUEST")
        return sorted(rows, key=lambda row: [(row.values[name] is not None, row.values[name] or 0) for name in names])

    def _published(self, entity: EntitySet) -> EntitySet:
        left = {name: column for name, column in entity.columns.items() if name not in self.gone}
        return replace(entity, name=self.published_as(entity), columns=left)

    def _list_tag(self, record: Record) -> dict[str, str]:
        """What a row of a list carries: not every tenant sends the tag that a PATCH is compared with."""
        match self.switches.list_tags:
            case "none":
                return {}
            case "stale":
                return {"@odata.etag": replace(record, version="0").etag}
        return {"@odata.etag": record.etag}

    def _let_colleagues_edit(self, read: list[Record]) -> None:
        for record in read:
            number = int(record.values.get("ShipmentId") or 0)
            if "Objstate" in record.values and self.edits_after_read.get(number):
                self.edit(number, **self.edits_after_read[number].pop(0))

    def _token(self, request: Request) -> Response:
        if request.path != f"/auth/realms/{self.realm}/protocol/openid-connect/token":
            return json_response(404, {"error": "Realm does not exist"})
        form = dict(parse_qsl(request.body.decode()))
        client, secret = form.get("client_id", ""), form.get("client_secret", "")
        basic = request.headers.get("Authorization", "")
        if basic.startswith("Basic "):
            parts = base64.b64decode(basic.removeprefix("Basic ")).decode().partition(":")
            client, _, secret = map(unquote_plus, parts)
        if form.get("grant_type") != "client_credentials":
            return json_response(400, {"error": "unsupported_grant_type"})
        if not secret or self.clients.get(client) != secret:
            text = "Invalid client or Invalid client credentials"
            return json_response(401, {"error": "unauthorized_client", "error_description": text})
        return json_response(200, self._new_token())

    def _new_token(self) -> dict[str, Any]:
        token = f"eyJ{self._random.getrandbits(256):064x}" + "x" * 3800
        self.tokens[token] = self.clock() + timedelta(seconds=self.expires_in)
        return {
            "access_token": token,
            "expires_in": self.expires_in,
            "refresh_expires_in": 1800,
            "refresh_token": "not-for-use",
            "token_type": "Bearer",
            "id_token": "not-for-use",
            "not-before-policy": 0,
            "session_state": "0",
            "scope": "openid audience microprofile-jwt profile email",
        }

    def _envelope(self, error: RefusedError) -> Response:
        text = _TEXTS[self.switches.language]
        detail = {"code": error.code, "message": f"{error.constant} {text}".strip()}
        body = {"error": {"code": error.code, "message": text, "details": [detail]}}
        return json_response(error.status, body)

    def _controlled(self, request: Request) -> Response:
        """POST /_control/<method> with its keyword arguments as JSON; GET /_control/counts."""
        name = request.path.removeprefix(CONTROL)
        if request.method == "GET" and name == "counts":
            return json_response(200, self.counts)
        if request.method != "POST" or name.startswith("_") or not hasattr(self, name):
            return json_response(404, {"message": f"no such control: {name}"})
        try:
            given = request.json() if request.body else {}
            instants = {key: datetime.fromisoformat(given[key]) for key in ("at",) if key in given}
            result = getattr(self, name)(**given | instants)
        except (KeyError, TypeError, ValueError, RefusedError) as error:
            return json_response(400, {"message": str(error)})
        return json_response(200, {"result": result})


def _parsed_key(entity: EntitySet, text: str) -> Key:
    given: dict[str, Any] = {}
    for match in _KEY.finditer(text):
        is_text = match["text"] is not None
        if is_text != (entity.columns.get(match["name"]) is None or entity.columns[match["name"]].kind != "number"):
            raise RefusedError(400, "BAD_REQUEST")
        given[match["name"]] = match["text"].replace("''", "'") if is_text else int(match["number"])
    if set(given) != set(entity.keys):
        raise RefusedError(400, "BAD_REQUEST")
    return tuple(given[name] for name in entity.keys)


def _body(request: Request) -> dict[str, Any]:
    if "json" not in request.headers.get("Content-Type", ""):
        raise RefusedError(400, "ODP_DESERIALIZATION_ERROR")
    try:
        body = request.json()
    except ValueError as error:
        raise RefusedError(400, "ODP_DESERIALIZATION_ERROR") from error
    if not isinstance(body, dict):
        raise RefusedError(400, "ODP_DESERIALIZATION_ERROR")
    return body


def _shown(record: Record, entity: EntitySet, select: str) -> dict[str, Any]:
    selected = [name for name in select.split(",") if name]
    if not set(selected) <= set(entity.columns):
        raise RefusedError(400, "BAD_REQUEST")
    names = selected or list(entity.columns)
    return {name: record.values[name] for name in names}
