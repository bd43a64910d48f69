"""Addresses of the connection file: nothing in them that the connector adds itself, and nothing secret."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator

LOCAL = {"127.0.0.1", "localhost"}
# Keycloak's, which IFS Cloud's own identity provider is.
TOKEN_PATH = re.compile(r"/auth/realms/[^/]+/protocol/openid-connect/token")
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?")


def _parts(url: str) -> SplitResult:
    """What is wrong never shows the address: somebody may have put a password there."""
    parts = urlsplit(url)
    if parts.query or parts.fragment or {"@", "?", "#"} & set(url):
        raise ValueError("must not hold credentials, a query or a fragment")
    if not HOST.fullmatch(parts.netloc) or not _has_a_port(parts) or parts.path != "".join(parts.path.split()):
        raise ValueError("must start with https:// and name a host, and nothing may follow the address")
    if parts.scheme != "https" and parts.hostname not in LOCAL:
        raise ValueError("must start with https:// and name a host")
    return parts


def _has_a_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False


def _host_alone(url: str) -> str:
    parts = _parts(url)
    if parts.path.strip("/"):
        alone = f"{parts.scheme}://{parts.netloc}"
        raise ValueError(f'is scheme and host alone, the connector adds the path; did you mean "{alone}"?')
    return f"{parts.scheme}://{parts.netloc}"


def _token_endpoint(url: str) -> str:
    path = _parts(url).path.rstrip("/")
    if not path or ("/realms/" in path and not TOKEN_PATH.search(f"/auth{path.removeprefix('/auth')}")):
        raise ValueError("is the realm's token endpoint, whole: it ends in /protocol/openid-connect/token")
    return url.rstrip("/")


def _whole(url: str) -> str:
    if not _parts(url).path.strip("/"):
        raise ValueError("is the whole address of the keys, with its path")
    return url


BaseUrl = Annotated[str, AfterValidator(_host_alone)]
TokenUrl = Annotated[str, AfterValidator(_token_endpoint)]
KeysUrl = Annotated[str, AfterValidator(_whole)]
