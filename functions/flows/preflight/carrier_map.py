"""The carrier map as the account's shipments ask for it, beside the forwarders that IFS knows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from difflib import get_close_matches

from functions.connections.carriers import entry, same_carrier
from functions.connections.connection import Connection
from functions.model.fit import CarrierCount, Finding
from functions.model.sample import Sample


def carriers(sample: Sample, connection: Connection) -> tuple[CarrierCount, ...]:
    """Standing labels and fulfilments by carrier and service, the most frequent first."""
    live = [s for s in (*sample.shipments, *sample.fulfilments) if not s.is_voided and s.carrier_code]
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
        advice = _correction(forwarder, {same_carrier(count.carrier) for count in counts}, forwarders or {})
        yield Finding(subject="carriers", severity="misfit", sentence=sentence, advice=advice)


def _correction(forwarder: str, shipped: Container[str], forwarders: Mapping[str, str]) -> str:
    if same_carrier(forwarder) in shipped:
        return "It is a carrier of ShipStation, which stands on the left of the =; its forwarder stands on the right."
    alike = _alike(forwarder, forwarders)
    return f"Nearest: {alike}. " * bool(alike) + "Correct the map or add it in IFS."


def carrier_map(counts: Sequence[CarrierCount], connection: Connection, forwarders: Mapping[str, str] | None) -> str:
    """TOML that takes the place of the file's: its own entries, then what is missing. A line whose forwarder has to be
    chosen by a person is a comment. `forwarders` are the names by id, None where they could not be read.
    """
    own = dict(connection.carriers)
    lines = ["[carriers]", *_kept(counts, own), *_missing(counts, forwarders or {}), ""]
    if forwarders is None:
        return "\n".join([*lines, "# The forwarders of IFS could not be read."])
    known = (f"# {number} = {_plain(name)}" for number, name in sorted(forwarders.items()))
    return "\n".join([*lines, "# Forwarders in IFS:", *known])


def _kept(counts: Sequence[CarrierCount], own: Mapping[str, str]) -> Iterator[str]:
    shipped: Counter[str | None] = Counter()
    for seen in counts:
        shipped[entry(own, seen.carrier, seen.service)] += seen.shipments
    for key, forwarder in own.items():
        note = _counted(shipped[key]) if shipped[key] else "none of the newest shipments"
        yield f"{_quoted(key)} = {_quoted(forwarder)}  # {note}"


def _missing(counts: Sequence[CarrierCount], forwarders: Mapping[str, str]) -> Iterator[str]:
    totals: Counter[str] = Counter()
    spelt: dict[str, str] = {}
    for seen in counts:
        if seen.mapped_to is None:
            key = same_carrier(seen.carrier)
            totals[key] += seen.shipments
            spelt.setdefault(key, seen.carrier)
    for key, count in totals.most_common():
        forwarder = _alike(spelt[key], forwarders)
        line = f"{_quoted(spelt[key])} = {_quoted(forwarder or '')}  # {_counted(count)}"
        yield f"{line}, by its name: please confirm" if forwarder else f"# {line}, not mapped"


def _counted(shipments: int) -> str:
    return f"{shipments} shipment{'' if shipments == 1 else 's'}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _alike(carrier: str, forwarders: Mapping[str, str]) -> str | None:
    by_text = {text.casefold(): number for number, name in forwarders.items() for text in (name, number)}
    found = get_close_matches(carrier.partition("_")[0].casefold(), by_text, n=1, cutoff=0.75)
    return by_text[found[0]] if found else None


def _plain(text: str) -> str:
    return " ".join(text.split())
