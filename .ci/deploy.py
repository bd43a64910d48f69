"""Runs the CDK command line on the stack of this repository and a folder of connection files.

    python .ci/deploy.py synth|deploy|... [--folder FOLDER] [options of cdk]

Only `synth` takes the example where no folder is named: nobody deploys an example.
"""

from __future__ import annotations

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # an interrupt that comes while the rest is loaded ends without a word

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import step
from install import CDK, CDK_VERSION, NODE, ROOT

sys.path.insert(0, str(ROOT))  # a script finds what stands beside it alone
from account import chosen, standing

from functions.console.stack_names import STACK
from infra.placement import SILENT, UNASKED

if TYPE_CHECKING:
    from functions.connections.connection import Connection

EXAMPLES = (ROOT / "infra/connections", ROOT / "docs/examples")
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
    folder = _folder(known.folder or _of_context("connections", options))
    if problem := _problem(known.verb, folder, options):
        sys.stderr.write(f"{problem}\n")
        return 1
    if forgotten := _forgotten(known.verb, folder, options):
        sys.stderr.write(f"{forgotten}\n")
        return 1
    installer = ["sh", str(ROOT / ".ci/install.sh"), "--cdk"]
    if status := subprocess.run(installer, check=False).returncode:  # noqa: S603 # ours
        return status
    os.environ |= QUIET | (OFFLINE if known.verb == "synth" else {})
    command = [str(NODE), str(CDK / CDK_VERSION / "node_modules/aws-cdk/bin/cdk"), "--no-notices", known.verb]
    told = _standing(known.verb, options)
    context = {"connections": folder, "standing": told}
    command += [word for name, value in context.items() if value for word in ("--context", f"{name}={value}")] + options
    if known.verb == "synth":
        return _synth(command)
    return _with_aws(known.verb, command, _next(known.verb, folder, options))


def _folder(named: str) -> Path | None:
    return Path(named).expanduser().resolve() if named else None


def _standing(verb: str, options: list[str]) -> str | None:
    """What the app is told of the connections that stand already; None where nobody has to look."""
    if verb != "deploy" or _of_context("isolation", options) == "strict":
        return UNASKED if verb == "synth" else None
    return standing(_of_context("stack", options) or STACK, profile=_profile(options)) or SILENT


def _forgotten(verb: str, folder: Path | None, options: list[str]) -> str | None:
    """What was named before and is not named now would be taken away: subnets, the boundary, whoever is told."""
    if verb != "deploy" or folder is None:
        return None
    from functions.connections.file import load_all  # noqa: PLC0415 # bootstrap needs none

    stack = _of_context("stack", options) or STACK
    alone = [f"{stack}-{name}" for name in sorted(load_all(folder))[:1]]  # strictly apart, each has its own
    kept = chosen([stack, *alone], profile=_profile(options))
    left = {name: where for name, where in kept.items() if not _is_named(name, options)}
    if not left:
        return None
    names = " and ".join(f"-c {name}=…" for name in sorted(left))
    return (
        f"{next(iter(left.values()))} was deployed with {names}, and this deployment does not say so: what it named "
        "would be taken away. Name it again, or with nothing behind the = to do without it."
    )


def _is_named(name: str, options: list[str]) -> bool:
    return any(re.match(rf"(?:-c=?|--context=)?{name}=", option) for option in options)


def _of_context(name: str, options: list[str]) -> str:
    """`-c name=value`, `--context=name=value`: the last one counts."""
    found = [re.fullmatch(rf"(?:-c=?|--context=)?{name}=(.*)", option, flags=re.DOTALL) for option in options]
    return next((match[1] for match in reversed(found) if match), "")


def _problem(verb: str, folder: Path | None, options: list[str]) -> str | None:
    if verb == "deploy" and (folder is None or folder in EXAMPLES):
        return "The example is not deployed; name the folder of your own files: make deploy FOLDER=~/connections"
    problem = _of_folder(verb, folder) if folder else None
    problem = problem or (_of_alarms(_of_context("alarms", options)) if verb == "deploy" else None)
    return problem or (_without_credentials(options) if verb != "synth" else None)


def _of_folder(verb: str, folder: Path) -> str | None:
    from functions.connections.file import ConnectionFileError, load_all  # noqa: PLC0415 # bootstrap needs none

    try:
        connections = load_all(folder)
    except ConnectionFileError as error:
        return str(error)
    return next(filter(None, map(_of_example, connections.values())), None) if verb == "deploy" else None


def _of_example(connection: Connection) -> str | None:
    """The hosts of the examples are nobody's: `example` is a part of their names."""
    addresses = (connection.ifs.base_url, connection.ifs.token_url, connection.shipstation.base_url)
    hosts = (urlsplit(address).hostname or "" for address in addresses)
    host = next(filter(_is_of_example, hosts), None)
    return f"{connection.called}.toml: {host} is the example's host; write your own" if host else None


def _of_alarms(subscribers: str) -> str | None:
    """Alarms that nobody gets would look as if somebody did."""
    hosts = re.findall(r"(?:@|https://)([^\s,/:@]+)", subscribers)
    host = next(filter(_is_of_example, hosts), None)
    return f"-c alarms=…: {host} is the example's host; name who is to be told" if host else None


def _is_of_example(host: str) -> bool:
    return "example" in host.casefold().split(".")


def _without_credentials(options: list[str]) -> str | None:
    """Nobody is asked whether they are good; what else is wrong with them is the CDK's to say."""
    import boto3  # noqa: PLC0415 # synth needs none
    from botocore.exceptions import BotoCoreError, PartialCredentialsError, ProfileNotFound  # noqa: PLC0415

    try:
        found = boto3.Session(profile_name=_profile(options)).get_credentials()
    except (PartialCredentialsError, ProfileNotFound) as error:
        return f"The AWS credentials are not whole: {error}."
    except BotoCoreError:
        return None
    if found is None:
        return "There are no AWS credentials: log in, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret."
    return None


def _profile(options: list[str]) -> str | None:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--profile")
    found: str | None = parser.parse_known_args(options)[0].profile
    return found


def _synth(command: list[str]) -> int:
    screen = step.Screen(TEXTS["synth"])
    screen.line(screen.text)
    status, output = step.run([*command, "--quiet"], screen, is_quiet=True)
    if status:
        screen.show(output.encode())
        return status
    _say_notice()
    for template in templates(OUT):
        sys.stdout.write(f"{template.relative_to(ROOT)}\n")
    return 0


def templates(assembly: Path) -> list[Path]:
    """Those of this synthesis: the folder keeps those of stacks with other names."""
    artifacts = json.loads((assembly / "manifest.json").read_text(encoding="utf-8"))["artifacts"].values()
    stacks = (each for each in artifacts if each["type"] == "aws:cloudformation:stack")
    return sorted(assembly / each["properties"]["templateFile"] for each in stacks)


def _with_aws(verb: str, command: list[str], comes_next: str) -> int:
    screen = step.Screen(TEXTS.get(verb, f"cdk {verb}"))
    screen.line(screen.text)
    status, _ = step.run([*command, *(["--all"] if verb == "deploy" else [])], screen, asks=True)
    if not status:
        sys.stdout.write(comes_next)
    _say_notice()
    return status


def _next(verb: str, folder: Path | None, options: list[str]) -> str:
    if verb == "bootstrap":
        return "Next: make deploy FOLDER=~/connections\n"
    if verb == "deploy":
        named = (("--stack", _of_context("stack", options)), ("--profile", _profile(options)))
        where = " ".join(f"{option} {shlex.quote(value)}" for option, value in named if value)
        filled = f"make secrets CONNECTION=NAME FOLDER={shlex.quote(str(folder))}"
        filled += f" ARGS={shlex.quote(where)}" if where else ""
        return f"Next, for each new connection: {filled}\nHow all stand: .ci/operate{where and f' {where}'} status\n"
    return ""


def _say_notice() -> None:
    if NOTICE.exists():
        sys.stdout.write(NOTICE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except step.Stopped as stopped:
        sys.exit(stopped.told())
