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
