"""For all tests: what is loaded before the first one is not searched for garbage again and again, and no network is asked with nothing."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from functools import wraps
from typing import Any

import pytest

# What is imported while tests are collected stays; to look through it for garbage, again and again, takes a quarter of that time.
gc.disable()


def pytest_collection_finish() -> None:
    """TensorFlow, Keras and hypothesis are a million objects; left to the collector, they make the fast tests a fifth slower."""
    gc.enable()
    gc.collect()
    gc.set_threshold(20_000, 20, 10)
    gc.freeze()


@pytest.fixture(scope="session")
def no_empty_batches() -> Iterator[None]:
    """Whoever asks a network with no images fails, on any machine.

    TensorFlow answers an empty batch on some processors and fails on others: where oneDNN uses their newer instructions.
    The check is part of what is traced, so it also sees what a compiled program gets.
    """
    import keras
    import tensorflow as tf

    def checked(call: Any) -> Any:
        @wraps(call)
        def check(self: Any, inputs: Any, *args: Any, **named: Any) -> Any:
            tf.debugging.assert_positive(tf.shape(inputs)[0], "a network was asked with no images")
            return call(self, inputs, *args, **named)

        return check

    with pytest.MonkeyPatch.context() as patch:
        # Every network ends with a Dense layer; a convolution may fail before that is reached.
        for layer in (keras.layers.Dense, keras.layers.Conv2D):
            patch.setattr(layer, "call", checked(layer.call))
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_empty_batches_where_keras_is_loaded(request: pytest.FixtureRequest) -> None:
    """All tests of a run that loads Keras anyway; loading it for the others would take seconds."""
    if "keras" in sys.modules:
        request.getfixturevalue("no_empty_batches")
