"""For all tests: what is loaded before the first one is not searched for garbage again and again."""

from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    """TensorFlow, Keras and hypothesis are a million objects; left to the collector, they make the fast tests a tenth slower."""
    gc.collect()
    gc.freeze()
