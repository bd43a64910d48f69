"""Synthesises the documented connections under cdk-nag, which writes what it found into `validation-report.json` beside
the template. A script for the environment that CONTRIBUTING.md makes: `python tests/infra/nagged.py PACK FOLDER`.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
CONTEXT = {"connections": str(ROOT / "docs/examples"), "architecture": "x86_64"}


def main(pack: str, folder: str) -> None:
    os.environ |= {"CDK_OUTDIR": folder, "CDK_CONTEXT_JSON": json.dumps(CONTEXT)}
    cdk: Any = importlib.import_module("aws_cdk")
    checks = getattr(importlib.import_module("cdk_nag"), pack)
    plain = cdk.App

    def checked(**context: Any) -> Any:
        app = plain(**context)
        cdk.Validations.of(app).add_plugins(checks(app))
        return app

    cdk.App = checked
    importlib.import_module("app").main()


if __name__ == "__main__":
    main(*sys.argv[1:])
