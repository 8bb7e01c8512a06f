"""A slice of the files of `tests.benchmarks.hostile_files`: each ends as something valid or a clear error, within its bounds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.hostile_files import problems
from tests.hostile.opening import KINDS

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.slow
def test_a_hostile_file_of_each_kind_is_refused_or_valid() -> None:
    command = [sys.executable, "-m", "tests.hostile.opening", "--seed=7", f"--count={len(KINDS)}"]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    outcomes = [json.loads(line) for line in found.stdout.splitlines()]
    assert [outcome["kind"] for outcome in outcomes] == list(KINDS)
    assert {outcome["kind"]: outcome["error"] for outcome in outcomes if problems(outcome)} == {}
    # Bounds that refuse everything would be none.
    ways = {way for outcome in outcomes for way in outcome["result"]}
    assert {"import: accepted", "import: refused"} <= ways
