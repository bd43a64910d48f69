"""What has to change in a synthesised template before the local CloudFormation takes it, and nothing else."""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Any

from tests.equipment.local_aws.differences import subjects

Resource = dict[str, Any]

# A refused type that is not listed fails the stack.
REFUSED_TYPES = frozenset(subject for subject in subjects("removed") if "::" in subject)


def resources_of(template: dict[str, Any], resource_type: str | None = None) -> dict[str, Resource]:
    """Resources by logical id, of one type or all."""
    resources = template.get("Resources", {})
    return {name: r for name, r in resources.items() if resource_type in (None, r["Type"])}


def adapt(template: dict[str, Any]) -> tuple[str, ...]:
    """Changes the template in place; answers what was stripped, as `logical id (type)`."""
    for section, _, name in (subject.partition(".") for subject in subjects("removed") - REFUSED_TYPES):
        template.get(section, {}).pop(name, None)
    return adapt_resources(template)


def adapt_resources(template: dict[str, Any]) -> tuple[str, ...]:
    """Of an account that was bootstrapped: all but the question whether it was."""
    stripped = _strip_refused(template)
    for subject in subjects("rewritten"):
        REWRITTEN[subject](template)
    return stripped


def _strip_refused(template: dict[str, Any]) -> tuple[str, ...]:
    refused = {name: r["Type"] for name, r in resources_of(template).items() if r["Type"] in REFUSED_TYPES}
    for name in refused:
        del template["Resources"][name]
    for resource in resources_of(template).values():
        _drop_dependencies(resource, refused.keys())
    return tuple(f"{name} ({kind})" for name, kind in refused.items())


def _drop_dependencies(resource: Resource, gone: Any) -> None:
    wanted = resource.get("DependsOn", [])
    kept = [name for name in ([wanted] if isinstance(wanted, str) else wanted) if name not in gone]
    resource.pop("DependsOn", None)
    if kept:
        resource["DependsOn"] = kept


def _give_secrets_their_arns(template: dict[str, Any]) -> None:
    """On AWS a secret's `Ref` is its ARN, here it is its name; its attribute `Id` is the ARN on both."""
    secrets = resources_of(template, "AWS::SecretsManager::Secret").keys()

    def rewrite(node: dict[str, Any]) -> dict[str, Any]:
        if node.keys() == {"Ref"} and node["Ref"] in secrets:
            return {"Fn::GetAtt": [node["Ref"], "Id"]}
        if isinstance(text := node.get("Fn::Sub"), str):
            for name in secrets:
                text = text.replace(f"${{{name}}}", f"${{{name}.Id}}")
            return {**node, "Fn::Sub": text}
        return node

    for section in ("Resources", "Outputs"):
        if section in template:
            template[section] = _walk(template[section], rewrite)


def _generate_secrets(template: dict[str, Any]) -> None:
    """On AWS empty generation options mean a password of 32 characters, here they mean no value; one without
    punctuation has some here.
    """
    for secret in resources_of(template, "AWS::SecretsManager::Secret").values():
        options = secret["Properties"].get("GenerateSecretString")
        if options == {}:
            options["PasswordLength"] = 32
        elif options and options.get("ExcludePunctuation"):
            options["ExcludeCharacters"] = string.punctuation


def _watch_metrics_themselves(template: dict[str, Any]) -> None:
    """An alarm on an expression becomes one on the metric that the expression is about."""
    for alarm in resources_of(template, "AWS::CloudWatch::Alarm").values():
        for each in alarm["Properties"].pop("Metrics", ()):
            if "MetricStat" in each:
                stat = each["MetricStat"]
                alarm["Properties"] |= {**stat["Metric"], "Period": stat["Period"], "Statistic": stat["Stat"]}


def _walk(node: Any, rewrite: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if isinstance(node, dict):
        return rewrite({key: _walk(value, rewrite) for key, value in node.items()})
    if isinstance(node, list):
        return [_walk(item, rewrite) for item in node]
    return node


REWRITTEN: dict[str, Callable[[dict[str, Any]], None]] = {
    "AWS::SecretsManager::Secret.Ref": _give_secrets_their_arns,
    "AWS::SecretsManager::Secret.GenerateSecretString": _generate_secrets,
    "AWS::CloudWatch::Alarm.Metrics": _watch_metrics_themselves,
}
