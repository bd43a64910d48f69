"""Says before anything is written whether a customer's two systems fit the connection file. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from functions.connections.connection import Connection
from functions.connections.remarks import remarks
from functions.connections.webhook_events import TRACKING, always_wanted, wants_tracking
from functions.errors import ConnectorError, Retryable
from functions.flows.preflight.carrier_map import carrier_map, carriers, map_findings
from functions.flows.preflight.either_api import moving
from functions.flows.preflight.named_places import named_places
from functions.flows.preflight.named_stores import named_stores
from functions.flows.preflight.store_match import better, by_store, findings, match, readings
from functions.flows.to_ifs.lookup import Search
from functions.model.fit import Finding, FitReport, Severity, StoreMatch
from functions.model.key_expiry import Vendor
from functions.model.outcomes import SENTENCES, Reason
from functions.model.records import Candidate, Sought
from functions.model.sample import Sample
from functions.model.shipment import ConnectionName, OrderKey

SKEW_SECONDS = 60
WELL_FOUND = 0.5  # of a store's orders; below it the other fields are tried
SEARCH = 20  # orders in one search
FOREIGN_TENANT = (
    "IFS does not accept the token that the realm issued: base_url and token_url belong to different tenants."
)


class Account(Protocol):
    """`take` and `ask` raise Retryable or Permanent."""

    def take(self) -> Sample: ...
    def ask(self) -> None:
        """For nothing, with the key."""

    def accepts_key(self) -> bool: ...


class Tenant(Protocol):
    """Raises Retryable or Permanent."""

    def skew_seconds(self) -> float | None: ...
    def inspect(self) -> Sequence[Finding]: ...
    def holds_records(self) -> bool: ...
    def holds_site(self, site: str) -> bool: ...
    def site(self, site: str) -> tuple[str, str]:
        """seen, hidden or unknown, and the site's company."""

    def forwarders(self) -> Mapping[str, str] | None: ...


@dataclass
class Check:
    """What the check works with. `other` is the account through its other API. `ifs` opens IFS as a connection, or a
    store's view of it, describes its targets.
    """

    connection: Connection
    account: Account
    other: Account
    tenant: Tenant
    ifs: Callable[[Connection], Search]
    now: Callable[[], datetime]
    _findings: list[Finding] = field(default_factory=list)
    _matches: list[StoreMatch] = field(default_factory=list)

    def run(self) -> FitReport:
        """Each part for itself: what fails is a finding, and the rest is still looked at."""
        self._findings += remarks(self.connection, self.now())
        sample = self._sample()
        is_reached = self._reach_ifs()
        if is_reached:
            self._part("ifs.targets", lambda: self._findings.extend(self.tenant.inspect()))
            self._part("ifs.sites", lambda: self._findings.extend(self._sites()))
        is_searchable = not any(f.severity == "misfit" and ".targets" in f.subject for f in self._findings)
        if sample and is_reached and is_searchable:
            self._part("stores", lambda: self._match(sample))
        self._unproven()
        counts = carriers(sample, self.connection) if sample else ()
        forwarders = self._forwarders() if is_reached else None
        self._findings += map_findings(counts, self.connection, forwarders)
        return FitReport(
            connection=ConnectionName(self.connection.called),
            at=self.now(),
            findings=tuple(self._findings),
            stores=tuple(self._matches),
            carriers=counts,
            carrier_map=carrier_map(counts, self.connection, forwarders) if counts else "",
        )

    def keys(self, vendors: Collection[Vendor]) -> FitReport:
        """Whether they take what we show them, and nothing else."""
        if "shipstation" in vendors:
            self._ask_shipstation()
        if "ifs" in vendors:
            self._reach_ifs()
        return FitReport(connection=self.connection.name, at=self.now(), findings=tuple(self._findings))

    def _ask_shipstation(self) -> None:
        try:
            self.account.ask()
        except ConnectorError as fault:
            self._failed("shipstation.key", fault)
            self._belongs_elsewhere(fault)
        else:
            self._say("shipstation.key", "fits", "The key is accepted.")

    def _sample(self) -> Sample | None:
        try:
            sample = self.account.take()
        except ConnectorError as fault:
            self._failed("shipstation.key", fault)
            self._belongs_elsewhere(fault)
            return None
        read = (
            f"{len(sample.stores)} stores, {len(sample.shipments)} newest labels, {len(sample.fulfilments)} fulfilments"
        )
        sentence = f"The key is accepted; {read} read."
        self._say("shipstation.key", "fits", sentence)
        self._clock("shipstation.clock", sample.skew_seconds)
        self._findings += named_stores(sample.stores, self.connection)
        self._findings += named_places(sample, self.connection)
        self._webhooks(sample)
        self._findings += moving(sample, self.connection)
        return sample

    def _webhooks(self, sample: Sample) -> None:
        missing = [event for event in always_wanted(self.connection) if event not in sample.events]
        if missing:
            sentence = f"No webhook is subscribed for {', '.join(missing)}; the poll finds everything, minutes later."
            self._say("shipstation.webhooks", "note", sentence, self._who_subscribes)
        if TRACKING not in sample.events and wants_tracking(self.connection):
            sentence = f"No webhook is subscribed for {TRACKING}; what carriers tell is found up to nine days later."
            self._say("shipstation.webhooks", "note", sentence, self._who_subscribes)

    @property
    def _who_subscribes(self) -> str:
        if self.connection.shipstation.webhooks == "registered":
            return "The connector subscribes after the deployment."
        return "Subscribe after the deployment."

    def _belongs_elsewhere(self, fault: ConnectorError) -> None:
        if fault.reason is Reason.SHIPSTATION_CREDENTIALS and self.other.accepts_key():
            api = "v2" if self.connection.shipstation.api == "v1" else "v1"
            sentence = f"The key belongs to ShipStation's other API: {api.upper()} accepts it."
            self._say(
                "shipstation.api", "misfit", sentence, f'Write shipstation.api = "{api}", or take a key of this one.'
            )

    def _reach_ifs(self) -> bool:
        """What a service refuses is told by the parts that ask for it, with its name."""
        skew: float | None = None
        try:
            skew = self.tenant.skew_seconds()
        except ConnectorError as fault:
            is_token = fault.stage == "token"
            if is_token or isinstance(fault, Retryable):
                self._failed("ifs.token" if is_token else "ifs.base_url", fault)
                return False
        self._say("ifs.token", "fits", "The realm issues a token.")
        self._clock("ifs.clock", skew)
        return True

    def _clock(self, subject: str, skew: float | None) -> None:
        if skew is not None and abs(skew) > SKEW_SECONDS:
            sentence = f"Its clock and ours are {abs(skew):.0f} s apart."
            self._say(subject, "misfit", sentence, "Set this machine's clock; tokens and windows depend on it.")
        elif skew is not None:
            self._say(subject, "fits", f"Its clock and ours are less than {SKEW_SECONDS} s apart.")

    def _sites(self) -> Iterator[Finding]:
        ifs = self.connection.ifs
        if not ifs.sites:
            sentence = "No sites are named: a record of any site that the service user sees may be written."
            yield Finding(subject="ifs.sites", severity="note", sentence=sentence, advice="Name them in ifs.sites.")
        if not self.tenant.holds_records():
            sentence = "The service user sees no record at all: no site is allowed to it, or the tenant is empty."
            advice = "Give the service user the user-allowed sites and the company; IFS answers nothing, not an error."
            yield Finding(subject="ifs.sites", severity="misfit", sentence=sentence, advice=advice)
            return
        yield from map(self._site, ifs.sites)

    def _site(self, site: str) -> Finding:
        view, company = self.tenant.site(site)
        subject, ours = f"ifs.sites.{site}", self.connection.ifs.company
        if view == "seen" and company not in {"", ours}:
            sentence = f"Site {site} belongs to company {company}, the file says {ours}."
            return Finding(
                subject=subject, severity="misfit", sentence=sentence, advice="Correct ifs.company or ifs.sites."
            )
        if self.tenant.holds_site(site):
            return Finding(subject=subject, severity="fits", sentence=f"Records of site {site} are visible.")
        if view == "seen":
            return Finding(
                subject=subject, severity="note", sentence=f"Site {site} is visible and holds no records yet."
            )
        sentence = f"The service user sees nothing of site {site}."
        advice = "Add it to the user-allowed sites of the service user."
        severity: Severity = "misfit" if view == "hidden" else "unproven"
        return Finding(subject=subject, severity=severity, sentence=sentence, advice=advice)

    def _match(self, sample: Sample) -> None:
        found: dict[OrderKey, Sequence[Candidate]] = {}
        for store, orders in by_store(sample, self.connection).items():
            sought = [Sought(order=key, shipments=tuple(shipments)) for key, shipments in orders.items()]
            found |= self._search(store, sought)
        self._matches = [self._compared(store, sample) for store in match(sample, self.connection, found)]
        self._findings += findings(self._matches, holds_others=self.tenant.holds_records())

    def _compared(self, store: StoreMatch, sample: Sample) -> StoreMatch:
        known = store.orders + store.without_reference
        if not known or store.found + store.foreign >= WELL_FOUND * known:
            return store
        others = readings(sample, store.store_id, self.connection)
        counts = {source: (len(self._search(store.store_id, sought)), len(sought)) for source, sought in others.items()}
        return better(store, counts)

    def _search(self, store: int | None, sought: Sequence[Sought]) -> dict[OrderKey, Sequence[Candidate]]:
        ifs = self.ifs(self.connection.at_store(store))
        found: dict[OrderKey, Sequence[Candidate]] = {}
        for start in range(0, len(sought), SEARCH):
            found |= ifs.find(sought[start : start + SEARCH])
        return found

    def _unproven(self) -> None:
        sentence = "Whether the service user may update cannot be read; a pilot write of one named order shows it."
        self._say("ifs.update_grant", "unproven", sentence, "Invoke the check function with a pilot order.")

    def _forwarders(self) -> Mapping[str, str] | None:
        try:
            return self.tenant.forwarders()
        except ConnectorError:
            return None

    def _part(self, subject: str, look: Callable[[], None]) -> None:
        try:
            look()
        except ConnectorError as fault:
            self._failed(subject, fault)

    def _failed(self, subject: str, fault: ConnectorError) -> None:
        if fault.reason is Reason.IFS_CREDENTIALS and fault.stage != "token":
            self._say(subject, "misfit", f"{FOREIGN_TENANT} ({fault})", "Compare both addresses.")
        else:
            self._say(subject, "misfit", f"{SENTENCES[fault.reason]} ({fault})", ADVICE.get(fault.reason, ""))

    def _say(self, subject: str, severity: Severity, sentence: str, advice: str = "") -> None:
        self._findings.append(Finding(subject=subject, severity=severity, sentence=sentence, advice=advice))


ADVICE = {
    Reason.IFS_CREDENTIALS: "Compare client id and secret with the IAM client; it needs a service account.",
    Reason.IFS_NOT_CONFIGURED: "Fill the secret; it is read anew at once.",
    Reason.SHIPSTATION_NOT_CONFIGURED: "Fill the secret; it is read anew at once.",
    Reason.IFS_CONFIGURATION: "Compare token_url, base_url and the target's names with the tenant.",
    Reason.IFS_PERMISSION: "Grant the projection to the service user; compare base_url and token_url.",
    Reason.IFS_UNAVAILABLE: "Is the address right, the environment started, the certificate known (ifs.ca_bundle)?",
    Reason.SHIPSTATION_CREDENTIALS: "Compare key and secret; ShipStation keys expire.",
    Reason.SHIPSTATION_UNAVAILABLE: "Repeat the check.",
}
