"""Makes ministack run Python Lambdas under AWS's own runtime client, each environment a process of its own.

ministack already speaks the runtime API to `provided.*` functions; Python functions are sent the same way, with a
`bootstrap` that starts awslambdaric. That takes private names, which are checked when this module is loaded.
"""
# ruff: noqa: SLF001 # replacing private names is what this module is for

from __future__ import annotations

import importlib.metadata
import os
import time
from contextlib import suppress
from operator import attrgetter
from pathlib import Path
from typing import IO, Any

from ministack.core import iam_actions, lambda_runtime
from ministack.services import lambda_svc

from tests.equipment.local_aws import change_sets, managed, measured, observed, runtime

PRIVATE_NAMES = {
    lambda_runtime: (
        "ProvidedRuntimeError",
        "ProvidedWorker._build_handler_class",
        "ProvidedWorker._drain_stderr_bounded",
        "ProvidedWorker._pump_output",
        "ProvidedWorker._spawn",
        "ProvidedWorker.invoke",
        "_worker_class_for",
    ),
    lambda_svc: (
        "_emit_lambda_metrics",
        "_execute_function_warm",
        "_execute_function_provided_warm",
        "_provided_runtime_code_dir",
        "_provided_worker_env",
        "_runtime_env_vars",
        "_sqs_esm_concurrency",
        "execution_credentials",
    ),
    iam_actions: ("_action_from_target",),
    **change_sets.PRIVATE_NAMES,
    **measured.PRIVATE_NAMES,
    **observed.PRIVATE_NAMES,
}
LOGS = Path(os.environ["SANDBOX_FUNCTION_LOGS"])


def check_private_names() -> None:
    missing = [f"{m.__name__}.{name}" for m, names in PRIVATE_NAMES.items() for name in names if not _has(m, name)]
    if missing:
        version = importlib.metadata.version("ministack")
        raise RuntimeError(
            f"ministack {version} has no {', '.join(missing)}: "
            f"install the version that requirements-dev.txt pins, or adapt {__name__}"
        )


def _has(module: object, dotted_name: str) -> bool:
    try:
        attrgetter(dotted_name)(module)
    except AttributeError:
        return False
    return True


check_private_names()


class PythonEnvironment(lambda_runtime.ProvidedWorker):  # type: ignore[misc] # ministack is untyped
    """One execution environment: cold once, then warm, one invocation at a time."""

    def _spawn(self, init_timeout: float | None = None) -> None:
        _require_python(self.config["Runtime"])
        started = time.monotonic()
        try:
            super()._spawn(init_timeout)
        except RuntimeError as error:
            if isinstance(self._init_error, dict):
                raise _init_failure(self._init_error) from error
            raise
        self._start_seconds = time.monotonic() - started
        self._log(f"INIT_REPORT Init Duration: {self._start_seconds * 1000:.2f} ms")

    def _build_handler_class(self, generation: int, pending: Any) -> Any:
        handler = super()._build_handler_class(generation, pending)
        handler.disable_nagle_algorithm = True  # head and body are two writes: without it each event waits 40 ms
        return handler

    def _drain_stderr_bounded(self, first_line_wait: float = 0.005, **waits: float) -> Any:
        """Waits less for the log of a silent function; lines that come later are in the file all the same."""
        return super()._drain_stderr_bounded(first_line_wait, **waits)

    def _pump_output(self, stream: IO[bytes], log_queue: Any) -> None:
        super()._pump_output(_Tee(stream, LOGS / f"{self.func_name}.log"), log_queue)

    def invoke(self, event: Any, request_id: str, **context: Any) -> Any:
        self._start_seconds, began = 0.0, time.monotonic()
        try:
            result = super().invoke(event, request_id, **context)
        finally:
            measured.run(self.func_name, time.monotonic() - began - self._start_seconds)
        if (result.get("error_payload") or {}).get("errorType") in {"Sandbox.Timedout", "Runtime.ExitError"}:
            self._log(f"RequestId: {request_id} Error: {result['error']}")
        return result

    def _log(self, line: str) -> None:
        _append(LOGS / f"{self.func_name}.log", f"{line}\n".encode())


class _Tee:
    """The output of an environment on its way to CloudWatch Logs, with a copy in a file."""

    def __init__(self, stream: IO[bytes], copy: Path) -> None:
        self._stream = stream
        self._copy = copy

    def readline(self) -> bytes:
        line = self._stream.readline()
        _append(self._copy, line)
        return line

    def close(self) -> None:
        self._stream.close()


def _append(path: Path, line: bytes) -> None:
    with path.open("ab") as log:
        log.write(line)


def _require_python(wanted: str) -> None:
    if wanted != managed.PYTHON:
        reason = f"the function wants {wanted}, this machine runs {managed.PYTHON}: synthesise for that one"
        raise lambda_runtime.ProvidedRuntimeError(reason, "Runtime.InvalidRuntime")


def _init_failure(payload: dict[str, Any]) -> Exception:
    error: Exception = lambda_runtime.ProvidedRuntimeError(payload["errorMessage"], payload["errorType"])
    return error


def _is_python(config: dict[str, Any]) -> bool:
    return str(config.get("Runtime", "")).startswith("python")


def install() -> None:
    runtime.lay_out()
    change_sets.install()
    observed.install()
    measured.install()
    _replace_environments()
    _replace_code_folder()
    _let_fifo_batches_run_side_by_side()
    _authorise_batches_as_single_calls()


def _replace_environments() -> None:
    replaced_class = lambda_runtime._worker_class_for
    replaced_execute = lambda_svc._execute_function_warm

    def environment_for(config: dict[str, Any]) -> Any:
        return PythonEnvironment if _is_python(config) else replaced_class(config)

    def execute(func: dict[str, Any], event: Any, request_id: str) -> Any:
        is_python = _is_python(func.get("config") or func)
        chosen = lambda_svc._execute_function_provided_warm if is_python else replaced_execute
        return chosen(func, event, request_id)

    lambda_runtime._worker_class_for = environment_for
    lambda_svc._execute_function_warm = execute
    lambda_svc._provided_worker_env = runtime.process_environment


def _replace_code_folder() -> None:
    replaced = lambda_svc._provided_runtime_code_dir

    def code_folder(code_zip: bytes) -> str:
        folder = Path(replaced(code_zip))
        # A link: nobody ever holds the script open for writing while another thread starts it.
        with suppress(FileExistsError):
            (folder / "bootstrap").symlink_to(runtime.BOOTSTRAP)
        return str(folder)

    lambda_svc._provided_runtime_code_dir = code_folder


def _let_fifo_batches_run_side_by_side() -> None:
    """Lets as many batches of a FIFO queue run as of any other; ministack takes one at a time.

    AWS runs up to one per message group. The queue locks the groups in flight here too, so that is safe.
    """
    replaced = lambda_svc._sqs_esm_concurrency

    def concurrency(esm: Any, func: Any, config: Any, queue: Any = None) -> int:
        return int(replaced(esm, func, config))

    lambda_svc._sqs_esm_concurrency = concurrency


def _authorise_batches_as_single_calls() -> None:
    """SQS knows no permission of its own for batches: `sqs:SendMessage` covers SendMessageBatch.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
    """
    replaced = iam_actions._action_from_target

    def action(headers: dict[str, str]) -> str | None:
        name = replaced(headers)
        is_sqs = headers.get("x-amz-target", "").startswith("AmazonSQS.")
        return str(name).removesuffix("Batch") if name and is_sqs else name

    iam_actions._action_from_target = action
