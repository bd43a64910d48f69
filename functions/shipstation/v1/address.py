"""What V1 calls the parts of an address."""

from __future__ import annotations

from collections.abc import Mapping

ADDRESS: Mapping[str, str] = {
    "street1": "street1",
    "street2": "street2",
    "street3": "street3",
    "city": "city",
    "state": "state",
    "postal_code": "postalCode",
    "country": "country",
    "phone": "phone",
}
