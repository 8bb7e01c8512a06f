from __future__ import annotations

import gzip
import resource
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.datasets.importing.detect import open_source
from core.datasets.importing.source import SourceKind
from core.errors import Cancelled, DatasetError
from tests.unit.datasets.array_sources import import_anything, import_files, never, options_for, quiet, survey_files, write_files

IMAGES = np.random.default_rng(4).integers(0, 256, (12, 5, 4), dtype=np.uint8)
LABELS = (np.arange(12) % 3).astype(np.uint8)


def idx(array: np.ndarray, kind: int = 8) -> bytes:
    return bytes([0, 0, kind, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape) + array.tobytes()


PAIR = {"train-images-idx3-ubyte": idx(IMAGES), "train-labels-idx1-ubyte": idx(LABELS)}
FOUR = {**PAIR, "t10k-images-idx3-ubyte": idx(IMAGES[:6]), "t10k-labels-idx1-ubyte": idx(LABELS[:6])}


@pytest.mark.parametrize("is_packed", [False, True])
@pytest.mark.parametrize("turned", [False, True])
def test_the_four_files_make_a_set_gzipped_or_not_and_in_any_order(tmp_path: Path, is_packed: bool, turned: bool) -> None:
    contents = {f"{name}.gz" if is_packed else name: gzip.compress(data) if is_packed else data for name, data in FOUR.items()}
    survey, result = import_files(tmp_path, dict(reversed(contents.items())) if turned else contents)
    assert (survey.kind, survey.has_split, survey.sizes) == (SourceKind.IDX, True, (((4, 5), 18),))
    assert (survey.training_counts, survey.test_counts, survey.notes) == ((4, 4, 4), (2, 2, 2), ())
    np.testing.assert_array_equal(result.image_set.x_train, IMAGES)
    np.testing.assert_array_equal(result.image_set.y_test, LABELS[:6])


def test_two_files_are_split_here(tmp_path: Path) -> None:
    survey, result = import_files(tmp_path, {"b": PAIR["train-labels-idx1-ubyte"], "a": PAIR["train-images-idx3-ubyte"]}, test_share=0.25)
    assert not survey.has_split and np.bincount(result.image_set.y_test).tolist() == [1, 1, 1]


def test_colour_and_a_last_axis_of_one_are_understood(tmp_path: Path) -> None:
    colour = np.random.default_rng(2).integers(0, 256, (12, 5, 4, 3), dtype=np.uint8)
    survey, _ = import_files(tmp_path, {"images": idx(colour), "labels": idx(LABELS)})
    assert survey.colour_pictures == 12
    _, result = import_files(tmp_path, {"images": idx(IMAGES[..., None]), "labels": idx(LABELS)})
    assert result.image_set.image_shape == (5, 4)


def test_labels_with_gaps_are_numbered_afresh(tmp_path: Path) -> None:
    survey = survey_files(tmp_path, {"images": idx(IMAGES), "labels": idx(LABELS + np.uint8(10))})
    assert survey.class_names == ("10", "11", "12") and "from 10 to 12" in survey.notes[0]


@pytest.mark.parametrize(("kind", "dtype"), [(9, ">i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")])
def test_all_types_of_values_that_the_format_has_are_read(tmp_path: Path, kind: int, dtype: str) -> None:
    white = {9: 127, 11: 4095, 12: 65_535}.get(kind, 1.0)
    inks = np.arange(240).reshape(12, 5, 4) % 2 * white
    survey, result = import_files(tmp_path, {"images": idx(inks.astype(dtype), kind), "labels": idx(LABELS.astype(dtype), kind)})
    assert survey.class_names == ("0", "1", "2") and survey.suggestion.largest == white
    assert np.unique(result.image_set.x_train).tolist() == [0, 255]


def test_rows_of_numbers_are_squares_in_the_order_of_their_colours(tmp_path: Path) -> None:
    ramps = np.random.default_rng(0).integers(0, 40, (12, 3, 1, 1)) + np.add.outer(np.arange(8) * 9, np.arange(8) * 9)
    colour = ramps.transpose(0, 2, 3, 1).astype(np.uint8)
    for order in (ramps, colour):
        survey, result = import_files(tmp_path, {"images": idx(order.astype(np.uint8).reshape(12, -1)), "labels": idx(LABELS)})
        assert survey.colour_pictures == 12 and "8 x 8 pixels" in survey.notes[0]
        images = {image.tobytes() for image in (*result.image_set.x_train, *result.image_set.x_test)}
        assert images == {picture.tobytes() for picture in colour}


@pytest.mark.parametrize(
    ("name", "suggested"),
    [("emnist-letters-train-images-idx3-ubyte.gz", "emnist-letters"), ("train-images-idx3-ubyte", "my_images"), ("cats.idx", "cats")],
)
def test_the_suggested_name_leaves_out_what_all_such_files_are_called(tmp_path: Path, name: str, suggested: str) -> None:
    assert survey_files(tmp_path, {name: idx(IMAGES), "labels": idx(LABELS)}).suggestion.name == suggested


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (b"\0\0\x08\x03" + idx(IMAGES)[4:-1], "ends after 239 of 240 values"),
        (idx(IMAGES) + b"\0", "goes on after the 240 values"),
        (idx(IMAGES)[:10], "ends within its header"),
        (b"\x01\0\x08\x03" + idx(IMAGES)[4:], "not an IDX file, though it is called one: it begins with 1, 0, 8, 3"),
        (bytes([0, 0, 10, 3]) + idx(IMAGES)[4:], "not an IDX file, though it is called one: it begins with 0, 0, 10, 3"),
        (idx(IMAGES.astype(">f8"), kind=14)[:-1], "ends after 239 of 240 values"),
        (idx(IMAGES.reshape(12, 20)), r"an array of shape \(12, 20\)"),
        (idx(IMAGES[:0]), "holds nothing"),
        (idx(IMAGES[:5]), r"holds 5 images, but .* 12 labels"),
        (bytes([0, 0, 8, 3]) + b"\xff" * 12, "79,228,162,.* values by its header; expected at most"),
        (bytes([0, 0, 8, 3, 0, 0, 0, 12, 0, 0, 20, 0, 0, 0, 0, 1]), "1 x 5,120 pixels; expected 1 to 2,048"),
        (gzip.compress(idx(IMAGES), mtime=0)[:-20], "damaged or not complete"),
        (gzip.compress(idx(IMAGES), mtime=0)[:30] + bytes(60), "damaged or not complete"),
    ],
)
def test_each_thing_that_can_be_wrong_has_its_sentence(tmp_path: Path, images: bytes, message: str) -> None:
    with pytest.raises(DatasetError, match=message) as caught:
        survey_files(tmp_path, {"train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": idx(LABELS)})
    assert "train-images-idx3-ubyte" in str(caught.value)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ({"a": idx(IMAGES)}, "do not make a set: a with images"),
        ({"train": idx(IMAGES), "test": idx(IMAGES)}, "do not make a set"),
        ({"a": idx(IMAGES), "b": idx(LABELS), "c": idx(IMAGES), "d": idx(LABELS)}, "It can't be told which of a and c is for testing"),
        ({**FOUR, "t10k-images-idx3-ubyte": idx(IMAGES[:6, :4])}, "expected the same in all"),
        ({"a": idx(IMAGES), "b": idx(np.zeros(12, np.uint8))}, "only one class"),
    ],
)
def test_files_that_do_not_belong_together_are_refused(tmp_path: Path, contents: dict[str, bytes], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        survey_files(tmp_path, contents)


def test_a_gzip_bomb_is_read_no_further_than_its_header_promises(tmp_path: Path) -> None:
    bomb = gzip.compress(idx(IMAGES) + bytes(60_000_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DatasetError, match="goes on after"):
        survey_files(tmp_path, {"images": bomb, "labels": idx(LABELS)})
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 25_000


def test_a_file_that_changes_between_survey_and_import_is_noticed(tmp_path: Path) -> None:
    files = write_files(tmp_path, PAIR)
    source = open_source(files)
    survey = source.survey(quiet, never)
    files[0].path.write_bytes(idx(IMAGES[:6]))
    with pytest.raises(DatasetError, match="changed while it was read"):
        source.read(survey, options_for(survey), quiet, never)


def test_the_work_can_be_called_off(tmp_path: Path) -> None:
    source = open_source(write_files(tmp_path, PAIR))
    with pytest.raises(Cancelled):
        source.survey(quiet, lambda: True)


@given(
    content=st.binary(max_size=200), changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=5), packed=st.booleans()
)
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_arbitrary_and_damaged_files_are_refused_or_a_valid_set(
    tmp_path: Path, content: bytes, changes: list[tuple[int, int]], packed: bool
) -> None:
    import_anything(tmp_path, {"images": b"\0\0\x08\x03" + content, "labels": idx(LABELS)})
    mutated = bytearray(gzip.compress(idx(IMAGES), mtime=0) if packed else idx(IMAGES))
    for position, value in changes:
        mutated[position % len(mutated)] = value
    import_anything(tmp_path, {"images": bytes(mutated), "labels": idx(LABELS)})
