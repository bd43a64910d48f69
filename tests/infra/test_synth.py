"""`python app.py` works offline, says the same twice, and refuses a bad connection file with file, key and reason."""

from __future__ import annotations

import filecmp
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import app
from tests.equipment.builders import a_connection
from tests.equipment.local_aws.server import ROOT
from tests.equipment.local_aws.synth import SynthError, synthesise, synthesising
from tests.infra.conftest import CONTEXT

pytestmark = pytest.mark.integration


def differences(comparison: filecmp.dircmp[str]) -> list[str]:
    found = [*comparison.left_only, *comparison.right_only, *comparison.funny_files]
    _, changed, errors = filecmp.cmpfiles(comparison.left, comparison.right, comparison.common_files, shallow=False)
    found += changed + errors
    for inner in comparison.subdirs.values():
        found += differences(inner)
    return found


@pytest.mark.nightly
def test_two_runs_are_byte_identical(assembly: Path, tmp_path: Path) -> None:
    with synthesising(CONTEXT, tmp_path / "cdk.out") as result:  # in a process that ran nothing before
        again = result()

    assert differences(filecmp.dircmp(assembly, again)) == []


def test_cfn_lint_finds_nothing(assembly: Path) -> None:
    template = assembly / "ifs-shipstation.template.json"
    # W3005: CDK names dependencies that references imply already.
    command = [str(Path(sys.executable).parent / "cfn-lint"), "--ignore-checks", "W3005", "--", str(template)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (run.returncode, run.stdout) == (0, "")


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        (('mode = "shadow"', 'mode = "sahdow"'), "acme.toml: mode: "),
        (
            ("poll_minutes = 5", "pol_minutes = 5"),
            "acme.toml: pol_minutes: unknown key; did you mean poll_minutes = 5?",
        ),
        (
            ('attribute = "ProNo"', 'attribute = "Pro No"'),
            "acme.toml: ifs.targets.tracking.attribute (target 1): ",
        ),
        (("go_live_at =", "# go_live_at ="), "acme.toml: go_live_at: "),
    ],
    ids=["value", "unknown key", "nested", "missing"],
)
def test_bad_connection_file_ends_the_synthesis(tmp_path: Path, changed: tuple[str, str], complaint: str) -> None:
    example = (ROOT / "infra/connections/example.toml").read_text(encoding="utf-8")
    assert changed[0] in example
    (tmp_path / "acme.toml").write_text(example.replace(*changed), encoding="utf-8")

    with pytest.raises(SynthError) as failure:
        synthesise({**CONTEXT, "connections": str(tmp_path)}, tmp_path / "cdk.out")

    assert complaint in str(failure.value)
    assert "Traceback" not in str(failure.value)


def test_what_is_hardly_meant_is_told_at_the_end_of_a_synthesis() -> None:
    ahead = a_connection(go_live_at=datetime.now(UTC) + timedelta(days=5, hours=1))
    (told,) = app.hardly_meant([ahead])
    assert told.startswith("acme.toml: go_live_at: go_live_at is 5 days ahead")


def test_what_two_files_say_together_is_told_at_the_end_of_a_synthesis() -> None:
    (told,) = app.hardly_meant(iter([a_connection(), a_connection(name="beta")]))
    assert told.startswith("beta.toml: ifs.base_url: acme delivers to the same tenant and company 10.")


def test_every_documented_profile_is_synthesised_beside_the_others(documented_assembly: Path) -> None:
    shipped = {path.name for path in documented_assembly.glob("asset.*/connections/*")}
    profiles = {
        "shipment-header.toml",
        "order-header.toml",
        "custom-entity.toml",
        "orders.toml",
        "customer-orders.toml",
        "reference-data.toml",
        "stock.toml",
    }
    assert shipped == {*profiles, "rows-ca.pem"}
