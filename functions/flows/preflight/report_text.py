"""The fit check's report as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator

from functions.model.fit import Finding, FitReport

ORDER = ("misfit", "unproven", "note", "fits")
WORDS = {"misfit": "MISFIT", "unproven": "UNPROVEN", "note": "note", "fits": "fits"}


def as_text(report: FitReport) -> str:
    parts = (_findings(report), _stores(report), _carriers(report), [report.carrier_map] if report.carrier_map else [])
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part))) + "\n"


def _findings(report: FitReport) -> Iterator[str]:
    count = sum(finding.severity == "misfit" for finding in report.findings)
    conclusion = "fits" if report.fits else f"does not fit: {count} misfit{'' if count == 1 else 's'}"
    yield f"{report.connection} {conclusion} ({report.at:%Y-%m-%d %H:%M} UTC)"
    yield ""
    for finding in sorted(report.findings, key=lambda finding: ORDER.index(finding.severity)):
        yield from finding_lines(finding)


def finding_lines(finding: Finding) -> Iterator[str]:
    yield f"{WORDS[finding.severity]:<9} {finding.subject}: {finding.sentence}"
    if finding.advice:
        yield f"{'':<9} → {finding.advice}"


def _stores(report: FitReport) -> Iterator[str]:
    if report.stores:
        yield f"{'store':<28}{'orders':>8}{'one':>6}{'several':>9}{'none':>6}{'foreign':>9}{'no reference':>14}"
    for store in report.stores:
        name = f"{store.store_id or 'unknown'} {store.store_name}"[:27]
        counts = f"{store.orders:>8}{store.one:>6}{store.several:>9}{store.none:>6}{store.foreign:>9}"
        yield f"{name:<28}{counts}{store.without_reference:>14}"


def _carriers(report: FitReport) -> Iterator[str]:
    if report.carriers:
        yield f"{'carrier':<24}{'service':<36}{'shipments':>10}  forwarder"
    for count in report.carriers:
        yield f"{count.carrier[:23]:<24}{count.service[:35]:<36}{count.shipments:>10}  {count.mapped_to or '-'}"
