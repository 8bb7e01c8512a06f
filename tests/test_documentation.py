"""README tells the truth: every page, data set, recipe, setting and command, and the commands that CI runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.cli import build_parser
from core.datasets.known_sets import BUNDLED, KNOWN_SETS
from core.networks.recipes import RECIPES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def words_in_code(text: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", text))


def test_every_page_of_the_navigation_is_described() -> None:
    sections = re.findall(r'"(\w*)": \[(.*?)\]', (ROOT / "dashboard.py").read_text(encoding="utf-8"), re.DOTALL)
    names = [f"{section} > {title}" if section else title for section, body in sections for title in re.findall(r'title="([^"]+)"', body)]
    assert len(names) == len(list((ROOT / "pages").glob("[!c]*/*.py")))
    assert [name for name in names if f"| {name} |" not in README] == []


@pytest.mark.parametrize("name", [*KNOWN_SETS, BUNDLED])
def test_every_image_set_is_described(name: str) -> None:
    assert f"| `{name}` |" in README


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_described_with_its_real_settings(name: str) -> None:
    [row] = [line for line in README.splitlines() if line.startswith(f"| `{name}` |")]
    spec = RECIPES[name].spec
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    # Layers without a number, such as dropout, are named in words.
    assert re.findall(r"\w*\d\w*", cells[2]) == [layer.short for layer in spec.hidden if layer.short]
    assert (int(cells[4]), int(cells[5])) == (spec.batch_size, spec.epochs)


def test_every_environment_variable_is_described() -> None:
    used = set(re.findall(r'environ\.get\("(INKLING_\w+)"', (ROOT / "core/settings.py").read_text(encoding="utf-8")))
    assert used
    assert used <= words_in_code(README)


def test_every_command_is_described() -> None:
    [commands] = [action.choices for action in build_parser()._actions if action.choices]
    assert commands is not None
    assert [name for name in commands if f"python -m core {name}" not in README] == []


def test_ci_runs_the_test_command_of_the_readme() -> None:
    [command] = [line for line in README.splitlines() if line.startswith("python3 -m venv") and "pytest" in line]
    assert command in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_every_benchmark_is_listed_with_its_command() -> None:
    listed = (ROOT / "tests/benchmarks/README.md").read_text(encoding="utf-8")
    scripts = [
        path.stem for path in (ROOT / "tests/benchmarks").glob("*.py") if 'if __name__ == "__main__"' in path.read_text(encoding="utf-8")
    ]
    assert scripts
    assert [name for name in scripts if f"python -m tests.benchmarks.{name}" not in listed] == []


def test_every_pinned_version_is_the_one_installed_here() -> None:
    from importlib.metadata import PackageNotFoundError, version

    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        name, _, pinned = line.split(";")[0].strip().partition("==")
        if not pinned:
            continue
        try:
            assert version(name) == pinned
        except PackageNotFoundError:
            # TensorFlow comes under one of two names, by platform.
            assert name.startswith("tensorflow")
