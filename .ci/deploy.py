"""Runs the CDK command line on the stack of this repository and a folder of connection files.

    python .ci/deploy.py synth|deploy|... [--folder FOLDER] [options of cdk]

Only `synth` takes the example where no folder is named: nobody deploys an example.
"""

from __future__ import annotations

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # an interrupt that comes while the rest is loaded ends without a word

import argparse
import os
import subprocess
import sys
from pathlib import Path

import step
from install import CDK, CDK_VERSION, NODE, ROOT

EXAMPLE = ROOT / "infra/connections"
NOTICE = ROOT / "build/notice.txt"
OUT = ROOT / "cdk.out"
TEXTS = {"synth": "Bundling and synthesising (20 to 50 s)", "deploy": "Bundling, synthesising and deploying"}
# Telemetry, notices and news of versions are the tool's; the way to AWS is looked for only by what needs AWS.
QUIET = {"CDK_DISABLE_CLI_TELEMETRY": "true", "CDK_DISABLE_VERSION_CHECK": "1"}
OFFLINE = {"AWS_EC2_METADATA_DISABLED": "true"}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb")
    parser.add_argument("--folder", default="", help="of the connection files")
    known, options = parser.parse_known_args(arguments)
    folder = _folder(known.folder)
    if problem := _problem(known.verb, folder, options):
        sys.stderr.write(f"{problem}\n")
        return 1
    installer = ["sh", str(ROOT / ".ci/install.sh"), "--cdk"]
    if status := subprocess.run(installer, check=False).returncode:  # noqa: S603 # ours
        return status
    os.environ |= QUIET | (OFFLINE if known.verb == "synth" else {})
    command = [str(NODE), str(CDK / CDK_VERSION / "node_modules/aws-cdk/bin/cdk"), "--no-notices", known.verb]
    command += [*(["--context", f"connections={folder}"] if folder else []), *options]
    return _synth(command) if known.verb == "synth" else _with_aws(known.verb, command)


def _folder(named: str) -> Path | None:
    return Path(named).expanduser().resolve() if named else None


def _problem(verb: str, folder: Path | None, options: list[str]) -> str | None:
    if folder is not None and not any(folder.glob("*.toml")):
        return f"{folder} holds no connection file (*.toml)."
    is_named = folder is not None or any("connections=" in option for option in options)
    if verb == "deploy" and (not is_named or folder == EXAMPLE):
        return "The example is not deployed; name the folder of your own files: make deploy FOLDER=~/connections"
    return None


def _synth(command: list[str]) -> int:
    screen = step.Screen(TEXTS["synth"])
    screen.line(screen.text)
    status, output = step.run([*command, "--quiet"], screen, is_quiet=True)
    if status:
        screen.show(output.encode())
        return status
    _say_notice()
    for template in sorted(OUT.glob("*.template.json")):
        sys.stdout.write(f"{template.relative_to(ROOT)}\n")
    return 0


def _with_aws(verb: str, command: list[str]) -> int:
    screen = step.Screen(TEXTS.get(verb, f"cdk {verb}"))
    screen.line(screen.text)
    status, _ = step.run([*command, *(["--all"] if verb == "deploy" else [])], screen, asks=True)
    _say_notice()
    return status


def _say_notice() -> None:
    if NOTICE.exists():
        sys.stdout.write(NOTICE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except step.Stopped as stopped:
        sys.exit(stopped.told())
