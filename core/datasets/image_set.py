"""`ImageSet`: labelled images, split into training and test, checked and read-only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.errors import DatasetError
from core.settings import MAX_CLASSES, MAX_IMAGES, MAX_SIDE, MIN_CLASSES

Images = NDArray[np.uint8]
Labels = NDArray[np.int32]


class Split(StrEnum):
    """The two halves that a set comes in. Validation images are taken out of the training half, run by run."""

    TRAINING = "training"
    TEST = "test"


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Labelled images, split into training and test. Build one with `build_image_set`, which checks everything.

    Thread contract: immutable, its arrays are read-only, so any number of threads may share one.

    Attributes:
        name: what the set is called in specs, files and on the command line, such as `fashion_mnist`.
        title: what it is called on a page, such as `Fashion-MNIST`.
        x_train, x_test: `uint8` images, `(n, height, width)` for grey or `(n, height, width, 3)` for colour.
        y_train, y_test: `int32` labels, `(n,)`, from 0 to `class_count - 1`.
        class_names: one name for each label.
        max_value: the largest value a pixel can take: 255, or 16 for the UCI digits. Scaling divides by it.
        origin: one sentence on who made the images and how they reached this machine.
    """

    name: str
    title: str
    x_train: Images
    y_train: Labels
    x_test: Images
    y_test: Labels
    class_names: tuple[str, ...]
    max_value: int
    origin: str

    @property
    def image_shape(self) -> tuple[int, ...]:
        """`(height, width)` for grey images, `(height, width, 3)` for colour."""
        return tuple(self.x_train.shape[1:])

    @property
    def class_count(self) -> int:
        return len(self.class_names)

    @property
    def is_grey(self) -> bool:
        return len(self.image_shape) == 2

    @property
    def bytes(self) -> int:
        """Memory taken by the four arrays."""
        return self.x_train.nbytes + self.y_train.nbytes + self.x_test.nbytes + self.y_test.nbytes

    def images(self, split: Split) -> Images:
        return self.x_train if split == Split.TRAINING else self.x_test

    def labels(self, split: Split) -> Labels:
        return self.y_train if split == Split.TRAINING else self.y_test

    @cached_property
    def sha256(self) -> str:
        """Hash of the contents (shapes and values of the four arrays), so that a run can tell what it was trained on."""
        digest = hashlib.sha256()
        for array in (self.x_train, self.y_train, self.x_test, self.y_test):
            digest.update(repr(array.shape).encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def build_image_set(
    *,
    name: str,
    title: str,
    x_train: NDArray[np.generic],
    y_train: NDArray[np.generic],
    x_test: NDArray[np.generic],
    y_test: NDArray[np.generic],
    class_names: tuple[str, ...] | None = None,
    max_value: int = 255,
    origin: str,
) -> ImageSet:
    """Check the arrays and make them read-only.

    Images may come as `(n, h, w)`, `(n, h, w, 1)` (the last axis is dropped) or `(n, h, w, 3)`, dtype `uint8`.
    Labels may be any integer dtype, `(n,)` or `(n, 1)`. Without `class_names` the classes are called "0", "1", ...

    Raises `DatasetError`, naming the array, what it holds and what was expected.
    """
    x_train, x_test = _check_images(name, "x_train", x_train), _check_images(name, "x_test", x_test)
    if x_train.shape[1:] != x_test.shape[1:]:
        raise DatasetError(
            f"{name}: x_train holds images of shape {x_train.shape[1:]}, x_test of {x_test.shape[1:]}; expected the same shape in both."
        )
    if len(x_train) + len(x_test) > MAX_IMAGES:
        raise DatasetError(f"{name}: {len(x_train) + len(x_test):,} images; expected at most {MAX_IMAGES:,}. Keep a part of them.")
    labels_train = _check_labels(name, "y_train", y_train, len(x_train))
    labels_test = _check_labels(name, "y_test", y_test, len(x_test))
    count = len(class_names) if class_names is not None else int(max(labels_train.max(), labels_test.max())) + 1
    if not MIN_CLASSES <= count <= MAX_CLASSES or len(np.unique(labels_train)) < MIN_CLASSES:
        found = len(np.unique(labels_train)) if count >= MIN_CLASSES else count
        raise DatasetError(
            f"{name}: the training labels hold {found:,} of {count:,} classes; expected {MIN_CLASSES} to {MAX_CLASSES:,},"
            " numbered from 0 without large gaps. A network needs at least two to tell apart."
        )
    largest = int(max(labels_train.max(), labels_test.max()))
    if largest >= count:
        raise DatasetError(f"{name}: a label is {largest}, but there are {count} class names; expected labels from 0 to {count - 1}.")
    brightest = int(max(x_train.max(), x_test.max()))
    if brightest > max_value:
        raise DatasetError(f"{name}: a pixel is {brightest}; expected at most {max_value}.")
    for array in (x_train, x_test, labels_train, labels_test):
        array.setflags(write=False)
    names = class_names if class_names is not None else tuple(str(label) for label in range(count))
    return ImageSet(name, title, x_train, labels_train, x_test, labels_test, names, max_value, origin)


def _check_images(name: str, key: str, array: NDArray[np.generic]) -> Images:
    expected = "expected uint8 images of shape (n, height, width) or (n, height, width, 3)"
    if array.dtype != np.uint8:
        raise DatasetError(f"{name}: {key} holds {array.dtype} values; {expected}.")
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    if array.ndim not in (3, 4) or (array.ndim == 4 and array.shape[3] != 3):
        raise DatasetError(f"{name}: {key} has shape {array.shape}; {expected}.")
    if len(array) == 0:
        raise DatasetError(f"{name}: {key} holds no images; expected at least one.")
    if not all(1 <= side <= MAX_SIDE for side in array.shape[1:3]):
        raise DatasetError(f"{name}: {key} holds images of {array.shape[1]} x {array.shape[2]} pixels; expected 1 to {MAX_SIDE} a side.")
    # A view, so that making it read-only does not reach into the caller's own array.
    return np.ascontiguousarray(array, dtype=np.uint8).view()


def _check_labels(name: str, key: str, array: NDArray[np.generic], images: int) -> Labels:
    if array.dtype.kind not in "iu":
        raise DatasetError(f"{name}: {key} holds {array.dtype} values; expected whole numbers, one label an image.")
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.shape != (images,):
        raise DatasetError(f"{name}: {key} has shape {array.shape}; expected ({images},), one label an image.")
    smallest, largest = int(array.min()), int(array.max())
    if smallest < 0 or largest >= MAX_CLASSES:
        raise DatasetError(f"{name}: {key} runs from {smallest} to {largest}; expected labels from 0 to at most {MAX_CLASSES - 1}.")
    return np.array(array, dtype=np.int32)
