"""For all tests: what is loaded before the first one is not searched for garbage again and again."""

from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    """TensorFlow, Keras and hypothesis are a million objects. Streamlit has them searched in full after each run of a page,
    which made a test of a page take four seconds instead of a third of one."""
    gc.collect()
    gc.freeze()
