from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.errors import Retryable
from functions.ledger.secrets import SecretStore
from functions.model.outcomes import Reason
from tests.equipment.builders import NOON

ARN = "arn:aws:secretsmanager:eu-north-1:1:secret:acme"


class SecretsManager:
    def __init__(self) -> None:
        self.values = {ARN: {"client_secret": "old"}}
        self.reads = 0
        self.is_down = False

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803 -- name AWS gives it
        self.reads += 1
        if self.is_down:
            raise ClientError({"Error": {"Code": "InternalServiceError", "Message": "planted"}}, "GetSecretValue")
        return {"SecretString": json.dumps(self.values[SecretId])}


class Vault:
    """A store with a clock of its own, read once at noon."""

    def __init__(self) -> None:
        self.at = NOON
        self.manager = SecretsManager()
        client: Any = self.manager
        self.store = SecretStore(client, lambda: self.at)
        assert self.value() == "old"
        self.manager.values[ARN] = {"client_secret": "new"}

    def value(self, **after: float) -> str:
        if after:
            self.at = NOON + timedelta(**after)
        return self.store(ARN)["client_secret"]


@pytest.mark.parametrize(
    ("seconds", "value", "reads"),
    [(0, "old", 1), (3599, "old", 1), (3600, "new", 2)],
    ids=["at once", "before an hour", "after an hour"],
)
def test_a_rotation_is_seen_after_an_hour(seconds: int, value: str, reads: int) -> None:
    vault = Vault()
    assert vault.value(seconds=seconds) == value
    assert vault.manager.reads == reads


def test_a_new_reading_is_fresh_for_an_hour_of_its_own() -> None:
    vault = Vault()
    assert vault.value(minutes=70) == "new"
    assert vault.value(minutes=120) == "new"
    assert vault.manager.reads == 2


@pytest.mark.parametrize(("seconds", "value"), [(59, "old"), (60, "new")])
def test_what_does_not_match_is_read_anew_at_most_once_a_minute(seconds: int, value: str) -> None:
    vault = Vault()
    vault.at = NOON + timedelta(seconds=seconds)
    assert vault.store.renew(ARN) is (value == "new")
    assert vault.value() == value
    assert not vault.store.renew(ARN)
    assert not vault.store.renew("arn:never read")


def test_an_outage_is_not_felt_for_two_hours() -> None:
    vault = Vault()
    vault.manager.is_down = True
    assert [vault.value(minutes=minutes) for minutes in (5, 70, 119.99)] == ["old"] * 3
    with pytest.raises(Retryable) as caught:
        vault.value(minutes=120)
    assert caught.value.reason is Reason.SECRETS_UNAVAILABLE
    vault.manager.is_down = False
    assert vault.value() == "new"


def test_what_was_never_read_is_a_retry() -> None:
    vault = Vault()
    vault.manager.is_down = True
    with pytest.raises(Retryable):
        vault.store("arn:other")


def test_a_refused_secret_is_read_anew_at_once() -> None:
    vault = Vault()
    vault.store.forget(ARN)
    assert vault.value() == "new"


def test_a_refused_secret_is_not_used_again_during_an_outage() -> None:
    vault = Vault()
    vault.manager.is_down = True
    vault.store.forget(ARN)
    with pytest.raises(Retryable):
        vault.value()


def test_to_forget_what_was_never_known_is_no_fault() -> None:
    vault = Vault()
    vault.store.forget("arn:other")
    assert vault.value() == "old"


def test_each_secret_is_remembered_for_itself() -> None:
    vault = Vault()
    vault.manager.values["arn:other"] = {"client_secret": "theirs"}
    assert vault.store("arn:other") == {"client_secret": "theirs"}
    assert vault.value() == "old"


def test_a_fault_names_the_service_and_its_code_alone() -> None:
    vault = Vault()
    vault.manager.is_down = True
    with pytest.raises(Retryable) as caught:
        vault.value(hours=2)
    assert str(caught.value) == "secrets_unavailable: Secrets Manager: InternalServiceError"


@pytest.mark.parametrize("value", [None, True, False, {}, []], ids=str)
def test_what_is_no_text_is_no_secret_that_somebody_could_guess(value: object) -> None:
    vault = Vault()
    values: Any = {"current": "new", "previous": value, "pin": 123}
    vault.manager.values["arn:hook"] = values
    assert vault.store("arn:hook") == {"current": "new", "pin": "123"}


@pytest.mark.parametrize("text", ["plain text", "[1]", ""], ids=["no JSON", "a list", "binary"])
def test_a_malformed_secret_is_a_fault_like_an_unreachable_one(text: str) -> None:
    manager: Any = SimpleNamespace(get_secret_value=lambda SecretId: {"SecretString": text})  # noqa: N803 -- AWS's name
    with pytest.raises(Retryable) as caught:
        SecretStore(manager, lambda: NOON)(ARN)
    assert caught.value.reason is Reason.SECRETS_UNAVAILABLE
    assert not text or text not in str(caught.value)
