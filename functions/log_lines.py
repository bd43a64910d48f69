"""The one logger of a Lambda: Powertools keeps what the first one was made with, so that a second one would lose it."""

from __future__ import annotations

import logging

from aws_lambda_powertools import Logger

from functions.version import VERSION

logger = Logger(utc=True, version=VERSION)
# A line that nobody takes is lost alone: else its fault is told on the standard error, and raised where that is closed.
logging.raiseExceptions = False
