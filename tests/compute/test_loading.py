"""Loading TensorFlow without what Keras only looks for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("inkling:")[-1].strip()


@pytest.mark.slow
def test_keras_is_loaded_without_them_and_they_can_be_imported_afterwards() -> None:
    code = (
        "import sys\n"
        "from core.compute.loading import load_tensorflow\n"
        "load_tensorflow(1)\n"
        "before = [name for name in ('keras', 'tensorflow', 'matplotlib', 'pandas', 'sklearn') if name in sys.modules]\n"
        "import tensorflow\n"
        "threads = tensorflow.config.threading.get_intra_op_parallelism_threads()\n"
        "import matplotlib.figure, pandas, sklearn.manifold\n"
        "print('inkling:', before, threads, len(sys.meta_path) > 0 and all('Absent' not in repr(finder) for finder in sys.meta_path))\n"
    )
    assert run(code) == "['keras', 'tensorflow'] 1 True"


@pytest.mark.slow
@pytest.mark.parametrize(
    "load",
    ["from core.compute.loading import load_libraries; load_libraries(lambda: None)", "from core.compute.worker import load; load()"],
    ids=["the engine", "a worker that is not forked"],
)
def test_what_an_engine_loads_leaves_no_notices_in_its_log(load: str) -> None:
    command = [sys.executable, "-c", f"{load}; import sys; print('tensorflow' in sys.modules)"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
    assert (done.stdout.strip(), done.stderr) == ("True", "")


@pytest.mark.slow
def test_a_job_in_another_thread_may_import_them_meanwhile() -> None:
    code = (
        "import threading\n"
        "from core.compute.loading import load_tensorflow\n"
        "loading = threading.Thread(target=load_tensorflow, args=(None,))\n"
        "loading.start()\n"
        "import sklearn.manifold, pandas\n"
        "during = loading.is_alive()\n"
        "loading.join()\n"
        "import keras\n"
        "print('inkling:', during, keras.Sequential.__name__, sklearn.manifold.TSNE.__name__)\n"
    )
    assert run(code) == "True Sequential TSNE"


@pytest.mark.parametrize(("end", "status"), [("pass", 0), ("raise SystemExit(3)", 3), ("os.abort()", -6)])
def test_notices_written_while_a_library_loads_are_dropped_and_all_else_arrives(end: str, status: int) -> None:
    code = (
        "import os\n"
        "from core.compute.loading import _without_notices\n"
        "with _without_notices():\n"
        "    os.write(2, b'WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\\n')\n"
        "    os.write(2, b'I0000 00:00:1796047630.613223    9221 port.cc:153] oneDNN custom operations are on.\\n')\n"
        "    os.write(2, b'E0000 00:00:1796047630.613223    9221 cpu.cc:9] This processor lacks AVX.\\n')\n"
        f"    {end}\n"
        "os.write(2, b'I0000 written afterwards\\n')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    first, *others = done.stderr.splitlines()
    assert done.returncode == status and first.endswith("This processor lacks AVX.")
    assert others == (["I0000 written afterwards"] if status == 0 else [])
