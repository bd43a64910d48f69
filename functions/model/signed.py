"""Who asks for something, and why, as every request says it: without blanks around it, which say nothing alone."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from functions.model.text import cleaned


def seen(text: str) -> str:
    """As the vendors' texts are kept: what is pasted brings characters that nobody sees."""
    found = cleaned(text)
    if not found:
        raise ValueError("holds nothing that anybody sees")
    return found


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(seen)]
# As long as a pattern of the connection file reads one, and its template makes it.
OrderNumber = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000), AfterValidator(seen)
]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
# Where a request needs neither, or not always.
NameOrNone = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100), AfterValidator(cleaned)]
NoteOrNone = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
