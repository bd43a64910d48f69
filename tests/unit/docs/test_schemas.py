"""The published JSON Schemas are those of the code, and take what the documentation shows."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from functions.console.schemas import FOLDER, PUBLISHED, text_of

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_schema_is_the_code_s(name: str) -> None:
    """`make schemas` writes them anew."""
    assert (FOLDER / f"{name}.json").read_text(encoding="utf-8") == text_of(PUBLISHED[name])


def test_nothing_else_is_published() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(PUBLISHED)


def schema(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def documented(word: str) -> list[dict[str, Any]]:
    """The payloads of operations.md that begin with this key, and say something else than `…`."""
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    found = (json.loads(payload) for payload in re.findall(rf"`(\{{\"{word}\":[^`…]*\}})`", text))
    return [payload for payload in found if isinstance(payload, dict)]


def invoked(function: str) -> list[dict[str, Any]]:
    """The payloads of the documented commands that invoke it, those that go on below such a command included."""
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {function}\n")[1].split("\n## ")[0]
    return [json.loads(payload) for payload in re.findall(r"--payload '(\{.*\})'", section)]


@pytest.mark.parametrize("payload", invoked("Replay"), ids=json.dumps)
def test_a_documented_replay_is_one(payload: dict[str, Any]) -> None:
    assert schema("replay-request").is_valid(payload)


@pytest.mark.parametrize("payload", documented("show"), ids=json.dumps)
def test_a_documented_question_is_one(payload: dict[str, Any]) -> None:
    assert schema("inspect-request").is_valid(payload)


@pytest.mark.parametrize("payload", documented("do"), ids=json.dumps)
def test_a_documented_decision_is_one(payload: dict[str, Any]) -> None:
    who = {"connection": "example", "by": "kim", "note": "why"}
    assert schema("control-request").is_valid({**payload, **who})


@pytest.mark.parametrize("file", sorted((ROOT / "docs/examples").glob("*.toml")), ids=lambda path: path.stem)
def test_an_editor_takes_the_examples(file: Path) -> None:
    content = json.loads(json.dumps(tomllib.loads(file.read_text(encoding="utf-8")), default=str))
    found = [error.message for error in schema("connection-file").iter_errors({"name": "example", **content})]
    assert found == []
