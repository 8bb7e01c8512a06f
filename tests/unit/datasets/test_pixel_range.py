"""Which numbers are black and white, whatever the file."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.datasets.image_set import ImageSet
from core.datasets.importing.pixel_range import find_unfit, measure, propose_for
from tests.unit.datasets.archives import write_zip
from tests.unit.datasets.array_sources import import_files, survey_files

LABELS = np.arange(40) % 4
# As ink is: mostly nothing, and in nearly every picture some pixel that is all there.
SHARES = np.where(np.random.default_rng(3).random((40, 6, 6)) < 0.6, 0, np.random.default_rng(4).integers(0, 16, (40, 6, 6)) / 15)


def as_csv(numbers: np.ndarray) -> dict[str, bytes]:
    rows = (",".join([str(label), *map(str, row)]) for label, row in zip(LABELS, numbers.reshape(40, -1).tolist(), strict=True))
    header = ",".join(["label", *(f"p{number}" for number in range(36))])
    return {"set.csv.gz": gzip.compress("\n".join([header, *rows]).encode())}


def as_npz(numbers: np.ndarray) -> dict[str, bytes]:
    file = io.BytesIO()
    np.savez(file, x=numbers, y=LABELS)
    return {"set.npz": file.getvalue()}


def as_idx(numbers: np.ndarray) -> dict[str, bytes]:
    def idx(array: np.ndarray) -> bytes:
        return bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape) + array.astype(np.uint8).tobytes()

    return {"images": idx(numbers), "labels": idx(LABELS)}


def as_pictures(numbers: np.ndarray, folder: Path) -> dict[str, bytes]:
    members = {}
    for place, (label, picture) in enumerate(zip(LABELS, numbers, strict=True)):
        file = io.BytesIO()
        Image.fromarray(picture.astype(np.uint8 if numbers.max() < 256 else np.uint16)).save(file, "PNG")
        members[f"{label}/{place:02d}.png"] = file.getvalue()
    return {"set.zip": write_zip(folder / "pictures.zip", members).read_bytes()}


def pictures_of(image_set: ImageSet) -> set[bytes]:
    return {picture.tobytes() for picture in (*image_set.x_train, *image_set.x_test)}


@pytest.mark.parametrize("white", [1, 15, 16, 31, 63, 127, 255, 1_023, 4_095, 65_535])
def test_the_same_pictures_give_the_same_set_whatever_the_format(tmp_path: Path, white: int) -> None:
    numbers = np.rint(SHARES * white).astype(np.int64)
    expected = {picture.tobytes() for picture in np.rint(numbers * 255 / white).astype(np.uint8)}
    files = [as_csv(numbers), as_npz(numbers), as_npz(numbers.astype(np.float32)), as_pictures(numbers, tmp_path)]
    for contents in [*files, as_idx(numbers)] if white < 256 else files:
        survey, result = import_files(tmp_path, contents)
        assert survey.suggestion.largest == white
        assert pictures_of(result.image_set) == expected and result.image_set.max_value == 255, contents.keys()
        assert (f"0 and {white} are taken as black and white" in " ".join(survey.notes)) == (white != 255)


@pytest.mark.parametrize(
    ("lowest", "highest", "black", "white"),
    [
        (0.0, 0.97, 0, 1),
        (0.0, 16 / 255, 0, 16 / 255),
        (0.0, 1.0000001, 0, 1),
        (0.0, 254.4, 0, 255),
        (0.0, 15.6, 0, 16),
        (-1.0, 0.98, -1, 1),
        (-0.5, 0.5, -0.5, 0.5),
        (-0.4242, 2.8215, -0.4242, 2.8215),
        (0, 4_080, 0, 4_095),
        (0, 99, 0, 100),
        (0, 90_000, 0, 90_000),
    ],
)
def test_white_is_told_by_the_largest_number(lowest: float, highest: float, black: float, white: float) -> None:
    pictures = np.linspace(lowest, highest, 9).reshape(1, 3, 3).repeat(4, axis=0)
    found = propose_for(measure(np.rint(pictures) if isinstance(lowest, int) else pictures))
    assert (found.black, found.white) == (pytest.approx(black), pytest.approx(white))
    assert found.convert(np.array([black, white])).tolist() == [0, 255]


def test_the_largest_value_can_be_chosen_and_what_is_beyond_becomes_white(tmp_path: Path) -> None:
    numbers = np.rint(SHARES * 16).astype(np.int64)
    for contents in (as_csv(numbers), as_npz(numbers), as_idx(numbers), as_pictures(numbers, tmp_path)):
        _, result = import_files(tmp_path, contents, largest=10)
        assert pictures_of(result.image_set) == {picture.tobytes() for picture in np.rint(numbers.clip(0, 10) * 255 / 10).astype(np.uint8)}
        _, result = import_files(tmp_path, contents, largest=255)
        assert max(result.image_set.x_train.max(), result.image_set.x_test.max()) == 16


def test_a_stray_number_does_not_decide_what_white_is() -> None:
    for pictures, strays in ((SHARES, [7, -3]), (np.rint(SHARES * 255), [256, 60_000]), (SHARES * 2 - 1, [np.nan, 40])):
        with_strays = pictures.copy()
        with_strays[5, 0, 0], with_strays[9, 3, 3] = strays
        extents = measure(with_strays)
        assert np.flatnonzero(find_unfit(extents)).tolist() == [5, 9]
        assert propose_for(extents) == propose_for(measure(pictures))


def test_pictures_of_a_single_shade_prove_nothing(tmp_path: Path) -> None:
    shades = np.arange(40)[:, None, None] % 12 + np.zeros((1, 6, 6), dtype=np.int64)
    for contents in (as_npz(shades), as_pictures(shades, tmp_path)):
        survey, result = import_files(tmp_path, contents)
        assert survey.suggestion.largest == 255 and result.image_set.x_train.max() == 11


def test_pixels_that_are_none_are_left_out_and_told(tmp_path: Path) -> None:
    numbers = SHARES.copy()
    numbers[3, 2, 1] = np.nan
    survey, result = import_files(tmp_path, as_npz(numbers))
    assert [(left.name, left.reason[:16]) for left in survey.unreadable] == [("image 4", "Pixel 14 is nan,")]
    assert survey.pictures == len(result.image_set.y_train) + len(result.image_set.y_test) == 39


def test_a_black_set_stays_black(tmp_path: Path) -> None:
    assert survey_files(tmp_path, as_npz(np.zeros((40, 6, 6)))).suggestion.largest == 255
