"""Replaces a part of the shipping code for as long as the process lives."""

from __future__ import annotations

from typing import Any


def patch(owner: Any, name: str, value: Any) -> None:
    """For good: every breakage has a process of its own."""
    assert hasattr(owner, name), f"{owner} has no {name} any more: adapt the breakage"
    setattr(owner, name, value)
