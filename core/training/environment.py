"""What a training ran on, kept with each run: another machine or version may give slightly different numbers."""

from __future__ import annotations

import os
import platform


def describe_environment() -> dict[str, str]:
    """Versions of Python and the libraries that compute, the platform, and the number of processors. Loads TensorFlow."""
    import keras
    import numpy as np
    import tensorflow as tf

    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
        "platform": platform.platform(),
        "processors": str(os.cpu_count() or 1),
    }
