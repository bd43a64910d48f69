"""`make check` compares what the file says of reference data with what IFS publishes."""

from __future__ import annotations

from typing import Any

import pytest

from functions.connections.align import Customers, Stock, Warehouses
from functions.ifs.schema.inspection import Inspection
from tests.equipment.align_desk import CUSTOMERS, SETTINGS, STOCK
from tests.equipment.tenant_fixture import Rig


def told(**settings: Any) -> dict[str, str]:
    """Severity and sentence, by subject."""
    profile = Warehouses.model_validate({**SETTINGS, **settings})
    found = Inspection(Rig().client, (), None, (profile,)).findings()
    return {finding.subject: f"{finding.severity}: {finding.sentence}" for finding in found}


def test_names_that_are_published_fit() -> None:
    assert told() == {
        "align.warehouses.places": "fits: CompanySiteSet of CompanySiteHandling: 2 attributes as expected.",
        "align.warehouses.addresses": "fits: SiteAddressSet of CompanySiteHandling: 8 attributes as expected.",
    }


ADDRESSES = SETTINGS["addresses"]


@pytest.mark.parametrize(
    ("settings", "subject", "sentence"),
    [
        ({"attributes": {"city": "Town"}}, "align.warehouses.addresses", "Town is no attribute of SiteAddressSet"),
        ({"attributes": {"name": "Name"}}, "align.warehouses.places", "Name is no attribute of CompanySiteSet"),
        ({"addresses": {"entity_set": "SiteAddresses"}}, "align.warehouses.addresses", "has no set SiteAddresses"),
        (
            {"addresses": {"entity_set": "SiteAddressSet"}},
            "align.warehouses.addresses",
            "is addressed by Contract, Add",
        ),
    ],
)
def test_a_name_that_is_not_published_is_told(settings: dict[str, Any], subject: str, sentence: str) -> None:
    found = told(**settings)[subject]
    assert found.startswith("misfit: ")
    assert sentence in found


def test_the_names_of_customers_and_of_stock_are_compared_too() -> None:
    customers, stock = Customers.model_validate(CUSTOMERS), Stock.model_validate({**STOCK, "only": {"ProjectNo": [""]}})
    found = Inspection(Rig().client, (), None, (customers, stock)).findings()
    assert {finding.subject: finding.severity for finding in found} == {
        "align.customers.records": "fits",
        "align.customers.emails": "fits",
        "align.stock.holdings": "misfit",
    }
    assert found[-1].sentence.startswith("ProjectNo is no attribute of InventoryPartInStockSet")
