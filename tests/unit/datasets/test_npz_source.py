from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.datasets.catalog import load_digits
from core.datasets.importing.detect import open_source
from core.datasets.importing.options import Colour, Fit
from core.datasets.importing.source import SourceKind
from core.datasets.known_sets import KNOWN_SETS
from core.datasets.library import export_npz
from core.errors import Cancelled, DatasetError
from tests.unit.datasets.array_sources import import_anything, import_files, never, options_for, quiet, survey_files, write_files

X = np.random.default_rng(5).integers(0, 256, (20, 4, 5), dtype=np.uint8)
Y = np.arange(20) % 4
FOUR = {"x_train": X[:16], "y_train": Y[:16], "x_test": X[16:], "y_test": Y[16:]}


def npz(**arrays: object) -> dict[str, bytes]:
    file = io.BytesIO()
    np.savez_compressed(file, **{key: np.asarray(array) for key, array in arrays.items()})
    return {"my set.npz": file.getvalue()}


def test_the_four_arrays_become_the_set_they_are_in_their_order(tmp_path: Path) -> None:
    survey, result = import_files(tmp_path, npz(**FOUR))
    assert (survey.kind, survey.has_split, survey.class_names, survey.notes) == (SourceKind.NPZ, True, ("0", "1", "2", "3"), ())
    assert (survey.training_counts, survey.test_counts, survey.sizes) == ((4, 4, 4, 4), (1, 1, 1, 1), (((5, 4), 20),))
    assert (survey.suggestion.name, survey.suggestion.title, survey.suggestion.size) == ("my_set", "My set", None)
    for key, array in FOUR.items():
        np.testing.assert_array_equal(getattr(result.image_set, key), array)
    assert result.image_set.origin == "Imported from my set.npz, split as it came."


@pytest.mark.parametrize(
    "keys",
    [
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("X_train", "Y_train", "X_test", "Y_test"),
        ("training-data", "training-targets", "testing-data", "testing-targets"),
    ],
)
def test_other_usual_names_are_understood(tmp_path: Path, keys: tuple[str, ...]) -> None:
    _, result = import_files(tmp_path, npz(**dict(zip(keys, FOUR.values(), strict=True))))
    np.testing.assert_array_equal(result.image_set.x_test, FOUR["x_test"])
    np.testing.assert_array_equal(result.image_set.y_train, FOUR["y_train"])


@pytest.mark.parametrize("keys", [("x", "y"), ("X", "y"), ("images", "labels"), ("data", "target"), ("x_train", "y_train")])
def test_without_a_test_set_one_is_drawn_and_the_rest_shuffled(tmp_path: Path, keys: tuple[str, str]) -> None:
    by_class = np.argsort(Y, kind="stable")
    survey, result = import_files(tmp_path, npz(**{keys[0]: X[by_class], keys[1]: Y[by_class]}), test_share=0.4, seed=3)
    image_set = result.image_set
    assert not survey.has_split and survey.training_counts == (5, 5, 5, 5) and sum(survey.test_counts) == 0
    assert np.bincount(image_set.y_test).tolist() == [2, 2, 2, 2]
    assert image_set.y_train.tolist() != sorted(image_set.y_train.tolist())
    assert "40 % of each class, drawn with seed 3" in image_set.origin
    label_of = {picture.tobytes(): label for picture, label in zip(X, Y, strict=True)}
    for images, labels in ((image_set.x_train, image_set.y_train), (image_set.x_test, image_set.y_test)):
        assert [label_of[picture.tobytes()] for picture in images] == labels.tolist()


def test_validation_images_count_as_training_images_and_that_is_said(tmp_path: Path) -> None:
    survey, result = import_files(tmp_path, npz(**FOUR, val_images=X[:3], val_labels=Y[:3].reshape(3, 1)) | {})
    assert len(result.image_set.x_train) == 19
    assert "count as training images" in " ".join(survey.notes)


@pytest.mark.parametrize(
    ("pixels", "white"),
    [
        (X.astype(np.int64), 255),
        (X.astype(np.float64), 255),
        ((X / 255).astype(np.float32), 1),
        (X.astype(">u2"), 255),
        (X.astype(np.uint16) * 257, 65_535),
        (X.astype(np.float32) / 127.5 - 1, 1),
        (X.astype(np.int16) - 128, 127),
    ],
)
def test_pixels_in_another_type_become_bytes(tmp_path: Path, pixels: np.ndarray, white: float) -> None:
    survey, result = import_files(tmp_path, npz(**{**FOUR, "x_train": pixels[:16], "x_test": pixels[16:]}))
    assert survey.suggestion.largest == white
    assert (f"{white} are taken as black and white" in " ".join(survey.notes)) == (white != 255)
    np.testing.assert_array_equal(result.image_set.x_train, FOUR["x_train"])


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.float32])
def test_zeros_and_ones_are_black_and_white(tmp_path: Path, dtype: type) -> None:
    survey, result = import_files(tmp_path, npz(x=(X > 100).astype(dtype), y=Y))
    assert set(np.unique(result.image_set.x_train)) == {0, 255}
    assert "black and white" in " ".join(survey.notes)


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.where(X > 250, np.nan, X), r"infinite or missing \(nan\)"),
        (X.astype(complex), "holds <c16"),
        (X.astype(str), "holds <U3 values; expected the pixels"),
        (X.reshape(20, 2, 2, 5), r"has the shape \(20, 2, 2, 5\)"),
        (X.reshape(20, 20)[:, :19], r"has the shape \(20, 19\)"),
        (X[:0], "holds no images"),
        (np.zeros((20, 3_000, 1), np.uint8), "1 x 3,000 pixels"),
        (np.array([object()] * 20, dtype=object), "Python objects"),
    ],
)
def test_pixels_that_are_not_clear_are_refused_with_how_to_convert_them(tmp_path: Path, pixels: np.ndarray, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        survey_files(tmp_path, npz(x=pixels, y=Y[: len(pixels)]))


def test_rows_of_pixels_and_channels_first_are_recognised(tmp_path: Path) -> None:
    survey, result = import_files(tmp_path, npz(x=X.reshape(20, 20)[:, :16], y=Y))
    assert result.image_set.image_shape == (4, 4) and "4 x 4 pixels" in survey.notes[0]
    colour = np.random.default_rng(1).integers(0, 256, (20, 3, 4, 5), dtype=np.uint8)
    survey, result = import_files(tmp_path, npz(x_train=colour[:16], y_train=Y[:16], x_test=colour[16:], y_test=Y[16:]))
    np.testing.assert_array_equal(result.image_set.x_train, colour[:16].transpose(0, 2, 3, 1))
    assert "second axis is taken as red, green and blue" in survey.notes[0]
    assert survey.colour_pictures == 20


def test_a_last_axis_of_one_and_column_order_do_not_matter(tmp_path: Path) -> None:
    _, result = import_files(tmp_path, npz(**{**FOUR, "x_train": np.asfortranarray(X[:16, ..., None]), "x_test": X[16:, ..., None]}))
    np.testing.assert_array_equal(result.image_set.x_train, FOUR["x_train"])


@pytest.mark.parametrize("is_fortran", [False, True])
def test_rows_as_cifar_10_comes_are_three_planes(tmp_path: Path, is_fortran: bool) -> None:
    ramp = np.add.outer(np.arange(8) * 10, np.arange(8) * 10)[None, ..., None]
    pictures = (np.random.default_rng(5).integers(0, 100, (20, 1, 1, 3)) + ramp).astype(np.uint8)
    rows = pictures.transpose(0, 3, 1, 2).reshape(20, -1)
    rows = np.asfortranarray(rows) if is_fortran else rows
    survey, result = import_files(tmp_path, npz(x_train=rows[:16], y_train=Y[:16], x_test=rows[16:], y_test=Y[16:]), largest=255.0)
    np.testing.assert_array_equal(result.image_set.x_train, pictures[:16])
    assert "first the red of all pixels" in survey.notes[0]


def test_one_hot_labels_give_their_column(tmp_path: Path) -> None:
    survey, result = import_files(tmp_path, npz(**{**FOUR, "y_train": np.eye(4)[Y[:16]], "y_test": np.eye(4)[Y[16:]]}))
    np.testing.assert_array_equal(result.image_set.y_train, FOUR["y_train"])
    assert "one-hot" in " ".join(survey.notes)


def test_labels_with_gaps_are_numbered_afresh_and_called_by_their_number(tmp_path: Path) -> None:
    survey, result = import_files(tmp_path, npz(x=X, y=np.array([10, 35, -1, 2])[Y]))
    assert survey.class_names == ("-1", "2", "10", "35") == result.image_set.class_names
    assert "4 different numbers from -1 to 35" in " ".join(survey.notes)


@pytest.mark.parametrize("large", [2**63, 2**64 - 1])
def test_labels_as_large_as_numbers_can_be_are_whole(tmp_path: Path, large: int) -> None:
    y = np.array([7, large, 2**62, 0], np.uint64)[Y]
    survey, _ = import_files(tmp_path, npz(x=X, y=y))
    assert survey.class_names == ("0", "7", str(2**62), str(large))
    # The other half may fit into signed numbers.
    halves = npz(x_train=X[:16], y_train=y[:16], x_test=X[16:18], y_test=np.array([7, 0]))
    assert import_files(tmp_path, halves)[0].class_names == survey.class_names


def test_a_large_label_without_a_name_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=f"labels run from 0 to {2**64 - 1}, but there are 4 class names"):
        survey_files(tmp_path, npz(x=X, y=np.array([0, 1, 2, 2**64 - 1], np.uint64)[Y], class_names=np.array(list("abcd"))))


def test_labels_may_be_names(tmp_path: Path) -> None:
    survey, result = import_files(tmp_path, npz(x=X, y=np.array(["dog", "cat", "Cat", "ÿ"])[Y]))
    assert survey.class_names == ("Cat", "cat", "dog", "ÿ")
    assert "differ only in capital letters" in " ".join(survey.notes)
    assert np.bincount(result.image_set.y_test).tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (Y + 0.5, "holds fractions"),
        (np.where(Y == 1, np.nan, Y), r"missing \(nan\)"),
        (Y[:19], r"has the shape \(19,\) for 20 images"),
        (np.ones((20, 3)), "not a single one among zeros"),
        (np.zeros(20, int), "only one class"),
        (np.array(["a\nb", "b"])[Y % 2], "can't name a class"),
        (np.array(["a" * 90, "b"])[Y % 2], "long texts"),
        (np.array([{}, []] * 10, dtype=object), "Python objects"),
    ],
)
def test_labels_that_can_not_be_understood_are_refused(tmp_path: Path, labels: np.ndarray, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        survey_files(tmp_path, npz(x=X, y=labels))


def test_ten_thousand_classes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="10,000 classes; expected 2 to 1,000"):
        survey_files(tmp_path, npz(x=np.zeros((10_000, 1, 1), np.uint8), y=np.arange(10_000)))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": X, "b": X, "c": Y}, "under a name that Inkling knows; .*found a, b, c"),
        ({"x": X}, "holds a single array, x"),
        ({"x_test": X, "y_test": Y}, "no images to train with"),
        ({"x": X, "images": X, "y": Y}, "both x and images could hold the images"),
        ({**FOUR, "x": X, "y": Y}, "x stands beside arrays that are split"),
        ({**FOUR, "x_test": X[16:, :3]}, "x_train holds pictures of shape"),
        ({**FOUR, "class_names": np.array(["a", "b"])}, "labels run from 0 to 3, but there are 2 class names"),
        ({**FOUR, "max_value": np.array(16)}, "expected at most 16, the max_value that the file states"),
    ],
)
def test_arrays_that_make_no_set_are_refused_with_what_was_found(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        survey_files(tmp_path, npz(**arrays))


def test_an_exported_set_comes_back_as_it_was_with_its_words(tmp_path: Path) -> None:
    digits, file = load_digits(), io.BytesIO()
    export_npz(digits, file)
    survey, result = import_files(tmp_path, {"digits.npz": file.getvalue()})
    assert result.image_set.sha256 == digits.sha256 and result.image_set.max_value == 16
    assert (survey.suggestion.name, survey.suggestion.title) == ("my_digits", "Digits")
    assert "Alpaydin" in result.image_set.origin


def test_pixels_up_to_sixteen_are_spread_when_pictures_are_resized_and_in_examples(tmp_path: Path) -> None:
    digits, file = load_digits(), io.BytesIO()
    export_npz(digits, file)
    source = open_source(write_files(tmp_path, {"digits.npz": file.getvalue()}))
    survey = source.survey(quiet, never)
    assert "stay so unless the size or colour is changed" in " ".join(survey.notes)
    image_set = source.read(survey, options_for(survey, size=12), quiet, never).image_set
    assert image_set.image_shape == (12, 12) and image_set.max_value == 255 and image_set.x_train.max() > 200
    examples = source.examples(survey, options_for(survey, size=12), count=10)
    assert [example.class_name for example in examples] == list("0123456789")
    assert all(example.before.shape == (8, 8) and example.after.shape == (12, 12) for example in examples)
    assert examples[0].before.max() == 255


def test_size_and_colour_are_as_asked_for(tmp_path: Path) -> None:
    for fit in Fit:
        _, result = import_files(tmp_path, npz(**FOUR), size=3, fit=fit, colour=Colour.COLOUR)
        assert result.image_set.image_shape == (3, 3, 3)


def test_large_pictures_need_a_size_and_one_is_suggested(tmp_path: Path) -> None:
    arrays = npz(x=np.zeros((4, 300, 400), np.uint8), y=[0, 1, 0, 1])
    survey, result = import_files(tmp_path, arrays)
    assert survey.suggestion.size == 28 and result.image_set.image_shape == (28, 28)
    with pytest.raises(DatasetError, match="Choose a size"):
        import_files(tmp_path, arrays, size=None)


def test_a_known_name_brings_the_known_classes_or_is_refused(tmp_path: Path) -> None:
    _, result = import_files(tmp_path, npz(x=X, y=np.arange(20) % 10), name="fashion_mnist", title=None)
    assert (result.image_set.class_names[9], result.image_set.title) == ("Ankle boot", "Fashion-MNIST")
    assert KNOWN_SETS["fashion_mnist"].origin in result.image_set.origin
    with pytest.raises(DatasetError, match="can't become 'mnist': its classes are 0, 1, 2, 3"):
        import_files(tmp_path, npz(**FOUR), name="mnist")


def test_one_picture_of_each_class_leaves_none_to_test_with(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="none is left to test with"):
        import_files(tmp_path, npz(x=X[:4], y=Y[:4]))


def test_a_class_without_training_pictures_is_told(tmp_path: Path) -> None:
    survey = survey_files(tmp_path, npz(**{**FOUR, "y_test": np.array([0, 1, 2, 7])}))
    assert "no training pictures of 7" in " ".join(survey.notes)


def test_progress_is_told_and_the_work_can_be_called_off(tmp_path: Path) -> None:
    source = open_source(write_files(tmp_path, npz(**FOUR)))
    steps: list[tuple[int, int]] = []
    survey = source.survey(lambda done, total: steps.append((done, total)), never)
    assert steps[-1] == (20, 20)
    source.read(survey, options_for(survey), lambda done, total: steps.append((done, total)), never)
    assert steps[-1] == (20, 20)
    for work in (lambda: source.survey(quiet, lambda: True), lambda: source.read(survey, options_for(survey), quiet, lambda: True)):
        with pytest.raises(Cancelled, match="Nothing of it was kept"):
            work()


def test_a_header_that_promises_gigabytes_is_refused_before_anything_is_unpacked(tmp_path: Path) -> None:
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (200000, 2048, 2048), }\n"
    start = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.npy", start)
        archive.writestr("y.npy", start)
    with pytest.raises(DatasetError, match=r"x should take .* bytes by its header, but takes"):
        survey_files(tmp_path, {"bomb.npz": file.getvalue()})


def test_names_in_other_scripts_with_markup_or_line_ends_can_be_stored_and_shown(tmp_path: Path) -> None:
    (content,) = npz(**FOUR).values()
    _, result = import_files(tmp_path, {"<b>猫</b>\n\x1b[0m.npz": content})
    assert result.image_set.origin.isprintable() and "<b>猫</b>" in result.image_set.origin


@given(
    content=st.binary(max_size=300),
    changes=st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 255)), max_size=6),
    packed=st.booleans(),
)
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_arbitrary_and_damaged_files_are_refused_or_a_valid_set(
    tmp_path: Path, content: bytes, changes: list[tuple[int, int]], packed: bool
) -> None:
    import_anything(tmp_path, {"any.npz": b"PK\x03\x04" + content})
    file = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(file, images=X / 255, labels=Y, class_names=np.array(["a", "b", "c", "d"]))
    mutated = bytearray(file.getvalue())
    for position, value in changes:
        mutated[position % len(mutated)] = value
    import_anything(tmp_path, {"any.npz": bytes(mutated)})


shapes = st.lists(st.integers(0, 4), max_size=4)
kinds = st.sampled_from(["u1", "i8", ">i4", "f2", "f4", "U1", "b1"])


@given(images=st.tuples(shapes, kinds), labels=st.tuples(shapes, kinds), highest=st.integers(1, 3))
@hypothesis_settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_arrays_of_any_shape_and_type_are_refused_or_a_valid_set(
    tmp_path: Path, images: tuple[list[int], str], labels: tuple[list[int], str], highest: int
) -> None:
    x, y = (np.random.default_rng(1).integers(0, highest + 1, shape).astype(kind) for shape, kind in (images, labels))
    import_anything(tmp_path, npz(x=x, y=y))
