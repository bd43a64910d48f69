"""Where a connection's webhooks come in, and whether an address is that one. One that holds a token is a secret."""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qs, quote, unquote, urlsplit

from pydantic import SecretStr

from functions.model.connection_name import ConnectionName
from functions.model.frozen import Frozen

MARK = "token"  # of the query: which token stands in the header, not the token
EVENT = "event"  # of the query: nobody reads it
MARK_LENGTH = 12


class Tokens(Frozen):
    """`current` is the one that new subscriptions get, `previous` opens the endpoint until it is emptied."""

    current: SecretStr
    previous: SecretStr = SecretStr("")


class WebhookAddress(Frozen):
    """`prefix` is `<ApiUrl>/webhooks/<connection>`: what is ours begins with it."""

    prefix: str

    @classmethod
    def of(cls, api_url: str, connection: ConnectionName) -> WebhookAddress:
        return cls(prefix=f"{api_url.rstrip('/')}/webhooks/{connection}")

    def holds(self, url: str) -> bool:
        """Of the same host, and the same path or one below it."""
        rest = self._below(url)
        return rest is not None and not {".", ".."} & set(rest.split("/"))

    def token_in(self, url: str) -> str:
        """The path's; empty where the address holds none."""
        return unquote((self._below(url) or "").removeprefix("/"))

    def with_token(self, token: SecretStr) -> str:
        return f"{self.prefix}/{quote(token.get_secret_value(), safe='')}"

    def with_mark(self, token: SecretStr, event: str) -> str:
        """For a token that stands in a header. Two tokens have two addresses, and so have two events: an account may
        refuse an address that it has, and may not show the header.
        """
        return f"{self.prefix}?{MARK}={mark_of(token)}&{EVENT}={quote(event, safe='')}"

    def _below(self, url: str) -> str | None:
        """What of the path follows; None for another address."""
        own = urlsplit(self.prefix)
        try:
            parts = urlsplit(url)
        except ValueError:
            return None
        is_there = (parts.scheme, parts.netloc.lower()) == (own.scheme, own.netloc.lower())
        rest = parts.path.removeprefix(own.path)
        is_below = parts.path.startswith(own.path) and (not rest or rest.startswith("/"))
        return rest if is_there and is_below else None


def mark_of(token: SecretStr) -> str:
    """Tells tokens apart, and none of them."""
    return hashlib.sha256(token.get_secret_value().encode(errors="surrogatepass")).hexdigest()[:MARK_LENGTH]


def mark_in(url: str) -> str:
    return next(iter(parse_qs(urlsplit(url).query).get(MARK, [])), "")
