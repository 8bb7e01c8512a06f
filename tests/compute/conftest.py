from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sklearn.datasets import load_digits

from core.datasets.image_set import ImageSet, build_image_set
from core.errors import DatasetError
from core.settings import Settings


@pytest.fixture(scope="session")
def digits() -> ImageSet:
    bunch = load_digits()
    images, labels = bunch.images.astype("uint8"), bunch.target
    return build_image_set(
        name="digits",
        title="Digits",
        x_train=images[:1437],
        y_train=labels[:1437],
        x_test=images[1437:],
        y_test=labels[1437:],
        max_value=16,
        origin="scikit-learn",
    )


@pytest.fixture(scope="session")
def load_dataset(digits: ImageSet) -> Callable[[str], ImageSet]:
    def load(name: str) -> ImageSet:
        if name != "digits":
            raise DatasetError(f"There is no data set called {name!r}.")
        return digits

    return load


@pytest.fixture(scope="session")
def settings_for() -> Callable[[Path], Settings]:
    return lambda home: Settings(home=home, dataset_folders=(), workers=1, cores=2, scheduler=None)


@pytest.fixture(scope="session")
def wait_until() -> Callable[..., None]:
    """Wait for something that other threads or processes do, and fail if it does not happen."""

    def wait(condition: Callable[[], object], seconds: float = 10.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "what was waited for did not happen"
            time.sleep(0.005)

    return wait
