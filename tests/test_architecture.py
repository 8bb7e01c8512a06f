"""The plan of the house, held against the code: who may import whom."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = {"tensorflow", "keras"}
ALLOWED_IN_CORE = {
    # package: the packages of core it may import besides itself and core's own top-level modules
    "datasets": set(),
    "networks": set(),
    "training": {"datasets", "networks"},
    "runs": {"datasets", "networks", "training"},
    "predictions": {"datasets", "networks"},
    "drawing": {"datasets"},
    "drawings": {"datasets", "drawing"},
    "figures": {"datasets", "networks", "training", "runs", "predictions", "drawing", "shipped", "drawings"},
    "shipped": {"datasets", "networks", "training", "predictions", "drawing"},
    "compute": {"datasets", "networks", "training", "runs", "predictions", "shipped"},
}


def python_files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@cache
def imports_of(path: Path) -> tuple[str, ...]:
    """Everything that a file imports, inside functions too."""
    return tuple(imported_modules(parse(path)))


def imported_modules(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def module_level_imports(tree: ast.Module) -> Iterator[str]:
    """Imports that run when the file is imported: everything outside functions and `if TYPE_CHECKING`."""
    pending: list[ast.stmt] = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            pending.extend(node.orelse)
            continue
        yield from imported_modules(node) if isinstance(node, (ast.Import, ast.ImportFrom)) else ()
        pending.extend(child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt))


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", python_files("core"), ids=lambda path: str(path.relative_to(ROOT)))
def test_core_knows_neither_pages_nor_streamlit(path: Path) -> None:
    roots = {name.split(".")[0] for name in imports_of(path)}
    assert not roots & {"streamlit", "pages", "dashboard", "streamlit_drawable_canvas"}


@pytest.mark.parametrize("path", python_files("core"), ids=lambda path: str(path.relative_to(ROOT)))
def test_tensorflow_is_imported_only_inside_functions(path: Path) -> None:
    roots = {name.split(".")[0] for name in module_level_imports(parse(path))}
    assert not roots & HEAVY


@pytest.mark.parametrize("package", sorted(ALLOWED_IN_CORE))
def test_imports_inside_core_point_one_way(package: str) -> None:
    for path in python_files(f"core/{package}"):
        for name in imports_of(path):
            parts = name.split(".")
            if parts[0] == "core" and len(parts) > 2:
                assert parts[1] in ALLOWED_IN_CORE[package] | {package}, f"{path.relative_to(ROOT)} imports {name}"


@pytest.mark.parametrize("path", [ROOT / "dashboard.py", *python_files("pages")], ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_import_components_and_core_but_no_other_page(path: Path) -> None:
    for name in imports_of(path):
        parts = name.split(".")
        assert parts[0] not in HEAVY | {"distributed", "dask"}
        if parts[0] == "pages":
            assert parts[1] == "components", f"{path.relative_to(ROOT)} imports {name}"


def test_each_awkward_package_is_imported_by_one_place_alone() -> None:
    files = [ROOT / "dashboard.py", *python_files("pages"), *python_files("core")]
    canvas = [path for path in files if "streamlit_drawable_canvas" in imports_of(path)]
    assert [path.name for path in canvas] == ["canvas.py"]
    dask = {path.parent.name for path in files if {name.split(".")[0] for name in imports_of(path)} & {"dask", "distributed"}}
    assert dask <= {"compute"}
    session = [path.name for path in files if "st.session_state" in path.read_text(encoding="utf-8")]
    assert session == ["state.py"]


@pytest.mark.parametrize("path", [path for path in python_files("pages") if path.parent.name != "components"], ids=lambda path: path.stem)
def test_a_page_is_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 100


def test_nothing_is_unpickled_or_evaluated() -> None:
    for path in [*python_files("core"), *python_files("pages")]:
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in {"eval", "exec", "pickle.load", "pickle.loads", "joblib.load"}, f"{path} calls {called}"
            if isinstance(node, ast.keyword) and node.arg in {"allow_pickle", "safe_mode"}:
                expected = node.arg == "safe_mode"
                assert isinstance(node.value, ast.Constant) and node.value.value is expected, f"{path} sets {node.arg} otherwise"
