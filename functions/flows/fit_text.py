"""The fit check's report as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator

from functions.model.fit import FitReport

ORDER = ("misfit", "unproven", "note", "fits")
WORDS = {"misfit": "MISFIT", "unproven": "UNPROVEN", "note": "note", "fits": "fits"}


def as_text(report: FitReport) -> str:
    return "\n".join(_lines(report)) + "\n"


def _lines(report: FitReport) -> Iterator[str]:
    count = sum(finding.standing == "misfit" for finding in report.findings)
    verdict = "fits" if report.fits else f"does not fit: {count} misfit{'' if count == 1 else 's'}"
    yield f"{report.connection} {verdict} ({report.at:%Y-%m-%d %H:%M} UTC)"
    yield ""
    for finding in sorted(report.findings, key=lambda each: ORDER.index(each.standing)):
        yield f"{WORDS[finding.standing]:<9} {finding.subject}: {finding.sentence}"
        if finding.advice:
            yield f"{'':<9} → {finding.advice}"
    if report.stores:
        yield ""
        yield f"{'store':<28}{'orders':>8}{'one':>6}{'several':>9}{'none':>6}{'foreign':>9}{'no reference':>14}"
        for each in report.stores:
            name = f"{each.store_id or 'unknown'} {each.store_name}"[:27]
            counts = f"{each.orders:>8}{each.one:>6}{each.several:>9}{each.none:>6}{each.foreign:>9}"
            yield f"{name:<28}{counts}{each.without_reference:>14}"
    if report.skeleton:
        yield ""
        yield report.skeleton
