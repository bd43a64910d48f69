"""What a connection's file asks for and the other API lacks is named before anybody moves."""

from __future__ import annotations

from pathlib import Path

from functions.connections.file import load
from functions.flows.preflight.either_api import moving
from functions.model.sample import Sample

EXAMPLES = Path(__file__).parents[3] / "docs/examples"
HUNDRED = "changing a hundred pushed orders in one request: each takes one of its own"


def told(name: str, tmp_path: Path, *changes: tuple[str, str]) -> str:
    text = (EXAMPLES / f"{name}.toml").read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    file = tmp_path / f"{name}.toml"
    file.write_text(text, encoding="utf-8")
    (finding,) = moving(Sample(), load(file))
    return finding.sentence


def test_from_v1_orders_and_profiles_that_v2_has_not(tmp_path: Path) -> None:
    assert told("orders", tmp_path).endswith(f"Standard or Premium; lost: {HUNDRED}.")
    assert "the alignment of warehouses" in told("reference-data", tmp_path)


V2 = ("[shipstation.", '[shipstation]\napi = "v2"\n\n[shipstation.')


def test_from_v2_what_v1_does_not_tell(tmp_path: Path) -> None:
    signed = ("[shipstation]", '[shipstation]\nwebhook_signature = "require"')
    said = told("stock", tmp_path, signed)
    assert said.startswith("Through V1: ")
    assert "; lost: the signatures that the file asks of webhooks; the alignment of stock." in said


def test_what_is_not_asked_for_is_not_lost(tmp_path: Path) -> None:
    assert told("shipment-header", tmp_path, V2).endswith("nothing of what was read would be lost.")
