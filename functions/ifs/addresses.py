"""An address as IFS keeps it, under the names that the file gives its parts."""

from __future__ import annotations

from functions.connections.customer_orders import AddressNames
from functions.ifs.service import Row
from functions.ifs.values import as_lines, as_text
from functions.model.frozen import Frozen


class IfsAddress(Frozen):
    """`address` are the lines of up to six attributes, without the empty ones."""

    name: str
    address: tuple[str, ...]
    city: str
    region: str
    postal_code: str
    country: str


NO_ADDRESS = IfsAddress(name="", address=(), city="", region="", postal_code="", country="")


def address_of(row: Row, names: AddressNames) -> IfsAddress:
    return IfsAddress(
        name=as_text(row.get(names.name)),
        address=tuple(line for name in names.lines for line in as_lines(row.get(name))),
        city=as_text(row.get(names.city)),
        region=as_text(row.get(names.state)),
        postal_code=as_text(row.get(names.postal_code)),
        country=as_text(row.get(names.country)),
    )
