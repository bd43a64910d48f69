"""The fit check's report as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator

from functions.model.fit import FitReport

ORDER = ("misfit", "unproven", "note", "fits")
WORDS = {"misfit": "MISFIT", "unproven": "UNPROVEN", "note": "note", "fits": "fits"}


def as_text(report: FitReport) -> str:
    parts = (_findings(report), _stores(report), _carriers(report), [report.skeleton] if report.skeleton else [])
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part))) + "\n"


def _findings(report: FitReport) -> Iterator[str]:
    count = sum(finding.standing == "misfit" for finding in report.findings)
    verdict = "fits" if report.fits else f"does not fit: {count} misfit{'' if count == 1 else 's'}"
    yield f"{report.connection} {verdict} ({report.at:%Y-%m-%d %H:%M} UTC)"
    yield ""
    for finding in sorted(report.findings, key=lambda each: ORDER.index(each.standing)):
        yield f"{WORDS[finding.standing]:<9} {finding.subject}: {finding.sentence}"
        if finding.advice:
            yield f"{'':<9} → {finding.advice}"


def _stores(report: FitReport) -> Iterator[str]:
    if report.stores:
        yield f"{'store':<28}{'orders':>8}{'one':>6}{'several':>9}{'none':>6}{'foreign':>9}{'no reference':>14}"
    for each in report.stores:
        name = f"{each.store_id or 'unknown'} {each.store_name}"[:27]
        counts = f"{each.orders:>8}{each.one:>6}{each.several:>9}{each.none:>6}{each.foreign:>9}"
        yield f"{name:<28}{counts}{each.without_reference:>14}"


def _carriers(report: FitReport) -> Iterator[str]:
    if report.carriers:
        yield f"{'carrier':<24}{'service':<36}{'shipments':>10}  forwarder"
    for each in report.carriers:
        yield f"{each.carrier[:23]:<24}{each.service[:35]:<36}{each.shipments:>10}  {each.mapped_to or '-'}"
