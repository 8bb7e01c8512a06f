from __future__ import annotations

import numpy as np
import pytest

from core.datasets.image_set import ImageSet, Split, build_image_set, check_layout
from core.errors import DatasetError
from core.settings import MAX_IMAGES, MAX_SET_BYTES, MAX_SIDE


def arrays(**changed: np.ndarray) -> dict[str, np.ndarray]:
    sound = {
        "x_train": np.arange(6 * 4 * 4, dtype=np.uint8).reshape(6, 4, 4),
        "y_train": np.array([0, 1, 2, 0, 1, 2]),
        "x_test": np.ones((2, 4, 4), dtype=np.uint8),
        "y_test": np.array([0, 2]),
    }
    return {**sound, **changed}


def build(class_names: tuple[str, ...] | None = None, max_value: int = 255, **changed: np.ndarray) -> ImageSet:
    return build_image_set(name="mine", title="Mine", class_names=class_names, max_value=max_value, origin="Made up.", **arrays(**changed))


def test_a_sound_set_is_read_only_with_int32_labels_and_numbered_classes() -> None:
    image_set = build()
    assert image_set.image_shape == (4, 4) and image_set.is_grey
    assert image_set.class_names == ("0", "1", "2")
    assert image_set.y_train.dtype == np.int32
    for split in Split:
        with pytest.raises(ValueError, match="read-only"):
            image_set.images(split)[0] = 0
        with pytest.raises(ValueError, match="read-only"):
            image_set.labels(split)[0] = 0


def test_the_callers_own_array_stays_writable() -> None:
    images = np.zeros((6, 4, 4), dtype=np.uint8)
    build(x_train=images)
    images[0] = 1


def test_an_axis_of_one_channel_and_labels_in_a_column_are_flattened() -> None:
    image_set = build(
        x_train=np.zeros((6, 4, 4, 1), np.uint8), x_test=np.zeros((2, 4, 4), np.uint8), y_train=np.array([[0], [1], [2], [0], [1], [2]])
    )
    assert image_set.image_shape == (4, 4)
    assert image_set.y_train.tolist() == [0, 1, 2, 0, 1, 2]


def test_colour_images_keep_their_channels() -> None:
    image_set = build(x_train=np.zeros((6, 4, 4, 3), np.uint8), x_test=np.zeros((2, 4, 4, 3), np.uint8))
    assert image_set.image_shape == (4, 4, 3) and not image_set.is_grey


def test_the_hash_tells_pixels_labels_and_shapes_apart_but_not_names() -> None:
    plain = build()
    assert plain.sha256 == build(class_names=("a", "b", "c")).sha256
    assert plain.sha256 != build(y_test=np.array([0, 1])).sha256
    assert plain.sha256 != build(x_test=np.zeros((2, 4, 4), np.uint8)).sha256
    tall = {"x_train": arrays()["x_train"].reshape(6, 8, 2), "x_test": arrays()["x_test"].reshape(2, 8, 2)}
    assert plain.sha256 != build(**tall).sha256


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"x_train": np.zeros((6, 4, 4), np.float32)}, "x_train holds float32 values; expected uint8"),
        ({"x_train": np.zeros((6, 16), np.uint8)}, r"x_train has shape \(6, 16\); expected uint8 images"),
        ({"x_train": np.zeros((6, 4, 4, 2), np.uint8)}, r"x_train has shape \(6, 4, 4, 2\)"),
        ({"x_test": np.zeros((0, 4, 4), np.uint8), "y_test": np.zeros(0, int)}, "x_test holds no images"),
        ({"x_test": np.zeros((2, 5, 4), np.uint8)}, "expected the same shape in both"),
        ({"x_train": np.zeros((6, 4, MAX_SIDE + 1), np.uint8)}, f"expected 1 to {MAX_SIDE} a side"),
        ({"y_train": np.zeros(6)}, "y_train holds float64 values; expected whole numbers"),
        ({"y_train": np.zeros(5, int)}, r"y_train has shape \(5,\); expected \(6,\)"),
        ({"y_test": np.array([0, -1])}, "y_test runs from -1 to 0"),
        ({"y_test": np.array([0, 5000])}, "y_test runs from 0 to 5000"),
        ({"y_train": np.zeros(6, int)}, "at least two to tell apart"),
        ({"y_train": np.zeros(6, int), "y_test": np.zeros(2, int)}, "at least two to tell apart"),
    ],
)
def test_what_is_wrong_is_said_with_what_was_expected(changed: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(DatasetError, match=f"^mine: .*{message}"):
        build(**changed)


def test_a_label_without_a_name_is_refused() -> None:
    with pytest.raises(DatasetError, match="a label is 2, but there are 2 class names"):
        build(class_names=("a", "b"))


def test_a_pixel_above_the_largest_value_is_refused() -> None:
    with pytest.raises(DatasetError, match="a pixel is 95; expected at most 16"):
        build(max_value=16)


@pytest.mark.parametrize(
    ("images", "side", "message"),
    [(MAX_IMAGES, 8, f"expected at most {MAX_IMAGES:,}"), (60_000, MAX_SIDE, f"expected at most {MAX_SET_BYTES:,}")],
)
def test_sizes_are_checked_without_any_array(images: int, side: int, message: str) -> None:
    pixel, label = np.dtype(np.uint8), np.dtype(np.int64)
    layout = {
        "x_train": (pixel, (images, side, side)),
        "y_train": (label, (images,)),
        "x_test": (pixel, (1, side, side)),
        "y_test": (label, (1,)),
    }
    with pytest.raises(DatasetError, match=message):
        check_layout("mine", layout)
