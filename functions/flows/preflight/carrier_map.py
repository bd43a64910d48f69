"""The carrier map as the account's shipments ask for it, beside the forwarders that IFS knows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from functions.connections.connection import Connection
from functions.model.fit import CarrierCount, Finding
from functions.model.sample import Sample


def carriers(sample: Sample, connection: Connection) -> tuple[CarrierCount, ...]:
    """Standing shipments by carrier and service, the most frequent first."""
    live = [s for s in sample.shipments if not s.is_voided and s.carrier_code]
    counts = Counter((s.carrier_code or "", s.service_code or "") for s in live)
    return tuple(
        CarrierCount(
            carrier=carrier, service=service, shipments=count, mapped_to=connection.forwarder(carrier, service)
        )
        for (carrier, service), count in counts.most_common()
    )


def map_findings(
    counts: Sequence[CarrierCount], connection: Connection, forwarders: Mapping[str, str] | None
) -> Iterator[Finding]:
    """What the carrier map leaves out, and what it names that IFS does not have."""
    unmapped = sum(count.shipments for count in counts if count.mapped_to is None)
    if unmapped:
        sentence = (
            f"{unmapped} of {sum(count.shipments for count in counts)} shipments have a carrier without an entry."
        )
        advice = "Their tracking numbers are written, and no forwarder. Copy what is missing from below."
        yield Finding(subject="carriers", severity="note", sentence=sentence, advice=advice)
    for forwarder in sorted(set(connection.carriers.values()) - set(forwarders or connection.carriers.values())):
        sentence = f"{forwarder} is no forwarder of this tenant; IFS would refuse it."
        yield Finding(
            subject="carriers", severity="misfit", sentence=sentence, advice="Correct the map or add it in IFS."
        )


def carrier_map(counts: Sequence[CarrierCount], forwarders: Mapping[str, str] | None) -> str:
    """TOML for the connection file. A line whose forwarder has to be chosen by a person is a comment. `forwarders` are
    the names by id, None where they could not be read.
    """
    lines = ["[carriers]", *_lines(counts, forwarders or {}), ""]
    if forwarders is None:
        return "\n".join([*lines, "# The forwarders of IFS could not be read."])
    known = (f"# {number} = {_plain(name)}" for number, name in sorted(forwarders.items()))
    return "\n".join([*lines, "# Forwarders in IFS:", *known])


def _lines(counts: Sequence[CarrierCount], forwarders: Mapping[str, str]) -> Iterator[str]:
    totals: Counter[str] = Counter()
    mapped: dict[str, str | None] = {}
    for seen in counts:
        totals[seen.carrier] += seen.shipments
        mapped.setdefault(seen.carrier, seen.mapped_to)
    for carrier, count in totals.most_common():
        forwarder, note = mapped[carrier], f"# {count} shipments"
        if forwarder is None and (forwarder := _alike(carrier, forwarders)):
            note += ", by its name: please confirm"
        line = f"{json.dumps(carrier)} = {json.dumps(forwarder or '')}"
        yield f"{line}  {note}" if forwarder else f"# {line}  {note}, not mapped"


def _alike(carrier: str, forwarders: Mapping[str, str]) -> str | None:
    by_text = {text.casefold(): number for number, name in forwarders.items() for text in (name, number)}
    found = get_close_matches(carrier.partition("_")[0].casefold(), by_text, n=1, cutoff=0.75)
    return by_text[found[0]] if found else None


def _plain(text: str) -> str:
    return " ".join(text.split())
