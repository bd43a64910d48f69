"""The HTTP API that ShipStation calls. The token in the path stays out of every log."""

from __future__ import annotations

import json

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_apigatewayv2 as apigw
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from functions.settings import WebhookSettings
from infra.connection_resources import Links, notification_queues, webhook_secrets
from infra.functions import Functions
from infra.grants import allow_reading, allow_sending

# ShipStation sends one call per batch of labels; more than this is no ShipStation.
RATE_PER_SECOND, BURST = 50, 100
PATHS = ("/webhooks/{connection}/{token}", "/webhooks/{connection}")  # the second one's token stands in a header
LOGGED = {
    "requestId": "$context.requestId",
    "route": "$context.routeKey",
    "status": "$context.status",
    "at": "$context.requestTime",
}


class WebhookApi(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Functions,
        per_connection: Links,
    ) -> None:
        super().__init__(scope, construct_id)
        accounts = {name: resources.connection.shipstation for name, resources in per_connection.items()}
        settings = WebhookSettings(
            notifications=notification_queues(per_connection),
            webhook_secrets=webhook_secrets(per_connection),
            webhook_signatures={name: each.webhook_signature for name, each in accounts.items()},
            jwks_urls={name: " ".join(each.jwks_urls) for name, each in accounts.items()},
        )
        self.function = functions.make(
            "Webhook",
            settings=settings,
            timeout=Duration.seconds(15),
            memory_mb=512,  # ShipStation waits for the answer, also of the first one
            description="ShipStation webhooks: checks token and signature, queues ids",
        )
        for resources in per_connection.values():
            allow_sending(self.function, resources.notifications)
            allow_reading(self.function, resources.webhook)
        api = self._api(self.function)
        self.api_id, self.url = api.api_id, api.api_endpoint
        CfnOutput(Stack.of(self), "ApiUrl", value=self.url)

    def _api(self, function: lambda_.IFunction) -> apigw.HttpApi:
        api = apigw.HttpApi(self, "Api", create_default_stage=False, description="ShipStation webhooks")
        integration = integrations.HttpLambdaIntegration("Integration", function)
        for path in PATHS:
            api.add_routes(path=path, methods=[apigw.HttpMethod.POST], integration=integration)
        log = logs.LogGroup(
            self, "AccessLog", retention=logs.RetentionDays.THREE_MONTHS, removal_policy=RemovalPolicy.DESTROY
        )
        stage = apigw.HttpStage(
            self,
            "Stage",
            http_api=api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigw.ThrottleSettings(rate_limit=RATE_PER_SECOND, burst_limit=BURST),
        )
        default = stage.node.default_child
        assert isinstance(default, apigw.CfnStage)
        default.access_log_settings = apigw.CfnStage.AccessLogSettingsProperty(
            destination_arn=log.log_group_arn, format=json.dumps(LOGGED)
        )
        return api
