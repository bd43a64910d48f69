"""The operator's command line: `.ci/operate status`. Asks the deployed functions of a stack, shows their answers.

Exit status 0: well, or done. 1: somebody has to look closer. 2: it failed, or was asked wrongly.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterable, Iterator, Mapping
from getpass import getuser
from typing import Any

from pydantic import ValidationError
from rich.console import Console

from functions.console.aws import ConsoleError, Stack, Where
from functions.console.commands import COMMANDS, Command, never, nothing
from functions.console.parts import Answer, Parts, first, is_no_plan, together
from functions.console.progress import LOOK_SECONDS, progress
from functions.console.screen import Line, Shown, show
from functions.console.stack_names import STACK
from functions.wiring.requests import explained

PROGRAM = ".ci/operate"
WELL, ASKS, FAILED = 0, 1, 2
BY_NAME = {command.name: command for command in COMMANDS}


class Parser(ArgumentParser):
    """Bad input is told as everything else is: in a sentence."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> Any:
        raise ConsoleError(f"{message}. See {self.prog} --help")


def parser() -> ArgumentParser:
    common = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    group = common.add_argument_group("where")
    common_options(group)
    group.add_argument("--json", action="store_true", help="the function's answer as it is")
    top = Parser(prog=PROGRAM, description=__doc__, formatter_class=RawDescriptionHelpFormatter, parents=[common])
    verbs = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)
    for command in COMMANDS:
        verb = verbs.add_parser(
            command.name,
            help=command.says,
            description=f"{command.says[0].upper()}{command.says[1:]}.",
            epilog="examples:\n" + "\n".join(f"  {PROGRAM} {example}" for example in command.examples),
            formatter_class=RawDescriptionHelpFormatter,
            parents=[common],
        )
        command.options(verb)
        _own(verb, command)
    return top


def common_options(group: Any) -> None:
    """Which stack, and whose."""
    group.add_argument("--stack", help=f"its name; OPERATE_STACK, or {STACK}")
    group.add_argument("--profile", dest="aws_profile", help="of the AWS credentials; AWS_PROFILE")
    group.add_argument("--region", help="AWS_REGION")
    group.add_argument("--demo", action="store_true", help="the demonstration that make demo KEEP=1 left running")


def _own(verb: ArgumentParser, command: Command) -> None:
    if command.has_connection:
        said = "all of them without it" if command.each else "not needed where the stack has one"
        verb.add_argument("--connection", help=said)
    if command.is_signed is not never:
        verb.add_argument("--by", help="who asks; your login name")
        verb.add_argument("--note", help="why; a terminal asks for it")
    if command.follow is not nothing:
        verb.add_argument("--no-wait", action="store_true", help="do not wait for what goes on by itself")


def main(words: list[str]) -> int:
    try:
        arguments = parser().parse_args(words)
        return run(BY_NAME[arguments.command], arguments, Console())
    except ConsoleError as error:
        sys.stderr.write(f"{error}\n")
        return FAILED


def run(
    command: Command,
    arguments: Namespace,
    console: Console,
    *,
    open_stack: Callable[[Where], Stack] = Stack,
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Everything is judged before anything is invoked."""
    _sign(command, arguments)
    named = getattr(arguments, "connection", None)
    _judged(command, arguments, named or "a")
    parts = Parts(where(arguments), open_stack)
    aims = [(stack, _judged(command, arguments, name)) for stack, name in parts.aims(command, named, arguments)]
    answers = (_answered(command, arguments, stack, payload, pause) for stack, payload in aims)
    shown = _shown(command, answers)
    worst = max(_show(command, answer, console, is_json=_has(arguments, "json")) for answer in shown)
    is_asked_of_all = command.each and not named
    return FAILED if (is_asked_of_all or worst == FAILED) and parts.tell_silent() else worst


def _shown(command: Command, answers: Iterable[Answer]) -> Iterable[Answer]:
    """Of what several were asked."""
    if command.finds is not None:
        return [first(answers, command.finds)]
    if command.has_connection and command.each:
        return answers
    return together(list(answers)) if command.each else [first(answers, lambda answer: not is_no_plan(answer))]


def _sign(command: Command, arguments: Namespace) -> None:
    """Who asks, and why."""
    if not command.is_signed(arguments):
        return
    arguments.by = arguments.by or login()
    if not arguments.note and sys.stdin.isatty():
        sys.stderr.write("Why (it stands in the audit): ")
        sys.stderr.flush()
        arguments.note = sys.stdin.readline().strip()
    if not arguments.note:
        raise ConsoleError("note: say why, with --note; it stands in the audit")


def login() -> str:
    try:
        return getuser()
    except (KeyError, OSError):
        raise ConsoleError("by: this machine does not say who you are; use --by") from None


def _judged(command: Command, arguments: Namespace, connection: str) -> dict[str, Any]:
    """What is sent, as the function's own model takes it."""
    if command.has_connection:
        arguments.connection = connection
    payload, model = command.request(arguments), command.model(arguments)
    try:
        model.model_validate(payload)
    except ValidationError as error:
        raise ConsoleError(explained(error, model)) from None
    return payload


def where(arguments: Namespace) -> Where:
    stack = getattr(arguments, "stack", "") or os.environ.get("OPERATE_STACK", "")
    profile = getattr(arguments, "aws_profile", "")
    region = getattr(arguments, "region", "") or os.environ.get("AWS_REGION", "")  # boto3 reads another name alone
    return Where(stack=stack, profile=profile, region=region, is_demo=_has(arguments, "demo"))


def _has(arguments: Namespace, name: str) -> bool:
    return bool(getattr(arguments, name, False))


def _answered(
    command: Command, arguments: Namespace, stack: Stack, payload: Mapping[str, Any], pause: Callable[[float], None]
) -> Answer:
    """The last one of what goes on by itself."""
    function = command.other if command.is_of_other(arguments) else command.function
    with progress(f"{command.name}, asking {function}") as moved:
        answer = stack.invoke(function, payload)
        if command.other in stack.outputs and is_no_plan(answer):
            function = command.other
            answer = stack.invoke(function, payload)
        while (question := command.follow(answer)) is not None and not arguments.no_wait and "error" not in answer:
            moved(answer)
            pause(LOOK_SECONDS)
            answer = stack.invoke(function, question)
        return answer


def _show(command: Command, answer: Answer, console: Console, *, is_json: bool) -> int:
    shown = _view(command, answer)
    if is_json:
        console.file.write(f"{json.dumps(answer)}\n")
    elif "error" not in answer:
        show(shown.blocks, console)
    if "error" in answer:
        for line in _fault(answer):
            sys.stderr.write(f"{line}\n")
        return FAILED
    return ASKS if shown.asks else WELL


def _view(command: Command, answer: Answer) -> Shown:
    """A function of another version is shown as it answers."""
    if "error" in answer:
        return Shown([])
    try:
        return command.view(answer)
    except (ValidationError, KeyError, TypeError):
        text = json.dumps(answer, indent=1)
        return Shown([Line("The function is of another version:"), *map(Line, text.splitlines())], asks=True)


def _fault(answer: Answer) -> Iterator[str]:
    yield str(answer["error"])
    if isinstance(answer.get("next"), str):
        yield f"Next: {answer['next']}"
