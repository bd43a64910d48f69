from __future__ import annotations

import re
import tomllib
from pathlib import Path
from types import UnionType
from typing import get_args

import pytest
from pydantic import BaseModel

from functions.connections import Connection, ConnectionFileError, load
from functions.model.outcomes import SENTENCES, Outcome, Reason

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "infra/connections/example.toml"


def keys(model: type[BaseModel], prefix: str = "") -> dict[str, object]:
    """Every key of the connection file with its default."""
    found: dict[str, object] = {}
    for name, field in model.model_fields.items():
        nested = _model_in(field.annotation)
        if nested is not None:
            found |= keys(nested, f"{prefix}{name}.")
        else:
            found[prefix + name] = field.get_default(call_default_factory=True, validated_data={})
    return found


def _model_in(annotation: object) -> type[BaseModel] | None:
    options = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
    models = [option for option in options if isinstance(option, type) and issubclass(option, BaseModel)]
    return models[0] if models else None


def rows() -> dict[str, str]:
    text = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| `([a-z_.0-9]+)` \| ([^|]*?) \|", text, flags=re.MULTILINE))


def test_every_key_is_documented_and_nothing_else_is() -> None:
    policies = {"never", "if_empty", "if_empty_or_ours", "always", "clear", "restore", "flag"}
    assert set(rows()) - policies == set(keys(Connection))


def test_documented_defaults_are_the_real_ones() -> None:
    told = {"required", "none", "empty", "the file's name"}
    for key, text in rows().items():
        if key in keys(Connection) and text not in told:
            assert text.strip("`").strip('"') == str(keys(Connection)[key]), key


def test_every_outcome_and_reason_is_explained_to_the_operator() -> None:
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    assert set(SENTENCES) == set(Reason)
    missing = [word for word in (*Outcome, *Reason) if f"`{word}`" not in text]
    assert missing == []


def test_the_example_is_a_valid_connection() -> None:
    assert load(EXAMPLE).mode == "shadow"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('mode = "shadow"', 'mode = "loud"', "mode: Input should be 'off', 'shadow' or 'write'"),
        ("poll_minutes = 5", "pol_minutes = 5", "pol_minutes: unknown key"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00", "go_live_at: Input should have timezone info"),
        ("https://example.ifs.cloud/auth", "http://example.ifs.cloud/auth", "ifs.token_url: must start with https://"),
        ('"America/Chicago"        #', '"Chicago"        #', "ifs.time_zone: is not an IANA time zone"),
        ("(?P<reference>[A-Za-z0-9]+)", "(?P<ref>[A-Za-z0-9]+)", "no named group"),
    ],
)
def test_a_wrong_key_or_value_names_file_key_and_reason(tmp_path: Path, old: str, new: str, told: str) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "acme.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConnectionFileError) as refused:
        load(path)
    assert str(refused.value).startswith("acme.toml: ")
    assert told in str(refused.value)


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "acme.toml"
    path.write_text("mode = ", encoding="utf-8")
    with pytest.raises(ConnectionFileError, match=r"acme\.toml: not valid TOML"):
        load(path)


def test_the_example_says_nothing_the_defaults_say_better() -> None:
    assert set(tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))) <= set(Connection.model_fields)
