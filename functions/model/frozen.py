"""One base for every value that crosses a package, so that none can be changed after it was made."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Immutable, and strict about unknown keys: a misspelt key is an error, not a default. How a value is read is
    worked out when the first one is: most models that a Lambda imports are only parts of others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)
