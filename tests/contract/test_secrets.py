"""What the shipping code does with secrets: it reads the current value by the secret's ARN, and a person's console puts
the next one there.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
"""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from functions.errors import Retryable
from functions.ledger.secrets import FRESH, STALE, SecretStore
from functions.model.outcomes import Reason
from tests.contract.conftest import EVERY_AWS, Safe
from tests.equipment.builders import NOON

OLD, NEW = {"key": "old", "secret": "1"}, {"key": "new", "secret": "2"}


def test_value_is_read_by_arn(safe: Safe) -> None:
    assert SecretStore(safe.client, lambda: NOON)(safe.store(OLD)) == OLD


def test_value_that_was_put_is_the_current_one(safe: Safe) -> None:
    arn = safe.store(OLD)
    safe.put(arn, NEW)

    assert SecretStore(safe.client, lambda: NOON)(arn) == NEW


def test_value_that_was_put_is_seen_once_the_memory_is_no_longer_fresh(safe: Safe) -> None:
    at, arn = [NOON], safe.store(OLD)
    store = SecretStore(safe.client, lambda: at[0])
    store(arn)
    safe.put(arn, NEW)

    assert store(arn) == OLD
    at[0] += FRESH
    assert store(arn) == NEW


def test_secret_that_is_not_there_cannot_be_read(safe: Safe) -> None:
    arn = safe.store(OLD).replace("secret:", "secret:not-")

    with pytest.raises(Retryable, match="ResourceNotFoundException") as missing:
        SecretStore(safe.client, lambda: NOON)(arn)
    assert missing.value.reason is Reason.SECRETS_UNAVAILABLE


def test_secret_that_is_deleted_is_remembered_for_as_long_as_an_outage(safe: Safe) -> None:
    at, arn = [NOON], safe.store(OLD)
    store = SecretStore(safe.client, lambda: at[0])
    store(arn)
    safe.delete(arn)
    at[0] += STALE - timedelta(seconds=1)
    assert store(arn) == OLD

    at[0] += timedelta(seconds=1)
    with pytest.raises(Retryable, match="InvalidRequestException"):
        store(arn)


def test_secret_without_a_value_cannot_be_read(safe: Safe) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html"""
    with pytest.raises(Retryable, match="ResourceNotFoundException"):
        SecretStore(safe.client, lambda: NOON)(safe.store(None))


@pytest.mark.parametrize("safe", EVERY_AWS[1:], indirect=True)
def test_replaced_value_is_kept_as_the_previous_one(safe: Safe) -> None:
    """Only AWS keeps it: a person can take it back. The shipping code reads the current one alone.
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
    """
    arn = safe.store(OLD)
    safe.put(arn, NEW)
    previous = safe.client.get_secret_value(SecretId=arn, VersionStage="AWSPREVIOUS")

    assert json.loads(previous["SecretString"]) == OLD
