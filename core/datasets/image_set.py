"""`ImageSet`: labelled images, split into training and test, checked and read-only."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import DatasetError
from core.settings import MAX_CLASSES, MAX_IMAGES, MAX_SET_BYTES, MAX_SIDE, MIN_CLASSES

Images = NDArray[np.uint8]
Labels = NDArray[np.int32]
Layout = tuple[np.dtype[Any], tuple[int, ...]]


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


def fingerprint(array: NDArray[np.generic]) -> str:
    """The SHA-256 of an array's content, as hexadecimal digits: names what was asked about, for whoever keeps the answer."""
    return hashlib.sha256(array.tobytes()).hexdigest()


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
    arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    check_layout(name, {key: (array.dtype, array.shape) for key, array in arrays.items()})
    x_train, x_test = _prepare_images(x_train), _prepare_images(x_test)
    labels_train, labels_test, names = check_labels(name, y_train, y_test, class_names)
    brightest = int(max(x_train.max(), x_test.max()))
    if brightest > max_value:
        raise DatasetError(f"{name}: a pixel is {brightest}; expected at most {max_value}.")
    for array in (x_train, x_test, labels_train, labels_test):
        array.setflags(write=False)
    return ImageSet(name, title, x_train, labels_train, x_test, labels_test, names, max_value, origin)


def check_labels(
    name: str, y_train: NDArray[np.generic], y_test: NDArray[np.generic], class_names: tuple[str, ...] | None
) -> tuple[Labels, Labels, tuple[str, ...]]:
    """Check labels against each other and the class names; return both as `int32`, `(n,)`, and the names to use.

    Raises `DatasetError`, naming the array, what it holds and what was expected.
    """
    labels_train, labels_test = _prepare_labels(name, "y_train", y_train), _prepare_labels(name, "y_test", y_test)
    largest = int(max(labels_train.max(), labels_test.max()))
    count = len(class_names) if class_names is not None else largest + 1
    found = len(np.unique(labels_train)) if count >= MIN_CLASSES else count
    if not MIN_CLASSES <= count <= MAX_CLASSES or found < MIN_CLASSES:
        raise DatasetError(
            f"{name}: the training labels hold {found:,} of {count:,} classes; expected {MIN_CLASSES} to {MAX_CLASSES:,},"
            " numbered from 0 without large gaps. A network needs at least two to tell apart."
        )
    if largest >= count:
        raise DatasetError(f"{name}: a label is {largest}, but there are {count} class names; expected labels from 0 to {count - 1}.")
    return labels_train, labels_test, class_names if class_names is not None else tuple(str(label) for label in range(count))


def check_layout(name: str, layout: Mapping[str, Layout]) -> None:
    """Check what can be known of the four arrays before their values are: dtypes, shapes and sizes.

    `layout` maps `x_train`, `y_train`, `x_test` and `y_test` to `(dtype, shape)`, as a file's headers state them.

    Raises `DatasetError`, naming the array, what it holds and what was expected.
    """
    shapes = {}
    for images, labels in (("x_train", "y_train"), ("x_test", "y_test")):
        shapes[images] = _check_image_layout(name, images, *layout[images])
        _check_label_layout(name, labels, *layout[labels], images=shapes[images][0])
    if shapes["x_train"][1:] != shapes["x_test"][1:]:
        raise DatasetError(
            f"{name}: x_train holds images of shape {shapes['x_train'][1:]}, x_test of {shapes['x_test'][1:]};"
            " expected the same shape in both."
        )
    count = shapes["x_train"][0] + shapes["x_test"][0]
    if count > MAX_IMAGES:
        raise DatasetError(f"{name}: {count:,} images; expected at most {MAX_IMAGES:,}. Keep a part of them.")
    size = sum(dtype.itemsize * math.prod(shape) for dtype, shape in layout.values())
    if size > MAX_SET_BYTES:
        raise DatasetError(
            f"{name}: the arrays take {size:,} bytes; expected at most {MAX_SET_BYTES:,}. Keep a part or use smaller images."
        )


def _check_image_layout(name: str, key: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape without a last axis of one."""
    expected = "expected uint8 images of shape (n, height, width) or (n, height, width, 3)"
    if dtype != np.uint8:
        raise DatasetError(f"{name}: {key} holds {dtype} values; {expected}.")
    if len(shape) == 4 and shape[3] == 1:
        shape = shape[:3]
    if len(shape) not in (3, 4) or (len(shape) == 4 and shape[3] != 3):
        raise DatasetError(f"{name}: {key} has shape {shape}; {expected}.")
    if shape[0] == 0:
        raise DatasetError(f"{name}: {key} holds no images; expected at least one.")
    if not all(1 <= side <= MAX_SIDE for side in shape[1:3]):
        raise DatasetError(f"{name}: {key} holds images of {shape[1]} x {shape[2]} pixels; expected 1 to {MAX_SIDE} a side.")
    return shape


def _check_label_layout(name: str, key: str, dtype: np.dtype[Any], shape: tuple[int, ...], images: int) -> None:
    if dtype.kind not in "iu":
        raise DatasetError(f"{name}: {key} holds {dtype} values; expected whole numbers, one label an image.")
    if shape not in ((images,), (images, 1)):
        raise DatasetError(f"{name}: {key} has shape {shape}; expected ({images},), one label an image.")


def _prepare_images(array: NDArray[np.generic]) -> Images:
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    # A view, so that making it read-only does not reach into the caller's own array.
    return np.ascontiguousarray(array, dtype=np.uint8).view()


def _prepare_labels(name: str, key: str, array: NDArray[np.generic]) -> Labels:
    smallest, largest = int(array.min()), int(array.max())
    if smallest < 0 or largest >= MAX_CLASSES:
        raise DatasetError(f"{name}: {key} runs from {smallest} to {largest}; expected labels from 0 to at most {MAX_CLASSES - 1}.")
    return np.array(array, dtype=np.int32).reshape(-1)
