"""Answers what a person asked for wrongly: which key, what is wrong with it, never the value that came."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import ValidationError


def explained(error: ValidationError) -> str:
    """One clause a fault, each beginning with the key."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'request'}: {fault['msg']}" for fault in faults)


def unknown_connection(known: Collection[str]) -> str:
    return f"connection: unknown; known are {sorted(known)}"
