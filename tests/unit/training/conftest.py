"""A tiny image set that a network can learn, and a run of it."""

import numpy as np
import pytest

from core.datasets.image_set import ImageSet, build_image_set


def _images(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise from 0 to 100, with a bright row whose height is the class."""
    labels = rng.integers(0, 4, count)
    images = rng.integers(0, 100, (count, 8, 8))
    images[np.arange(count), 2 * labels] += 100
    return images.astype(np.uint8), labels


def _build(train: int, test: int) -> ImageSet:
    rng = np.random.default_rng(7)
    (x_train, y_train), (x_test, y_test) = _images(rng, train), _images(rng, test)
    return build_image_set(
        name="rows", title="Rows", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test, origin="Made for this test."
    )


@pytest.fixture(scope="session")
def tiny_set() -> ImageSet:
    """150 training images: with a fifth held back and batches of 32, the last of four batches has 24."""
    return _build(150, 20)


@pytest.fixture(scope="session")
def large_set() -> ImageSet:
    """Enough images for epochs that last many chunks."""
    return _build(150_000, 10)
