"""Searches everything that can happen, breadth first, so that what it finds is told by the shortest story."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

S = TypeVar("S", bound=Hashable)


@dataclass(frozen=True)
class Rules(Generic[S]):
    """What happens by itself, what the outside may do, and what is wrong with a state now or at rest."""

    system: Callable[[S], Iterable[tuple[str, S]]]
    outside: Callable[[S], Iterable[tuple[str, S]]]
    fault: Callable[[S], str]
    complaints: Callable[[S], Iterable[str]]


@dataclass(frozen=True)
class Report:
    """How many states there are, and the first thing that is wrong, with the steps that lead to it."""

    states: int
    wrong: str = ""
    story: tuple[str, ...] = ()


def explore(first: S, rules: Rules[S]) -> Report:
    """Visits every state; each has to be in order, and able to come to rest."""
    came: dict[S, tuple[str, S] | None] = {first: None}
    before: dict[S, list[S]] = {first: []}
    at_rest: list[S] = []
    waiting = deque([first])
    while waiting:
        state = waiting.popleft()
        moves = list(rules.system(state))
        wrong = rules.fault(state) or ("" if moves else next(iter(rules.complaints(state)), ""))
        if wrong:
            return Report(len(came), wrong, story(came, state))
        if not moves:
            at_rest.append(state)
        for step, after in (*moves, *rules.outside(state)):
            if after not in came:
                came[after] = (step, state)
                before[after] = []
                waiting.append(after)
            before[after].append(state)
    restless = came.keys() - reaching(at_rest, before)
    if restless:
        state = next(state for state in came if state in restless)
        return Report(len(came), "I4: never comes to rest", story(came, state))
    return Report(len(came))


def reaching(ends: list[S], before: dict[S, list[S]]) -> set[S]:
    """Every state from which one of the ends can be reached."""
    found, waiting = set(ends), list(ends)
    while waiting:
        for state in before[waiting.pop()]:
            if state not in found:
                found.add(state)
                waiting.append(state)
    return found


def story(came: dict[S, tuple[str, S] | None], state: S) -> tuple[str, ...]:
    steps: list[str] = []
    while step := came[state]:
        steps.append(step[0])
        state = step[1]
    return tuple(reversed(steps))
