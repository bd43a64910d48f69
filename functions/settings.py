"""What each Lambda is told by the stack. Infra builds the same class it reads, so a missing value fails at synth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Self, dataclass_transform

ENVIRONMENT_LIMIT_BYTES = 4096  # AWS Lambda quota: all environment variables of one function together


class SettingsError(Exception):
    """Names the variables that are missing or unreadable; never a value."""


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Settings:
    """Fields become upper-case environment variables: texts, and mappings by connection name as JSON. No pydantic: the
    webhook starts without it. No dataclass either: each Lambda imports every class here and uses one.
    """

    def __init__(self, **values: Any) -> None:
        names = type(self).__annotations__
        if values.keys() != names.keys():
            raise TypeError(f"{type(self).__name__} takes {', '.join(names)}")
        vars(self).update(values)

    def to_env(self) -> dict[str, str]:
        values = vars(self).items()
        return {name.upper(): value if isinstance(value, str) else json.dumps(value) for name, value in values}

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """Raises SettingsError naming what is missing."""
        values = {name: _read(kind, environment.get(name.upper())) for name, kind in cls.__annotations__.items()}
        if missing := sorted(name.upper() for name, value in values.items() if value is None):
            raise SettingsError(f"{cls.__name__}: missing or unreadable environment variables: {missing}")
        return cls(**values)


def _read(kind: str, text: str | None) -> Any:
    """None where it is missing or not of the kind that the field is annotated with."""
    if text is None or kind == "str":
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return None
    is_mapping = isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
    return value if is_mapping else None


class WebhookSettings(Settings):
    """`webhook_signatures` says `accept` or `require`; `jwks_urls` holds addresses with blanks between them."""

    notifications: dict[str, str]
    webhook_secrets: dict[str, str]
    webhook_signatures: dict[str, str]
    jwks_urls: dict[str, str]


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


class PullSettings(Settings):
    ledger_table: str
    audit_table: str
    orders: dict[str, str]
    ifs_secrets: dict[str, str]
    shipstation_secrets: dict[str, str]


class PushSettings(Settings):
    ledger_table: str
    audit_table: str
    orders: dict[str, str]
    shipstation_secrets: dict[str, str]


class AlignSettings(Settings):
    ledger_table: str
    audit_table: str
    shipstation_secrets: dict[str, str]
    ifs_secrets: dict[str, str]


class RegisterSettings(Settings):
    """`api_url` is where the stack's webhooks come in."""

    ledger_table: str
    api_url: str
    webhook_secrets: dict[str, str]
    shipstation_secrets: dict[str, str]


class UnregisterSettings(Settings):
    ledger_table: str
    shipstation_secrets: dict[str, str]


class ReleaseSettings(Settings):
    ledger_table: str
    shipments: dict[str, str]
    ifs_secrets: dict[str, str]


class DeadLettersSettings(Settings):
    ledger_table: str
    notifications: dict[str, str]
    shipments: dict[str, str]
    orders: dict[str, str]


class CheckSettings(Settings):
    ledger_table: str
    audit_table: str
    shipments: dict[str, str]
    shipstation_secrets: dict[str, str]
    ifs_secrets: dict[str, str]


class InspectSettings(Settings):
    ledger_table: str
    audit_table: str
    shipstation_secrets: dict[str, str]


class ControlSettings(Settings):
    ledger_table: str
    audit_table: str
    shipments: dict[str, str]


class ReconcileSettings(Settings):
    ledger_table: str
    reports_bucket: str
    shipstation_secrets: dict[str, str]
    ifs_secrets: dict[str, str]


class ReplaySettings(Settings):
    ledger_table: str
    audit_table: str
    shipments: dict[str, str]
    ifs_secrets: dict[str, str]


class DigestSettings(Settings):
    """`topic` is an ARN. `lambdas` are those whose cost is told, with their memory in MB."""

    ledger_table: str
    audit_table: str
    topic: str
    lambdas: dict[str, str]
