"""What other tools, and people, call the words and keys of a connection file."""

from __future__ import annotations

OTHER_WORDS = {
    "customer_orders": "orders",
    "customer_order": "orders",
    "live": "write",
    "on": "write",
    "active": "write",
    "production": "write",
    "prod": "write",
    "dry_run": "shadow",
    "dryrun": "shadow",
    "test": "shadow",
    "simulate": "shadow",
    "disabled": "off",
    "paused": "off",
    "false": "off",
    "overwrite": "always",
    "keep": "if_empty",
    "delete": "clear",
    "empty": "clear",
    "ignore": "flag",
    "required": "require",
    "always": "require",
    "optional": "accept",
    "allow": "accept",
    "client_secret_basic": "basic",
    "header": "basic",
    "client_secret_post": "body",
    "post": "body",
    "datetime": "timestamp",
    "string": "text",
    "po": "customer_po",
    "order_no": "order_number",
    "shipment": "shipment_header",
    "order": "order_header",
    "custom": "custom_entity",
}

ALARMS = 'make deploy CONTEXT="-c alarms=on.call@example.com"'
MADE = "is made by the deployment, and stands in the connection's WebhookSecret in Secrets Manager alone"
ELSEWHERE = {
    **dict.fromkeys(
        ("alarm", "alarms", "alerts", "email", "notify", "subscribers"), f"is said when deploying: {ALARMS}"
    ),
    **{
        key: f'is said when deploying: make deploy CONTEXT="-c {key}=…"'
        for key in ("stack", "python", "architecture", "connections")
    },
    **dict.fromkeys(
        ("region", "aws_region", "account", "aws_account", "aws_profile"), "is said by the AWS credentials"
    ),
    **dict.fromkeys(("webhook", "webhook_token", "webhook_url"), MADE),
}
"""Of what belongs to a deployment: where it is said instead."""
