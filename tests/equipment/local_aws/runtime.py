"""What a Python Lambda finds when it starts, as on AWS: the runtime's own packages, its bundle, and its environment."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

from ministack.core import tls
from ministack.services import lambda_svc

from tests.equipment.local_aws.managed import PYTHON, START, link_packages

HOME = Path(os.environ["TMPDIR"])
FOLDER = HOME / "runtime"
BOOTSTRAP = FOLDER / "bootstrap"


def lay_out() -> None:
    """Links the packages into one folder and writes the `bootstrap`."""
    link_packages(FOLDER)
    BOOTSTRAP.write_text(f'#!/bin/sh\nexec {shlex.join(START)} "$_HANDLER"\n')
    BOOTSTRAP.chmod(0o755)


def process_environment(config: dict[str, Any], code_dir: str, port: int) -> dict[str, str]:
    """Only what AWS sets, what the function's configuration says, and the way to the local AWS."""
    variables = {
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "TMPDIR": str(HOME),
        **lambda_svc._runtime_env_vars(config),  # noqa: SLF001 # checked by the executor
        "PYTHONPATH": str(FOLDER),
        "LAMBDA_TASK_ROOT": code_dir,
        "LAMBDA_RUNTIME_DIR": str(FOLDER),
        "_HANDLER": config["Handler"],
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        **_identity(config, f"local/{port}"),
        **lambda_svc.execution_credentials(config),
        **_endpoint(),
    }
    return {name: value for name, value in variables.items() if value}


def _identity(config: dict[str, Any], log_stream: str) -> dict[str, str]:
    region = config["FunctionArn"].split(":")[3]
    return {
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{PYTHON}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_FUNCTION_NAME": config["FunctionName"],
        "AWS_LAMBDA_FUNCTION_VERSION": config.get("Version", "$LATEST"),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{config['FunctionName']}",
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }


def _endpoint() -> dict[str, str]:
    port = os.environ["GATEWAY_PORT"]
    if not tls.use_ssl_enabled():
        return {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    certificate = tls.resolve_tls_material()[0]
    trusted = {"AWS_CA_BUNDLE": certificate, "REQUESTS_CA_BUNDLE": certificate}  # CloudFormation's answers go there too
    return {"AWS_ENDPOINT_URL": f"https://127.0.0.1:{port}", **trusted}
