"""IFS sites as places that goods are shipped from: code and name in one set, the delivery address in another.

Seen in public code: `CompanySiteHandling.svc/CompanySiteSet` with `Contract` and `Description`. What the set of the
sites' addresses is called stands nowhere, so the connection file names it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from functions.connections.align import SEPARATOR, RecordSet, Warehouses
from functions.errors import Permanent, Retryable, Scope
from functions.ifs import odata
from functions.ifs.client import ETag, IfsClient
from functions.ifs.service import Row, Service
from functions.ifs.values import as_text
from functions.model.alignment import SideRecord
from functions.model.outcomes import Reason
from functions.model.text import folded

LETTERS = 2  # of a country
PLACES, ADDRESSES = "places", "addresses"  # where a record keeps its keys


class SiteRecords:
    """Raises Retryable, OutcomeUnknown (writes) or Permanent."""

    def __init__(self, client: IfsClient, profile: Warehouses) -> None:
        self._profile = profile
        self._places = _Set(client, profile.places, profile.of_places, profile.countries)
        self._addresses = None
        if profile.addresses is not None:
            self._addresses = _Set(client, profile.addresses, profile.of_addresses, profile.countries)

    def read(self) -> list[SideRecord]:
        """Every site that the file names and the service user sees."""
        code, addresses = self._profile.places.key, dict[str, list[Row]]()
        for row in self._addresses.rows(code, self._filters()) if self._addresses else ():
            addresses.setdefault(self._code(row), []).append(row)
        places = self._places.rows(code, self._filters())
        return [self._record(row, addresses.get(self._code(row), [])) for row in places if self._code(row)]

    def parts(self, changes: Mapping[str, str]) -> list[dict[str, str]]:
        """The site's own fields, and those of its address."""
        sets = [each.attributes for each in (self._places, self._addresses) if each is not None]
        found = [{field: text for field, text in changes.items() if field in attributes} for attributes in sets]
        return [part for part in found if part]

    def change(self, record: SideRecord, changes: Mapping[str, str]) -> SideRecord | None:
        """Under the tag of a reading that still says what `record` said of these fields."""
        for name, each in ((PLACES, self._places), (ADDRESSES, self._addresses)):
            ours = {field: text for field, text in changes.items() if each is not None and field in each.attributes}
            if each is not None and ours and not each.patch(record.body.get(name), record, ours):
                return None
        return SideRecord(id=record.id, fields={**record.fields, **changes}, body=record.body)

    def make(self, fields: Mapping[str, str]) -> SideRecord:  # noqa: ARG002 # as the protocol says
        """A site is a part of the company's books."""
        raise Permanent(Reason.ONLY_IN_SHIPSTATION, "no site is made in IFS", scope=Scope.RECORD)

    def _filters(self) -> list[str]:
        site = self._profile.places.key[0]
        return [*odata.any_of(site, map(odata.text, self._profile.sites))] or [""]

    def _code(self, row: Row) -> str:
        parts = [as_text(row.get(name)) for name in self._profile.places.key]
        return SEPARATOR.join(parts) if all(parts) else ""

    def _record(self, place: Row, addresses: Sequence[Row]) -> SideRecord:
        """Several addresses of one site are none: which one counts is not guessed."""
        fields, keys = self._places.fields(place), {PLACES: self._places.key(place)}
        if self._addresses is not None and len(addresses) == 1:
            fields |= self._addresses.fields(addresses[0])
            keys[ADDRESSES] = self._addresses.key(addresses[0])
        return SideRecord(id=self._code(place), fields=fields, body=keys)


class _Set:
    """One entity set and the fields that stand there, by our names."""

    def __init__(
        self, client: IfsClient, where: RecordSet, attributes: Mapping[str, str], countries: Mapping[str, str]
    ) -> None:
        self._service, self._where = Service(client, where.endpoint, where.projection), where
        self.attributes = attributes
        self._codes = {name.casefold(): code for name, code in countries.items()}
        self._names = {code: name for name, code in countries.items()}

    def rows(self, code: Sequence[str], filters: Sequence[str]) -> list[Row]:
        asked = (*code, *self.attributes.values())
        lists = (self._service.rows(self._where.entity_set, asked, each, self._where.key) for each in filters)
        return [row for rows in lists for row in rows]

    def fields(self, row: Row) -> dict[str, str]:
        return {name: self._field(name, row) for name in self.attributes}

    def key(self, row: Row) -> str:
        """Numbers stand in an address without quotes."""
        parts = {name: row.get(name) for name in self._where.key}
        return odata.key({name: str(v) if isinstance(v, int) else odata.text(str(v)) for name, v in parts.items()})

    def patch(self, key: str | None, record: SideRecord, ours: Mapping[str, str]) -> bool:
        """False where the record says something else by now."""
        entity_set = self._where.entity_set
        if key is None:
            raise Permanent(Reason.IFS_CONFIGURATION, f"{entity_set}: no record of that site", scope=Scope.RECORD)
        address = self._service.address(entity_set, key)
        answer = self._service.client.get(address, entity_set)
        if answer is None or not isinstance(answer.body, dict):
            raise Retryable(Reason.RECORDS_VANISHED, f"{entity_set}: the record is gone", scope=Scope.RECORD)
        if any(folded(self._field(name, answer.body)) != folded(record.fields[name]) for name in ours):
            return False
        tag = ETag(str(answer.headers.get("etag") or answer.body.get("@odata.etag") or ""))
        body = {self.attributes[name]: self._theirs(name, text) for name, text in ours.items()}
        return self._service.client.patch(address, tag, body, entity_set) is not None

    def _field(self, name: str, row: Row) -> str:
        text = as_text(row.get(self.attributes[name]))
        return self._country(text) if name == "country" else text

    def _theirs(self, name: str, text: str) -> str | None:
        """In IFS's own words."""
        return (self._names.get(text.upper(), text) if name == "country" else text) or None

    def _country(self, text: str) -> str:
        """Two letters, or what the file makes of IFS's name for it; a country is never guessed."""
        is_code = len(text) == LETTERS and text.isascii() and text.isalpha()
        return self._codes.get(text.casefold()) or (text.upper() if is_code else text)
