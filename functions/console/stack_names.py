"""What the stacks of this repository are called: by who deploys them, by who asks for them, and by the app itself."""

from __future__ import annotations

STACK = "ifs-shipstation"  # where none is chosen


def stack_name(name: str, number: int) -> str:
    """No connection's own stack is called like this: its name begins with a letter."""
    return name if number == 1 else f"{name}-{number}"
