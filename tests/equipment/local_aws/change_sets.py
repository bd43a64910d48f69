"""Takes what the CDK command line deploys: it sends the template as a change set, and nobody can change it before. Runs
in the child process.
"""
# ruff: noqa: SLF001 # replacing private names is what this module is for

from __future__ import annotations

from typing import Any

from ministack.services.cloudformation import changesets

from tests.equipment.local_aws.template import adapt_resources

PRIVATE_NAMES = {changesets: ("_parse_template",)}


def install() -> None:
    replaced = changesets._parse_template

    def parse(body: str) -> dict[str, Any]:
        template: dict[str, Any] = replaced(body)
        adapt_resources(template)
        return template

    changesets._parse_template = parse
