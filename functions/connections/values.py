"""Values as TOML writes them: a number in quotes is no number, and a number is no instant."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator, Field, Strict

Whole = Annotated[int, Strict()]
YesNo = Annotated[bool, Strict()]
SECRETS = ("secret", "password", "passwd", "api_key", "apikey", "client_id", "username", "credential", "private_key")
NOT_HERE = (
    "is secret and does not belong here: remove it, and make a new one if the file was shared; "
    "after the first deployment it is put into Secrets Manager"
)
TRIMMED = r"^\S(.*\S)?$"  # what is compared with text of the vendors
Text = Annotated[str, Field(pattern=TRIMMED)]


def names_a_secret(key: str) -> bool:
    folded = key.strip().strip('"').casefold().replace("-", "_").replace(" ", "_")
    return any(word in folded for word in SECRETS) or folded == "token" or folded.endswith("_token")


def _written_out(raw: object) -> object:
    """Digits alone would be read as seconds since 1970, and a day as its midnight nowhere."""
    if isinstance(raw, str) and not raw.strip().lstrip("-").isdigit():
        return raw
    if not isinstance(raw, datetime):
        raise ValueError("is an instant: day, time and zone, where Z is UTC")  # noqa: TRY004 # pydantic takes this one
    return raw


def one_each(raw: object) -> object:
    """Of keys that are read in capitals: the last of two spellings would count, without a word."""
    spelt: dict[str, str] = {}
    for key in raw if isinstance(raw, dict) else ():
        if spelt.setdefault(str(key).upper(), str(key)) != key:
            raise ValueError(f"{key} stands there twice; upper and lower case do not tell sites apart")
    return raw


def some(raw: object) -> object:
    """An empty list in the file reads as nothing, and would mean all."""
    if raw == []:
        raise ValueError("is empty and would mean every one: name them, or leave the key out")
    return raw


Instant = Annotated[AwareDatetime, BeforeValidator(_written_out)]
