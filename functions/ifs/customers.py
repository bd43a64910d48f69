"""IFS customers: found by number, e-mail address or name, and made as a copy of a template.

Seen in public code: `CustomerHandling.svc` with `CustomerInfoSet`, its `CustomerInfoAddresses` and
`CommunicationMethods`, and the action `CopyExistingCustomer`, which copies sales and invoice data, too. A customer that
is posted step by step lacks those, and no order can be entered on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from functions.connections.align import Customers, CustomerTemplate
from functions.errors import Permanent, Retryable, Scope
from functions.ifs import odata
from functions.ifs.client import ETag, IfsClient
from functions.ifs.faults import Answer
from functions.ifs.service import Row, Service
from functions.ifs.values import as_key
from functions.model.alignment import SideRecord
from functions.model.outcomes import Reason
from functions.model.text import folded

NAME = "Name"
COPY = "CopyExistingCustomer"
ADDRESSES, METHODS = "CustomerInfoAddresses", "CommunicationMethods"
ADDRESS = {
    "name": "Name",
    "street1": "Address1",
    "street2": "Address2",
    "street3": "Address3",
    "city": "City",
    "state": "State",
    "postal_code": "ZipCode",
    "country": "Country",
}
# What a customer has to say to be made. Lengths are what ShipStation keeps; what IFS takes less of, it refuses.
FORMS = {
    "name": r".{1,100}",
    "street1": r".{1,200}",
    "city": r".{1,100}",
    "country": r"[A-Z]{2}",
}


class CustomerRecords:
    """Raises Retryable, OutcomeUnknown (writes) or Permanent."""

    def __init__(self, client: IfsClient, profile: Customers) -> None:
        self._client, self._profile = client, profile
        where = profile.records
        self._service = Service(client, where.endpoint, where.projection)
        self._set, self._key = where.entity_set, where.key[0]

    def find(self, sought: Sequence[SideRecord]) -> list[SideRecord]:
        """With their e-mail addresses, as far as those were asked for."""
        emails = self._emails(sought) if self._profile.emails else {}
        wanted = {*emails, *self._ids(sought)}
        filters = [*odata.any_of(self._key, map(odata.text, sorted(wanted)))]
        if "name" in self._profile.match:
            names = sorted({each.fields["name"] for each in sought if each.fields["name"]})
            filters += odata.any_of(NAME, map(odata.text, names))
        rows = {as_key(row.get(self._key)): row for each in filters for row in self._rows(each)}
        return [self._record(code, row, emails.get(code, ())) for code, row in rows.items()]

    def parts(self, changes: Mapping[str, str]) -> list[dict[str, str]]:
        return [dict(changes)]

    def change(self, record: SideRecord, changes: Mapping[str, str]) -> SideRecord | None:  # noqa: ARG002 # as the protocol says
        """A customer that is found is left as it is."""
        raise Permanent(Reason.IFS_CONFIGURATION, "no customer is changed in IFS", scope=Scope.RECORD)

    def make(self, fields: Mapping[str, str]) -> SideRecord:
        """Step by step, each after a look whether it was done before."""
        template = self._profile.template
        if template is None:
            raise Permanent(Reason.IFS_CONFIGURATION, "the file names no template", scope=Scope.RECORD)
        code = fields["id"]
        if not self._rows(f"{self._key} eq {odata.text(code)}"):
            self._copy(template, fields)
        self._give_address(template, fields)
        self._give_email(template, fields)
        return SideRecord(id=code, fields=dict(fields))

    def _ids(self, sought: Sequence[SideRecord]) -> Iterator[str]:
        """What orders called them, and what they would be called."""
        for each in sought:
            if "code" in self._profile.match:
                yield from filter(None, each.fields["code"].split("\n"))
            if self._profile.template is not None:
                yield self._profile.template.new_id.format(id=each.id)

    def _emails(self, sought: Sequence[SideRecord]) -> dict[str, list[str]]:
        """By customer."""
        where, found = self._profile.emails, dict[str, list[str]]()
        if where is None:
            return found
        service = Service(self._client, where.endpoint, where.projection)
        told = [each.fields["email"] for each in sought if each.fields["email"]]
        values = sorted(set(map(str.lower, told)))
        # A comparison minds case. Source: the function list of IFS's OData provider (docs.ifs.com/techdocs).
        for filter_text in odata.any_of(f"tolower({where.value})", map(odata.text, values)):
            for row in service.rows(where.entity_set, (), filter_text, (where.customer, where.value)):
                found.setdefault(as_key(row.get(where.customer)), []).append(str(row.get(where.value)))
        return found

    def _rows(self, filter_text: str) -> list[Row]:
        return self._service.rows(self._set, (NAME,), filter_text, (self._key,))

    def _record(self, code: str, row: Row, emails: Sequence[str]) -> SideRecord:
        return SideRecord(id=code, fields={"name": str(row.get(NAME) or ""), "email": "\n".join(emails)})

    def _copy(self, template: CustomerTemplate, fields: Mapping[str, str]) -> None:
        body: dict[str, Any] = {
            "CustomerId": template.customer,
            "NewId": fields["id"],
            "NewName": fields["name"],
            "NewCategory": template.category,
            "AssociationNo": None,
        }
        self._client.post(f"{self._service.path}/{COPY}", body, COPY)

    def _give_address(self, template: CustomerTemplate, fields: Mapping[str, str]) -> None:
        """The template's own becomes the customer's; it has its purposes already."""
        keys = {self._key: odata.text(fields["id"]), "AddressId": odata.text(template.address)}
        path = f"{self._of(fields['id'])}/{ADDRESSES}({odata.key(keys)})"
        copied = self._copied_address(path)
        wanted = {theirs: fields[ours] or None for ours, theirs in ADDRESS.items()}
        if _holds(copied.body, wanted):
            return
        if self._client.patch(path, _etag(copied), wanted, ADDRESSES) is None:
            raise Retryable(Reason.CONFLICTS, f"{ADDRESSES}: changed meanwhile", scope=Scope.RECORD)

    def _copied_address(self, path: str) -> Answer:
        """Its body is a record. Raises Permanent where the copy has no such address."""
        answer = self._client.get(path, ADDRESSES)
        if answer is None or not isinstance(answer.body, dict):
            raise Permanent(Reason.IFS_CONFIGURATION, f"{ADDRESSES}: the copy has no such address", scope=Scope.RECORD)
        return answer

    def _give_email(self, template: CustomerTemplate, fields: Mapping[str, str]) -> None:
        if not fields["email"]:
            return
        path = f"{self._of(fields['id'])}/{METHODS}"
        entity_set = path.removeprefix(f"{self._service.path}/")
        known = self._service.rows(entity_set, ("Value",), "", (self._key, "CommId"))
        if any(folded(str(row.get("Value") or "")) == folded(fields["email"]) for row in known):
            return
        body = {self._key: fields["id"], "MethodId": template.email_method, "Value": fields["email"]}
        self._client.post(path, body, METHODS)

    def _of(self, code: str) -> str:
        return self._service.address(self._set, odata.key({self._key: odata.text(code)}))


def _holds(address: Row, wanted: Mapping[str, str | None]) -> bool:
    return all(folded(str(address.get(name) or "")) == folded(text or "") for name, text in wanted.items())


def _etag(answer: Answer) -> ETag:
    return ETag(str(answer.headers.get("etag") or answer.body.get("@odata.etag") or ""))
