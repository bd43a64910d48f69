"""What this is, as the bundle says it: such as `0.1.0 11432fd0a1b2`. It stands in a file, because connections need the
environment's few bytes.
"""

from __future__ import annotations

from pathlib import Path

FILE = "version"  # beside the folder of the functions; written by the bundling


def said(root: Path) -> str:
    """`unknown` where nothing was bundled."""
    try:
        return (root / FILE).read_text(encoding="utf-8").strip()
    except OSError:
        return "unknown"


VERSION = said(Path(__file__).parents[1])
