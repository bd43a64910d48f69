"""What a vendor's secret holds, once a person has filled it: a pair, and while it is exchanged a next one beside it.
Each vendor is wired in a module of its own: no Lambda but the check loads both.

    api_key            A      A      A      B
    next_api_key              B      B
    the vendor takes   A      A B      B    B
    in use             A      A      B      B
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from functions.errors import Retryable, Scope
from functions.model.key_expiry import NEXT, Which
from functions.model.outcomes import Reason
from functions.wiring.runtime import Secrets

PLACEHOLDER = "replace-me"  # what a deployment puts there


Pair = TypeVar("Pair")


class Pairs(Generic[Pair]):
    """The pairs of one secret, made of the values under `names`. Which one is in use is remembered for as long as the
    process lives. Raises Retryable naming the secret and what it lacks: a vendor is never asked with a part of a pair.
    """

    def __init__(
        self, secrets: Secrets, arn: str, names: Sequence[str], unfilled: Reason, make: Callable[[list[str]], Pair]
    ) -> None:
        self._secrets, self._arn, self._names = secrets, arn, names
        self._unfilled, self._make = unfilled, make
        self._chosen: Pair | None = None
        self._accepted: Pair | None = None

    def all(self) -> list[Pair]:
        """The first, and the next one where there is one that differs. A secret that is not filled is read anew with
        each use, so that it is seen once it is.
        """
        secret = self._secrets(self._arn)
        if missing := self._missing(secret, ""):
            self._secrets.forget(self._arn)
            text = f"not configured: fill {' and '.join(missing)} in secret {self._arn}"
            raise Retryable(self._unfilled, text, stage="token", scope=Scope.TENANT)
        filled = [prefix for prefix in ("", NEXT) if not self._missing(secret, prefix)]
        pairs = [self._make([_value(secret, f"{prefix}{name}") for name in self._names]) for prefix in filled]
        return pairs[:1] + [pair for pair in pairs[1:] if pair != pairs[0]]

    def in_use(self) -> Pair:
        pairs = self.all()
        return self._chosen if self._chosen in pairs else pairs[0]

    def refused(self, pair: Pair) -> bool:
        """Also for one that was refused beside it: then the first one refused is in use again. The secret is read anew:
        a person may have put another one into it.
        """
        try:
            if self.in_use() != pair:
                return True  # another thread met the same
            self._secrets.forget(self._arn)
            self._chosen = next((other for other in self.all() if other != pair), None)
        except Retryable:
            return False
        if self._chosen is None:
            self._secrets.forget(self._arn)
        return self._chosen is not None

    def accepted(self, pair: Pair) -> None:
        self._accepted = pair

    def known(self) -> Which | None:
        """Which one the vendor took last; None before it took any."""
        pairs = self.all()
        if self._accepted not in pairs:
            return None
        return "first" if self._accepted == pairs[0] else "next"

    def _missing(self, secret: Mapping[str, str], prefix: str) -> list[str]:
        return [name for name in self._names if _value(secret, f"{prefix}{name}") in {"", PLACEHOLDER}]


def _value(secret: Mapping[str, str], name: str) -> str:
    return secret.get(name, "").strip()
