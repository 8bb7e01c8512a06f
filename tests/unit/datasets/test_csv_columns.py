"""Tables as people have them: which column is the label, and which are pixels."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from core.datasets.importing.detect import open_source
from core.errors import DatasetError
from tests.unit.datasets.array_sources import import_files, never, options_for, quiet, survey_files, write_files

DIGITS = load_digits()
PIXELS = DIGITS.data.astype(int)[:400]
LABELS = DIGITS.target[:400]
EXPECTED = {(int(label), np.rint(row * 255 / 16).astype(np.uint8).tobytes()) for label, row in zip(LABELS, PIXELS, strict=True)}
NAMES = [f"pixel{number}" for number in range(64)]
WORDS = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])
ONE_HOT = np.eye(10, dtype=int)[LABELS]
USAGE = ["Training" if number % 4 else "PublicTest" if number % 8 else "PrivateTest" for number in range(400)]


def lines(*columns: object, names: list[str] | None = None, separator: str = ",", form: Callable[[object], str] = str) -> bytes:
    """Each of the columns is `(400,)` or `(400, n)`."""
    wide = [np.asarray(column).reshape(400, -1) for column in columns]
    rows = [separator.join(form(cell) for part in wide for cell in part[row].tolist()) for row in range(400)]
    return "\n".join([separator.join(names), *rows] if names else rows).encode()


def decimal(number: object) -> str:
    return f"{number:.2f}".replace(".", ",") if isinstance(number, int) else str(number)


IDS = np.arange(400) + 7
IN_ONE_CELL = np.array([" ".join(map(str, row)) for row in PIXELS.tolist()])
ARFF = "% made by hand\n@RELATION digits\n\n" + "".join(f"@ATTRIBUTE '{name}' NUMERIC\n" for name in NAMES)

TABLES = {
    "label last, no header": lines(PIXELS, LABELS),
    "label first, no header": lines(LABELS, PIXELS),
    "sorted by class, label last": lines(PIXELS[np.argsort(LABELS)], np.sort(LABELS)),
    "numbers as savetxt writes them": lines(PIXELS, LABELS, form=lambda number: f"{number:.18e}"),
    "spaces, some of them several, and one at the end": lines(PIXELS, LABELS, separator="  ", form=lambda number: f"{number:3d} "),
    "tabs": lines(LABELS, PIXELS, separator="\t"),
    "semicolons and decimal commas": lines(PIXELS, LABELS, separator=";", form=decimal),
    "spaces and decimal commas": lines(PIXELS, LABELS, separator=" ", form=decimal),
    "one-hot, as semeion": lines(PIXELS, ONE_HOT, separator=" ", form=lambda number: f"{number:.4f}"),
    "one-hot first": lines(ONE_HOT, PIXELS),
    "named label last": lines(PIXELS, LABELS, names=[*NAMES, "Class"]),
    "named label in the middle": lines(PIXELS[:, :20], LABELS, PIXELS[:, 20:], names=[*NAMES[:20], "target", *NAMES[20:]]),
    "a name that nobody knows": lines(LABELS, PIXELS, names=["figure", *NAMES]),
    "a competition's": lines(IDS, LABELS, PIXELS, names=["id", "label", *NAMES]),
    "row numbers without a name": lines(IDS, PIXELS, LABELS, names=["", *NAMES, "y"]),
    "row names as R writes them": lines(IDS, LABELS, PIXELS, names=["label", *NAMES]),
    "row numbers without a header": lines(IDS, LABELS, PIXELS),
    "file names": lines(np.char.add(IDS.astype(str), ".png"), LABELS, PIXELS, names=["filename", "digit", *NAMES]),
    "columns named by numbers": lines(LABELS, PIXELS, names=[str(number) for number in range(65)]),
    "in one cell": lines(LABELS, IN_ONE_CELL, names=["emotion", "pixels"]),
    "in one cell, in quotes, with brackets": lines(
        [f'"[{cell}]"' for cell in np.char.replace(IN_ONE_CELL, " ", ", ")], LABELS, names=["image", "digit"]
    ),
    "in one cell, no header": lines(LABELS, IN_ONE_CELL),
    "in quotes": lines(LABELS, PIXELS, names=["label", *NAMES], form=lambda cell: f'"{cell}"'),
    "byte-order mark": b"\xef\xbb\xbf" + lines(LABELS, PIXELS, names=["label", *NAMES]),
    "UTF-16": lines(LABELS, PIXELS, names=["label", *NAMES]).decode().encode("utf-16"),
    "gzipped": gzip.compress(lines(PIXELS, LABELS)),
    "ARFF": (ARFF + "@attribute class {0,1,2,3,4,5,6,7,8,9}\n@data\n").encode() + lines(PIXELS, LABELS),
    "comments": b"# digits\n# label last\n" + lines(PIXELS, LABELS),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_as_people_have_them_are_all_the_same_set(tmp_path: Path, name: str) -> None:
    survey, result = import_files(tmp_path, {"digits.data": TABLES[name]})
    assert survey.unreadable == () and survey.class_names == tuple("0123456789") and survey.suggestion.largest == 16
    image_set = result.image_set
    halves = ((image_set.x_train, image_set.y_train), (image_set.x_test, image_set.y_test))
    assert {(int(label), picture.tobytes()) for images, labels in halves for label, picture in zip(labels, images, strict=True)} == EXPECTED
    if "no header" in name:
        assert f"column {65 if 'last' in name else 1} of" in " ".join(survey.notes)


@pytest.mark.parametrize("names", [None, ["lettr", *(f"p{number}" for number in range(64))]])
def test_labels_in_words_are_found_wherever_they_are(tmp_path: Path, names: list[str] | None) -> None:
    assert survey_files(tmp_path, {"a.csv": lines(WORDS[LABELS], PIXELS, names=names)}).class_names == tuple(sorted(WORDS))
    turned = [*names[1:], names[0]] if names else None
    assert survey_files(tmp_path, {"a.csv": lines(PIXELS, WORDS[LABELS], names=turned)}).class_names == tuple(sorted(WORDS))


def test_the_split_is_read_from_its_column(tmp_path: Path) -> None:
    table = lines(LABELS, IN_ONE_CELL, USAGE, names=["emotion", "pixels", "Usage"])
    survey, result = import_files(tmp_path, {"faces.csv": table})
    assert survey.has_split and (len(result.image_set.y_train), len(result.image_set.y_test)) == (300, 100)
    assert "which pictures are for testing is told by the column 'Usage'" in " ".join(survey.notes).lower().replace("usage", "Usage")


def test_without_test_pictures_those_for_validation_are_the_test_set(tmp_path: Path) -> None:
    table = lines(LABELS, PIXELS, np.where(np.arange(400) % 4, "train", "valid"), names=["label", *NAMES, "split"])
    survey, result = import_files(tmp_path, {"digits.csv": table})
    assert survey.has_split and len(result.image_set.y_test) == 100


def test_the_label_can_be_chosen_by_its_name_or_number(tmp_path: Path) -> None:
    other = np.arange(400) % 5
    table = lines(LABELS, other, PIXELS, names=["figure", "writer", *NAMES])
    source = open_source(write_files(tmp_path, {"digits.csv": table}))
    survey = source.survey(quiet, never)
    assert [choice.key for choice in survey.label_choices[:2]] == ["writer", "figure"] and survey.suggestion.labels == "writer"
    for wanted in ("figure", "FIGURE", "1"):
        again = source.survey(quiet, never, labels=wanted)
        assert again.class_names == tuple("0123456789") and again.label_choices[0].key == again.suggestion.labels == "figure"
    image_set = source.read(survey, options_for(survey, labels="figure"), quiet, never).image_set
    assert image_set.class_count == 10
    with pytest.raises(DatasetError, match="no column 'nobody'; expected its name, or its number from 1 to 66"):
        source.survey(quiet, never, labels="nobody")


def test_without_names_other_columns_are_offered_for_the_label(tmp_path: Path) -> None:
    survey = survey_files(tmp_path, {"digits.csv": lines(PIXELS, LABELS)})
    assert survey.label_choices[0].key == "65" and len(survey.label_choices) > 10


@pytest.mark.parametrize("names", [None, NAMES, ["id", *NAMES]])
def test_a_table_without_labels_says_so(tmp_path: Path, names: list[str] | None) -> None:
    columns = (IDS, PIXELS) if names and len(names) > 64 else (PIXELS,)
    with pytest.raises(DatasetError, match=r"no column of labels among its 6[45].*Without labels nothing can be learned"):
        survey_files(tmp_path, {"test.csv": lines(*columns, names=names)})


def test_features_that_are_no_square_picture_are_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"a label and 13 pixels; expected a square number.*not measurements"):
        survey_files(tmp_path, {"wine.data": lines(LABELS, PIXELS[:, 10:23])})


def test_sixteen_numbers_may_be_measurements_and_that_is_said(tmp_path: Path) -> None:
    found = np.random.default_rng(1).integers(0, 101, (400, 16))
    survey = survey_files(tmp_path, {"pendigits.tra": lines(found, LABELS, separator=", ")})
    assert survey.class_names == tuple("0123456789") and survey.suggestion.largest == 100
    assert "may be measurements" in " ".join(survey.notes)


def test_the_largest_pictures_come_in_tables_too(tmp_path: Path) -> None:
    row = ",".join(["0", "255"] * (256 * 128))
    survey = survey_files(tmp_path, {"large.csv": "\n".join(f"{number % 2},{row}" for number in range(6)).encode()})
    assert survey.sizes == (((256, 256), 6),)


SMOOTH = np.random.default_rng(3).integers(0, 60, (400, 1, 1, 3)) + np.add.outer(np.arange(6) * 15, np.arange(6) * 15)[None, ..., None]
NOISE = np.random.default_rng(4).integers(0, 256, (400, 6, 6, 3))
COLOUR_NAMES = {
    "interleaved": [f"{place}_{channel}" for place in range(36) for channel in ("red", "green", "blue")],
    "planes": [f"{channel}{place}" for channel in "RGB" for place in range(36)],
}


@pytest.mark.parametrize("order", COLOUR_NAMES)
@pytest.mark.parametrize(
    ("pictures", "names", "is_in_one_cell"), [(SMOOTH, False, False), (SMOOTH, False, True), (SMOOTH, True, False), (NOISE, True, False)]
)
def test_colours_are_read_in_the_order_that_names_or_smoothness_tell(
    tmp_path: Path, order: str, pictures: np.ndarray, names: bool, is_in_one_cell: bool
) -> None:
    rows = (pictures.transpose(0, 3, 1, 2) if order == "planes" else pictures).reshape(400, -1)
    cells = np.array([" ".join(map(str, row)) for row in rows.tolist()]) if is_in_one_cell else rows
    header = ["label", *COLOUR_NAMES[order]] if names else ["label", "pixels"] if is_in_one_cell else None
    survey, result = import_files(tmp_path, {"colours.csv": lines(LABELS, cells, names=header)}, largest=255.0)
    assert ("as in CIFAR-10" in " ".join(survey.notes)) == (order == "planes")
    images = {image.tobytes() for image in (*result.image_set.x_train, *result.image_set.x_test)}
    assert images == {picture.tobytes() for picture in pictures.astype(np.uint8)}


def test_the_order_of_colours_is_that_of_the_training_table(tmp_path: Path) -> None:
    planes, flat = SMOOTH.transpose(0, 3, 1, 2).reshape(400, -1), np.full((400, 108), 7)
    _, result = import_files(tmp_path, {"train.csv": lines(LABELS, planes), "test.csv": lines(LABELS, flat)}, largest=255.0)
    np.testing.assert_array_equal(result.image_set.x_train, SMOOTH)


def test_colour_tables_keep_their_label(tmp_path: Path) -> None:
    colours = np.random.default_rng(2).integers(0, 256, (400, 75))
    for columns in ((LABELS, colours), (colours, LABELS)):
        survey = survey_files(tmp_path, {"colours.csv": lines(*columns)})
        assert survey.sizes == (((5, 5), 400),) and survey.colour_pictures == 400 and len(survey.class_names) == 10


ANIMALS = ("cat", "dog", "fish", "bird")
SMALL = np.random.default_rng(0).integers(0, 256, (40, 16))
EVEN = np.arange(40) % 4


def small(*columns: object, names: list[str] | None = None) -> dict[str, bytes]:
    """A table of 40 lines."""
    wide = np.concatenate([np.asarray(column).reshape(40, -1).astype(object) for column in columns], axis=1)
    rows = [",".join(map(str, row)) for row in wide.tolist()]
    return {"table.csv": "\n".join([",".join(names), *rows] if names else rows).encode()}


P = [f"p{number}" for number in range(16)]
ONES = np.eye(4, dtype=int)[EVEN]
NAMED_ONES = {
    "first": small(ONES, SMALL, names=[*ANIMALS, *P]),
    "last": small(SMALL, ONES, names=[*P, *ANIMALS]),
    "in the middle": small(SMALL[:, :5], ONES, SMALL[:, 5:], names=[*P[:5], *ANIMALS, *P[5:]]),
    "with a prefix, after an id": small(np.arange(40), ONES, SMALL, names=["id", *(f"label_{name}" for name in ANIMALS), *P]),
    "true and false, as pandas writes them": small(ONES.astype(bool), SMALL, names=[*(f"is.{name}" for name in ANIMALS), *P]),
    "1.0 and 0.0": small(SMALL, ONES.astype(float), names=[*P, *ANIMALS]),
    "beside a number that is not used": small(SMALL, np.arange(40) * 3, ONES, names=[*P, "weight", *ANIMALS]),
    "beside pixels in one cell": small(ONES, [" ".join(map(str, row)) for row in SMALL], names=[*ANIMALS, "pixels"]),
}


@pytest.mark.parametrize("case", NAMED_ONES)
def test_named_columns_with_a_one_among_zeros_are_classes_called_like_them(tmp_path: Path, case: str) -> None:
    survey, result = import_files(tmp_path, NAMED_ONES[case])
    assert any("The class is told by the one among the zeros" in note for note in survey.notes)
    made = result.image_set
    assert sorted(made.class_names) == sorted(ANIMALS)
    assert made.image_shape == (4, 4)
    taught = {
        (made.class_names[label], image.tobytes())
        for images, labels in ((made.x_train, made.y_train), (made.x_test, made.y_test))
        for image, label in zip(images, labels, strict=True)
    }
    assert taught == {(ANIMALS[label], row.astype(np.uint8).tobytes()) for label, row in zip(EVEN, SMALL, strict=True)}


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        (["cat", "cow", "calf", "colt"], {"cat", "cow", "calf", "colt"}),
        (["class1", "class2", "class10", "class11"], {"1", "2", "10", "11"}),
        (["y_big_cat", "y_big_dog", "y_big_fish", "y_big_cow"], {"cat", "dog", "fish", "cow"}),
        (["digit", "letter", "sign", "class"], {"digit", "letter", "sign", "class"}),
    ],
)
def test_only_whole_words_before_the_names_of_classes_are_dropped(tmp_path: Path, names: list[str], classes: set[str]) -> None:
    assert set(survey_files(tmp_path, small(ONES, SMALL, names=[*names, *P])).class_names) == classes


def test_a_test_table_of_one_class_is_read_as_the_training_table(tmp_path: Path) -> None:
    names = [*ANIMALS, *P]
    training, test = small(ONES, SMALL, names=names), small(np.eye(4, dtype=int)[np.zeros(40, dtype=int)], SMALL, names=names)
    survey = survey_files(tmp_path, {"a-train.csv": training["table.csv"], "a-test.csv": test["table.csv"]})
    assert dict(zip(survey.class_names, survey.test_counts, strict=True)) == {"bird": 0, "cat": 40, "dog": 0, "fish": 0}


def test_ones_beside_as_many_columns_as_would_make_a_picture_with_them_are_classes(tmp_path: Path) -> None:
    for count in (9, 10):
        ones = np.eye(count, dtype=int)[np.arange(40) % count]
        for table in (small(ones, SMALL), small(SMALL, ones)):
            survey = survey_files(tmp_path, table)
            assert (len(survey.class_names), survey.sizes[0][0]) == (count, (4, 4))


def test_a_label_among_pixels_is_found_where_the_ends_are_none(tmp_path: Path) -> None:
    survey = survey_files(tmp_path, small(SMALL[:, :5], EVEN, SMALL[:, 5:]))
    assert (survey.class_names, survey.training_counts) == (("0", "1", "2", "3"), (10, 10, 10, 10))
    assert any("column 6 of 17 is taken for the label" in note for note in survey.notes)
    edges = np.zeros((40, 1), dtype=int)
    survey = survey_files(tmp_path, small(edges, SMALL[:, :4], EVEN, SMALL[:, 4:14], edges))
    assert survey.class_names == ("0", "1", "2", "3")


@pytest.mark.parametrize("names", [None, ["figure", *P]])
def test_a_column_of_nearly_as_many_values_as_lines_is_no_label_unless_it_is_called_so(tmp_path: Path, names: list[str] | None) -> None:
    many = np.random.default_rng(1).permutation(80)[:40]
    with pytest.raises(DatasetError, match=r"can't be told which of its 17 columns is the label.*[0-9]+ different values in 40 lines"):
        survey_files(tmp_path, small(many, SMALL, names=names))
    assert len(survey_files(tmp_path, small(many, SMALL, names=["label", *P])).class_names) == 40
