"""Every way in which the local AWS is not AWS. What is not in this list is served as the template says it: a property
that is ignored without being named here fails the deployment, a patch that is not named here fails a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

How = Literal["removed", "rewritten", "set after creation", "ignored", "not enforced", "patched"]


@dataclass(frozen=True)
class Difference:
    """`subject` is a section, a resource type, a type's property, or a name in ministack."""

    subject: str
    how: How
    why: str


LEFT_OUT = "CloudFormation here creates tables without it"
NO_PART = "the local AWS refuses the type, and no flow depends on it"

DIFFERENCES = (
    Difference("Parameters.BootstrapVersion", "removed", "deploy.py needs no bootstrapped account"),
    Difference("Rules.CheckBootstrapVersion", "removed", "deploy.py needs no bootstrapped account"),
    Difference("AWS::Budgets::Budget", "removed", NO_PART),
    Difference("AWS::CloudWatch::CompositeAlarm", "removed", NO_PART),
    Difference("AWS::Events::Archive", "removed", NO_PART),
    Difference("AWS::Logs::QueryDefinition", "removed", NO_PART),
    Difference("AWS::SecretsManager::RotationSchedule", "removed", NO_PART),
    Difference("AWS::SQS::QueueInlinePolicy", "removed", NO_PART),
    Difference("AWS::WAFv2::WebACLAssociation", "removed", NO_PART),
    Difference(
        "AWS::SecretsManager::Secret.Ref", "rewritten", "on AWS its ARN, here its name; `Id` is the ARN on both"
    ),
    Difference(
        "AWS::SecretsManager::Secret.GenerateSecretString",
        "rewritten",
        "on AWS no options mean a password of 32 characters, here no value; without punctuation it has some here",
    ),
    Difference(
        "AWS::CloudWatch::Alarm.Metrics",
        "rewritten",
        "an expression is refused, so its metric stands there; tests/infra/test_alarms.py evaluates it",
    ),
    Difference("AWS::DynamoDB::Table.TimeToLiveSpecification", "set after creation", LEFT_OUT),
    Difference(
        "AWS::DynamoDB::Table.PointInTimeRecoverySpecification",
        "set after creation",
        LEFT_OUT,
    ),
    Difference("AWS::DynamoDB::Table.SSESpecification", "ignored", "nothing is at rest; asserted on the template"),
    Difference("AWS::DynamoDB::Table.ResourcePolicy", "ignored", "it only refuses; asserted on the template"),
    Difference("AWS::S3::Bucket.BucketEncryption", "ignored", "nothing is at rest; asserted on the template"),
    Difference("AWS::S3::Bucket.LifecycleConfiguration", "ignored", "no day passes here; asserted on the template"),
    Difference("AWS::S3::Bucket.OwnershipControls", "ignored", "there is one account; asserted on the template"),
    Difference("AWS::Lambda::Function.KmsKeyArn", "ignored", "nothing is at rest; asserted on the template"),
    Difference("AWS::SNS::Topic.KmsMasterKeyId", "ignored", "nothing is at rest; asserted on the template"),
    Difference("AWS::Lambda::Function.RecursiveLoop", "ignored", "no loop is ended here; asserted on the template"),
    Difference("AWS::KMS::Key.KeyPolicy", "not enforced", "no service here uses the key; asserted on the template"),
    Difference("AWS::SNS::TopicPolicy", "not enforced", "alarms go past it; asserted on the template"),
    Difference(
        "AWS::CloudWatch::Alarm", "not enforced", "SQS's metrics, those in logs and most faults of runs do not arrive"
    ),
    Difference("AWS::Lambda::Permission", "not enforced", "every source may invoke every function"),
    Difference("AWS::Lambda::EventSourceMapping", "not enforced", "takes messages without the role's permission"),
    Difference(
        "Custom::ShipStationWebhooks",
        "not enforced",
        "its function is called once, whoever deploys: AWS repeats a run that failed, and asks for the right to invoke",
    ),
    Difference("app._port_is_bindable", "patched", "under TLS it would also take port 443"),
    Difference("lambda_runtime._worker_class_for", "patched", "Python runs under AWS's own runtime client"),
    Difference("lambda_svc._execute_function_warm", "patched", "Python runs under AWS's own runtime client"),
    Difference(
        "lambda_svc._provided_worker_env", "patched", "a function sees what AWS sets and nothing of this machine"
    ),
    Difference("lambda_svc._provided_runtime_code_dir", "patched", "the runtime client is started from the bundle"),
    Difference(
        "lambda_svc._sqs_esm_concurrency",
        "patched",
        "AWS runs one batch of a FIFO queue for each group at the same time, ministack one at all",
    ),
    Difference(
        "iam_actions._action_from_target",
        "patched",
        "SQS has no permission for batches: `sqs:SendMessage` covers SendMessageBatch",
    ),
    Difference(
        "lambda_svc._emit_lambda_metrics",
        "patched",
        "every run is counted, and how long it took without its start; ministack counts those of the API alone",
    ),
    Difference("dynamodb._add_consumed_capacity", "patched", "CloudWatch is told the units that a call consumed"),
    Difference("dynamodb._batch_get_item", "patched", "CloudWatch is told the units that a call consumed"),
    Difference(
        "changesets._parse_template",
        "patched",
        "what the CDK command line sends is changed as said above, but still asks whether the account is bootstrapped",
    ),
    Difference("stacks._provision_resource", "patched", "writes down which properties are read; changes nothing"),
    Difference("iam_evaluator.evaluate", "patched", "writes down which calls a role makes; changes nothing"),
)


def subjects(*how: How) -> frozenset[str]:
    return frozenset(each.subject for each in DIFFERENCES if each.how in how)
