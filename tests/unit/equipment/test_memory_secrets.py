from __future__ import annotations

import json
from datetime import datetime, timedelta
from random import Random

from tests.equipment.builders import NOON
from tests.equipment.memory_aws.secrets import STALE_SECONDS, MemorySecrets


def test_replaced_secret_may_be_handed_out_a_little_longer() -> None:
    at = [NOON]

    def now() -> datetime:
        return at[0]

    secrets = MemorySecrets({"arn": {"key": "old", "secret": "1"}}, now, Random(1))
    secrets.replace("arn", "key", "secret", {"new": "2"})

    def shown() -> set[str]:
        return {json.loads(secrets.get_secret_value(SecretId="arn")["SecretString"])["key"] for _ in range(50)}

    assert shown() == {"old", "new"}
    at[0] += timedelta(seconds=STALE_SECONDS)
    assert shown() == {"new"}
