"""`make schemas`: writes the JSON Schema of the connection file and of every request and answer of an operator, for
editors and for programs. The schemas stand in the repository; a test compares them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, create_model

from functions.connections.connection import Connection
from functions.flows.operations.attention import AttentionList
from functions.flows.operations.plan_list import PlanList
from functions.flows.operations.push_preview import PullAnswer
from functions.flows.operations.reconcile_answer import ReconcileAnswer
from functions.flows.operations.reconcile_standing import ReconcileStanding
from functions.flows.operations.standing import DeskStanding, ReadingStanding, TenantStanding
from functions.flows.operations.status import StatusAnswer
from functions.flows.operations.stories import StoriesAnswer
from functions.model.align_answer import AlignAnswer
from functions.model.align_request import AlignRequest
from functions.model.answer import Refusal
from functions.model.backfill import ReadingRequest
from functions.model.control import Changed, ControlRequest
from functions.model.fit import CheckAnswer, FitReport
from functions.model.inspection import InspectRequest
from functions.model.pull_request import PullRequest
from functions.model.reading_answer import ReadingAnswer
from functions.model.reconcile_request import ReconcileRequest
from functions.model.register_answer import RegisterAnswer
from functions.model.register_request import RegisterRequest
from functions.model.replay_answer import ReplayAnswer
from functions.model.replay_request import ReplayRequest
from functions.wiring.check_parts import CheckRequest

FOLDER = Path(__file__).parents[2] / "docs/schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _inspected(show: str, model: type[BaseModel]) -> type[BaseModel]:
    """An answer of `Inspect` says which question it answers."""
    word: Any = Annotated[str, Field(pattern=f"^{show}$")]
    return create_model(model.__name__, __base__=model, show=(word, ...))


INSPECTED: Mapping[str, type[BaseModel]] = {
    "attention": AttentionList,
    "order": StoriesAnswer,
    "reading": ReadingStanding,
    "tenant": TenantStanding,
    "desk": DeskStanding,
    "status": StatusAnswer,
    "plans": PlanList,
    "reconcile": ReconcileStanding,
}
PUBLISHED: Mapping[str, type[BaseModel]] = {
    "connection-file": Connection,
    "inspect-request": InspectRequest,
    **{f"inspect-{show}": _inspected(show, model) for show, model in INSPECTED.items()},
    "control-request": ControlRequest,
    "control-answer": Changed,
    "replay-request": ReplayRequest,
    "replay-answer": ReplayAnswer,
    "reconcile-request": ReconcileRequest,
    "reconcile-answer": ReconcileAnswer,
    "reading-request": ReadingRequest,
    "reading-answer": ReadingAnswer,
    "check-request": CheckRequest,
    "check-report": FitReport,
    "check-answer": CheckAnswer,
    "pull-request": PullRequest,
    "pull-answer": PullAnswer,
    "align-request": AlignRequest,
    "align-answer": AlignAnswer,
    "register-request": RegisterRequest,
    "register-answer": RegisterAnswer,
    "refusal": Refusal,
}


def text_of(model: type[BaseModel]) -> str:
    """Requests as they are validated, answers as they are written."""
    mode: Any = "validation" if model.__name__.endswith(("Request", "Connection")) else "serialization"
    schema = {"$schema": DIALECT, **model.model_json_schema(mode=mode)}
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, model in PUBLISHED.items():
        (FOLDER / f"{name}.json").write_text(text_of(model), encoding="utf-8")
    print(f"{len(PUBLISHED)} schemas in {FOLDER}")  # noqa: T201 # what the verb says


if __name__ == "__main__":
    main()
