"""The subscriptions of webhooks as both APIs list, make, change and remove them."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from tests.equipment.http import Request, Response, json_response
from tests.equipment.shipstation.v2 import refused
from tests.equipment.shipstation.v2_orders import V2OrderDesk
from tests.equipment.shipstation.v2_views import se
from tests.equipment.shipstation.webhooks import Subscription, TakenError


class HookDesk(V2OrderDesk):
    def subscribe(
        self,
        target_url: str,
        event: str,
        store_id: int | None = None,
        friendly_name: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> int:
        return self.hooks.subscribe(target_url, event, store_id, friendly_name, headers)

    def hook_answer(self, request: Request, rest: list[str]) -> Response:
        """V1's."""
        if self.hooks.switches.refusal:
            return json_response(self.hooks.switches.refusal, {"message": "Forbidden"})
        match [request.method, *rest]:
            case ["GET"]:
                is_known = self.hooks.switches.list_shape != "unknown"
                return json_response(200, {"webhooks" if is_known else "items": self.hooks.rows()})
            case ["POST", "subscribe"]:
                return self._subscribed(request.json())
            case ["DELETE", number] if number.isdecimal():
                known = self.hooks.subscriptions.pop(int(number), None)
                return Response(200 if known else 404)
        return Response(404)

    def _subscribed(self, body: dict[str, Any]) -> Response:
        try:
            number = self.subscribe(body["target_url"], body["event"], body.get("store_id"), body.get("friendly_name"))
        except (KeyError, ValueError):
            return json_response(400, {"message": "Invalid request parameters"})
        return json_response(201, {"id": number})

    def v2_hook_answer(self, request: Request, rest: list[str]) -> Response:
        if self.hooks.switches.refusal:
            return refused(self.hooks.switches.refusal, "forbidden")
        match [request.method, *rest]:
            case ["GET"]:
                return self._v2_listed()
            case ["POST"]:
                return self._v2_subscribed(request.json())
            case ["PUT", number] if number.removeprefix("se-").isdecimal():
                body = request.json()
                is_known = self.hooks.change(_number(number), body["url"], _headers(body))
                return Response(204) if is_known else refused(404, "unspecified")
            case ["DELETE", number] if number.removeprefix("se-").isdecimal():
                known = self.hooks.subscriptions.pop(_number(number), None)
                return Response(204) if known else refused(404, "unspecified")
        return refused(404, "unspecified")

    def _v2_listed(self) -> Response:
        """Those of V1 are not among them."""
        rows = [self._v2_row(each) for each in self.hooks.subscriptions.values() if each.event.endswith("_v2")]
        if self.hooks.switches.list_shape == "unknown":
            return json_response(200, {"items": rows})
        return json_response(200, rows if self.hooks.switches.list_shape == "bare" else {"webhooks": rows})

    def _v2_subscribed(self, body: dict[str, Any]) -> Response:
        try:
            self.hooks.refuse_second(body["url"], body["event"])
            number = self.subscribe(body["url"], body["event"], body.get("store_id"), body.get("name"), _headers(body))
        except TakenError:
            return refused(HTTPStatus.CONFLICT, "webhook_event_type_conflict")
        except (KeyError, ValueError):
            return refused(HTTPStatus.BAD_REQUEST, "invalid_field_value")
        return json_response(200, self._v2_row(self.hooks.subscriptions[number]))

    def _v2_row(self, each: Subscription) -> dict[str, Any]:
        shown = [{"key": key, "value": value} for key, value in each.headers.items()]
        masked = [{"key": key, "value": "****"} for key in each.headers]
        headers = {"shown": shown, "masked": masked, "empty": []}.get(self.hooks.switches.headers)
        row = {"webhook_id": se(each.webhook_id), "url": each.target_url, "event": each.event}
        return {**row, "name": each.friendly_name, **({"headers": headers} if headers is not None else {})}


def _number(text: str) -> int:
    return int(text.removeprefix("se-"))


def _headers(body: Mapping[str, Any]) -> dict[str, str]:
    return {each["key"]: each["value"] for each in body.get("headers", ())}
