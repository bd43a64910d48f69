from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from functions.connections.align import AddressSet, Customers, CustomerTemplate, EmailSet, Stock, Warehouses
from functions.connections.connection import Connection
from functions.connections.file import ConnectionFileError, load
from functions.connections.orders import Orders
from functions.connections.stores import StoreOverride, Stores
from functions.connections.targets import CustomEntity, FieldRule, OrderHeader, ShipmentHeader
from functions.model.outcomes import SENTENCES, Outcome, Reason
from functions.shipstation.reading.normalise import resolve
from tests.equipment.builders import a_connection

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "infra/connections/example.toml"


OPTIONAL: dict[str, type[BaseModel]] = {
    "addresses": AddressSet,
    "emails": EmailSet,
    "template": CustomerTemplate,
}


def keys(model: type[BaseModel], prefix: str = "") -> dict[str, object]:
    """Every key of the connection file with its default."""
    found: dict[str, object] = {}
    for name, field in model.model_fields.items():
        nested = (
            Orders
            if model is Connection and name == "orders"
            else field.annotation
            if isinstance(field.annotation, type)
            else None
        )
        if model is Connection and name == "align":
            found |= {**keys(Stock, "align."), **keys(Customers, "align."), **keys(Warehouses, "align.")}
        elif name in OPTIONAL and model in {Warehouses, Customers}:
            found |= {f"{prefix}{name}": None, **keys(OPTIONAL[name], f"{prefix}{name}.")}
        elif name == "targets":
            for profile in (ShipmentHeader, OrderHeader, CustomEntity):
                found = {**keys(profile, f"{prefix}targets."), **found} if model is not StoreOverride else found
            found[prefix + name] = field.get_default()
        elif nested is not None and issubclass(nested, BaseModel):
            found |= keys(nested, f"{prefix}{name}.")
        else:
            found[prefix + name] = field.get_default(call_default_factory=True, validated_data={})
    if model is Stores:
        found |= keys(StoreOverride, f"{prefix}<id>.")
    return found


def rows() -> dict[str, str]:
    text = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| `([a-z_.0-9<>]+)` \| ([^|]*?) \|", text, flags=re.MULTILINE))


def test_every_key_is_documented_and_nothing_else_is() -> None:
    values = {"never", "if_empty", "if_empty_or_ours", "always", "clear", "restore", "flag"}
    values |= {"ifs_wins", "shipstation_wins", "ask"}
    of_every_field = {"find", *FieldRule.model_fields}
    profiles = {"shipment_header", "order_header", "custom_entity", "warehouses", "customers", "stock"}
    assert set(rows()) - values - of_every_field - profiles == set(keys(Connection))


def test_documented_defaults_are_the_real_ones() -> None:
    told = {"required", "none", "empty", "the file's name", "the connection's", "`id_attribute`"}
    told |= {"`shipment_header` with its defaults"}
    for key, text in rows().items():
        if key in keys(Connection) and text not in told:
            default = keys(Connection)[key]
            shown = ", ".join(default) if isinstance(default, tuple) else str(default)
            assert text.strip("`").strip('"') == shown, key


def reference_examples() -> list[list[str]]:
    """Pattern, template, ignore, text and reference of each documented example; an empty cell is the default."""
    text = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    table = text.split("| IFS order |\n| --- | --- | --- | --- | --- |\n")[1].split("\n\n")[0]
    return [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in table.splitlines()]


@pytest.mark.parametrize("example", reference_examples(), ids=lambda cells: cells[3])
def test_the_documented_order_references_are_read_as_told(example: list[str]) -> None:
    pattern, template, ignore, text, reference = example
    rule = {"pattern": pattern, "template": template, "ignore": [ignore] if ignore else None}
    connection = a_connection(shipstation={"order_reference": {k: v for k, v in rule.items() if v}})
    assert resolve(text, connection) == (None if reference == "-" else reference)


def test_the_documented_stores_are_a_valid_configuration(tmp_path: Path) -> None:
    text = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(\[stores\].*?)```", text, flags=re.DOTALL)
    path = tmp_path / "acme.toml"
    path.write_text(f"{EXAMPLE.read_text(encoding='utf-8')}\n{example}", encoding="utf-8")
    view = load(path).at_store(100002)
    assert (view.ifs.company, view.ifs.targets[0].carrier.policy) == ("20", "never")
    assert load(path).store_skip(100003) is Reason.STORE_EXCLUDED


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
        ('mode = "shadow"', 'mode = "loud"', 'mode: is one of "off", "shadow" or "write"'),
        ("poll_minutes = 5", "pol_minutes = 5", "pol_minutes: unknown key"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00", "go_live_at: is an instant with its zone"),
        ("https://example.ifs.cloud/auth", "http://example.ifs.cloud/auth", "ifs.token_url: must start with https://"),
        ('"America/Chicago"        #', '"Chicago"        #', "ifs.time_zone: is not an IANA time zone"),
        ("(?P<reference>[A-Za-z0-9]+)", "(?P<ref>[A-Za-z0-9]+)", "no named group for it"),
        ('ups = "UPS"', 'UPS = "UPS"\nups = "UPS"', "carriers: ups stands there twice"),
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
    with pytest.raises(ConnectionFileError, match=r"acme\.toml: line 1: mode: has no value"):
        load(path)


def test_the_example_says_nothing_the_defaults_say_better() -> None:
    assert set(tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))) <= set(Connection.model_fields)
