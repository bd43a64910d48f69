"""What each Lambda is told by the stack. Infra builds the same class it reads, so a missing value fails at synth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, fields
from typing import Any, Self

ENVIRONMENT_LIMIT_BYTES = 4096  # AWS Lambda quota: all environment variables of one function together


class SettingsError(Exception):
    """Names the variables that are missing or unreadable; never a value."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Settings:
    """Fields become upper-case environment variables: texts, and mappings by connection name as JSON. No pydantic: the
    webhook starts without it.
    """

    def to_env(self) -> dict[str, str]:
        values = asdict(self)
        return {name.upper(): value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """Raises SettingsError naming what is missing."""
        values = {field.name: _read(field, environment.get(field.name.upper())) for field in fields(cls)}
        if missing := sorted(name.upper() for name, value in values.items() if value is None):
            raise SettingsError(f"{cls.__name__}: missing or unreadable environment variables: {missing}")
        return cls(**values)


def _read(field: Field[Any], text: str | None) -> Any:
    """None where it is missing or not what the field says."""
    if text is None or field.type == "str":
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return None
    is_mapping = isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
    return value if is_mapping else None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WebhookSettings(Settings):
    notifications: dict[str, str]
    webhook_secrets: dict[str, str]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PollSettings(Settings):
    ledger_table: str
    notifications: dict[str, str]
    shipments: dict[str, str]
    shipstation_secrets: dict[str, str]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ConsumeSettings(Settings):
    ledger_table: str
    audit_table: str
    shipments: dict[str, str]
    ifs_secrets: dict[str, str]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ReleaseSettings(Settings):
    ledger_table: str
    shipments: dict[str, str]
    ifs_secrets: dict[str, str]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DeadLettersSettings(Settings):
    ledger_table: str
    notifications: dict[str, str]
    shipments: dict[str, str]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CheckSettings(Settings):
    ledger_table: str
    audit_table: str
    shipments: dict[str, str]
    shipstation_secrets: dict[str, str]
    ifs_secrets: dict[str, str]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ReplaySettings(Settings):
    ledger_table: str
    audit_table: str
    shipments: dict[str, str]
    ifs_secrets: dict[str, str]
