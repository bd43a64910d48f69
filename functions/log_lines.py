"""The one logger of a Lambda: Powertools keeps what the first one was made with, so that a second one would lose it."""

from __future__ import annotations

from aws_lambda_powertools import Logger

from functions.version import VERSION

logger = Logger(utc=True, version=VERSION)
