"""What a vendor's secret holds, once a person has filled it. Each vendor is wired in a module of its own: no Lambda but
the check loads both.
"""

from __future__ import annotations

from collections.abc import Sequence

from functions.errors import Retryable, Scope
from functions.model.outcomes import Reason
from functions.wiring.runtime import Secrets

PLACEHOLDER = "replace-me"  # what a deployment puts there


def parts(secrets: Secrets, arn: str, names: Sequence[str], unfilled: Reason) -> list[str]:
    """All of them, or Retryable naming the secret and what it lacks: a vendor is never asked with a part of them. One
    that is not filled is read anew with each use, so that it is seen once it is.
    """
    secret = secrets(arn)
    values = [secret.get(name, "").strip() for name in names]
    missing = [name for name, value in zip(names, values, strict=True) if value in {"", PLACEHOLDER}]
    if missing:
        secrets.forget(arn)
        text = f"not configured: fill {' and '.join(missing)} in secret {arn}"
        raise Retryable(unfilled, text, stage="token", scope=Scope.TENANT)
    return values
