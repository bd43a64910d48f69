"""A small stand-in for the CloudWatch console: shows the custom widgets of the deployed dashboard and calls the Lambdas
that their buttons name, in the local AWS.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.equipment.http import Request, Response, json_response
from tests.equipment.local_aws.deploy import Stack
from tests.equipment.local_aws.operate import FunctionFailed, invoke
from tests.equipment.local_aws.server import AwsEndpoint

SHELL = Path(__file__).with_suffix(".html")


class Dashboard:
    """An application for `tests.equipment.http.Server`."""

    def __init__(self, aws: AwsEndpoint, stack: Stack) -> None:
        self._aws = aws
        (name,) = stack.ids_of("AWS::CloudWatch::Dashboard").values()
        self._body: dict[str, Any] = json.loads(
            aws.client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"]
        )

    @property
    def widgets(self) -> list[dict[str, Any]]:
        custom = [each for each in self._body["widgets"] if each["type"] == "custom"]
        return [
            {"id": f"widget-{number}", "width": each["width"], **each["properties"]}
            for number, each in enumerate(custom)
        ]

    def __call__(self, request: Request) -> Response:
        if (request.method, request.path) == ("POST", "/invoke"):
            asked = request.json()
            return json_response(200, self.answer(asked["endpoint"], asked["event"]))
        if request.path != "/":
            return Response(404)
        others = [each["properties"]["title"] for each in self._body["widgets"] if each["type"] != "custom"]
        known = json.dumps({"shown": self.widgets, "others": others}).replace("<", "\\u003c")
        page = SHELL.read_text(encoding="utf-8").replace("{widgets}", known)
        return Response(200, page.encode(), {"Content-Type": "text/html; charset=utf-8"})

    def answer(self, endpoint: str, event: dict[str, Any]) -> Any:
        """What the Lambda answers; what it raised, as the console shows it."""
        known = {arn for each in self.widgets for arn in (each["endpoint"], *each["params"].values())}
        if endpoint not in known:
            return {"error": f"no widget names the function {endpoint}"}
        try:
            return invoke(self._aws, endpoint, event)
        except FunctionFailed as failed:
            return {"error": str(failed)}
