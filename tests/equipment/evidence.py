"""What a run has shown, kept with the version that it was shown of: `make proof` prints it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.version import version

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "evidence"


@dataclass(frozen=True)
class Evidence:
    """`version` as a deployment would carry it; with `-dirty` at its end nobody else can run the same."""

    version: str
    day: str
    figures: Mapping[str, Any]


def keep(name: str, folder: Path = FOLDER, **figures: Any) -> None:
    """In the place of what an earlier run has shown."""
    folder.mkdir(parents=True, exist_ok=True)
    found = Evidence(version(ROOT), f"{datetime.now(UTC):%Y-%m-%d}", figures)
    (folder / f"{name}.json").write_text(json.dumps(asdict(found), indent=1), encoding="utf-8")


def kept(folder: Path = FOLDER) -> dict[str, Evidence]:
    """By the name of the run; one that is under way may be half written, and is not shown."""
    found: dict[str, Evidence] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            found[path.stem] = Evidence(**json.loads(path.read_text(encoding="utf-8")))
        except ValueError:
            continue
    return found
