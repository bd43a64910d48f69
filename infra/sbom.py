"""What ships in the bundle, under which licence: `build/sbom.json` (CycloneDX 1.6), and a line for each package.

    python -m infra.sbom

Read from what the bundle's packages say of themselves, so that it tells what ships and not what was asked for. The same
lock gives the same bytes: no time, no serial number.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from infra.bundle import BundleError, Target, packages
from infra.version import project

ROOT = Path(__file__).parents[1]
OUT = ROOT / "build" / "sbom.json"
# By https://spdx.org/licenses. MPL-2.0 asks something of changed files alone; nothing of a package is changed.
ALLOWED = {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0"}


class LicenceError(Exception):
    """Names the packages whose licence is unknown or not among those that are allowed."""


@dataclass(frozen=True, order=True)
class Package:
    name: str
    version: str
    licence: str


def shipped(folder: Path) -> list[Package]:
    """The packages in a bundle's folder. Raises LicenceError."""
    found = sorted(map(_package, distributions(path=[str(folder)])))
    refused = [f"{each.name} ({each.licence or 'none named'})" for each in found if each.licence not in ALLOWED]
    if refused:
        raise LicenceError(f"a licence is not among those that are allowed: {', '.join(refused)}")
    return found


def _package(found: Distribution) -> Package:
    """The name as the registry writes it (PEP 503); the licence as PEP 639 has it, else as it was named before."""
    said = found.metadata.json
    licence = str(said.get("license_expression") or said.get("license") or "")
    return Package(re.sub(r"[-_.]+", "-", found.name).lower(), found.version, licence)


def bill(found: Sequence[Package]) -> dict[str, Any]:
    """https://cyclonedx.org/docs/1.6/json/"""
    own = project(ROOT)
    name = own["name"]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": _component("application", name, name, own["version"], own["license"])},
        "components": [
            _component("library", _address(p), p.name, p.version, p.licence, purl=_address(p)) for p in found
        ],
        "dependencies": [{"ref": name, "dependsOn": list(map(_address, found))}],
    }


def _component(kind: str, ref: str, name: str, version: str, licence: str, **more: str) -> dict[str, Any]:
    licences = [{"license": {"id": licence}}]
    return {"type": kind, "bom-ref": ref, "name": name, "version": version, **more, "licenses": licences}


def _address(each: Package) -> str:
    return f"pkg:pypi/{each.name}@{each.version}"


def lines(found: Sequence[Package]) -> Iterator[str]:
    for each in found:
        yield f"{each.name:<24}{each.version:<18}{each.licence}"


def main() -> None:
    try:
        found = shipped(packages(ROOT, Target()))
    except (BundleError, LicenceError) as error:
        sys.exit(f"sbom: {error}")
    OUT.write_text(json.dumps(bill(found), indent=1) + "\n", encoding="utf-8")
    sys.stdout.writelines(f"{line}\n" for line in (*lines(found), OUT.relative_to(ROOT)))


if __name__ == "__main__":
    main()
