"""What each Lambda is told by the stack. Infra builds the same class it reads, so a missing value fails at synth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Self

from pydantic import ValidationError

from functions.model.frozen import Frozen

ENVIRONMENT_LIMIT_BYTES = 4096  # AWS Lambda quota: all environment variables of one function together


class SettingsError(Exception):
    """Names the variables that are missing or unreadable; never a value."""


class Settings(Frozen):
    """Fields become upper-case environment variables; mappings are JSON. Mappings are by connection name."""

    def to_env(self) -> dict[str, str]:
        values = self.model_dump(mode="json")
        return {name.upper(): value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """Raises SettingsError naming what is missing."""
        present = {name: environment[name.upper()] for name in cls.model_fields if name.upper() in environment}
        try:
            return cls.model_validate({name: _parsed(text) for name, text in present.items()})
        except ValidationError as error:
            names = sorted({str(fault["loc"][0]).upper() for fault in error.errors(include_input=False)})
            raise SettingsError(f"{cls.__name__}: missing or unreadable environment variables: {names}") from None


def _parsed(text: str) -> object:
    return json.loads(text) if text.startswith("{") else text


class WebhookSettings(Settings):
    notifications: dict[str, str]
    webhook_secrets: dict[str, str]


class PollSettings(Settings):
    ledger_table: str
    notifications: dict[str, str]
    shipments: dict[str, str]
    shipstation_secrets: dict[str, str]


class ConsumeSettings(Settings):
    ledger_table: str
    audit_table: str
    shipments: dict[str, str]
    ifs_secrets: dict[str, str]


class ReleaseSettings(Settings):
    ledger_table: str
    shipments: dict[str, str]
    ifs_secrets: dict[str, str]


class DeadLettersSettings(Settings):
    ledger_table: str
    notifications: dict[str, str]
    shipments: dict[str, str]


class CheckSettings(Settings):
    ledger_table: str
    audit_table: str
    shipments: dict[str, str]
    shipstation_secrets: dict[str, str]
    ifs_secrets: dict[str, str]


class ReplaySettings(Settings):
    ledger_table: str
    audit_table: str
    shipments: dict[str, str]
    ifs_secrets: dict[str, str]
