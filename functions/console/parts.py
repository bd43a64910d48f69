"""Which of several stacks a command asks, where the connections are divided among them."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from functions.console.aws import ConsoleError, Stack, Where
from functions.console.commands import Command
from functions.wiring.requests import unknown_connection

Answer = dict[str, Any]
Aim = tuple[Stack, str]  # a stack, and which of its connections


@dataclass
class Parts:
    """`silent` says of each stack that could not be asked why."""

    where: Where
    open_stack: Callable[[Where], Stack]
    silent: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Stack]:
        """The one that was named, then those beside it."""
        first = self.open_stack(self.where)
        yield first
        for name in first.beside:
            try:
                other = self.open_stack(replace(self.where, stack=name))
                other.connections  # noqa: B018 # asks for its outputs
            except ConsoleError as error:
                self.silent.append(str(error))
            else:
                yield other

    def aims(self, command: Command, named: str | None, arguments: Namespace) -> list[Aim]:
        """What is asked: of the connection that is named, or of all that are meant."""
        if named:
            return [self.of(named)]
        if not command.has_connection or not command.is_of_one(arguments):
            return [(stack, "") for stack in self]
        return self._all_meant(is_of_each=command.each)

    def _all_meant(self, *, is_of_each: bool) -> list[Aim]:
        known = [(stack, name) for stack in self for name in stack.connections]
        if len(known) == 1 or (known and is_of_each):
            return known
        names = ", ".join(name for _, name in known) or "none"
        raise ConsoleError(f"connection: name one with --connection; known are {names}")

    def of(self, named: str) -> Aim:
        """A stack that knows none is believed to have it."""
        known: list[str] = []
        for stack in self:
            if named in {*stack.connections, *stack.renamed} or not stack.connections:
                return stack, stack.renamed.get(named, named)
            known += stack.connections
        raise ConsoleError("\n".join([unknown_connection(known, named), *self.silent]))

    def tell_silent(self) -> bool:
        """Whether there are any."""
        for said in self.silent:
            sys.stderr.write(f"{said}\n")
        return bool(self.silent)


def is_no_plan(answer: Answer) -> bool:
    """A plan is known by its id to one stack alone."""
    return str(answer.get("error", "")).startswith("plan_id: no such plan")


def first(answers: Iterable[Answer], finds: Callable[[Answer], bool]) -> Answer:
    """Of those that find something; else the last one's no."""
    for answer in answers:
        if finds(answer):
            break
    return answer


def together(answers: Sequence[Answer]) -> Sequence[Answer]:
    """Lists of connections as one list; everything else as it is."""
    lists = [answer.get("connections") for answer in answers]
    if len(answers) < 2 or not all(isinstance(each, list) for each in lists):  # noqa: PLR2004 # one is whole
        return answers
    return [{**answers[0], "connections": [line for each in lists for line in each or ()]}]
