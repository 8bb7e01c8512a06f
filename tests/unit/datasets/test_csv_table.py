from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.datasets.importing.csv_lines import MAX_LINE
from core.datasets.importing.detect import open_source
from core.datasets.importing.source import SourceKind
from core.errors import Cancelled, DatasetError
from tests.unit.datasets.array_sources import import_anything, import_files, never, options_for, quiet, survey_files, write_files

PIXELS = np.random.default_rng(6).integers(0, 256, (20, 9), dtype=np.uint8)
LABELS = [str(number % 4) for number in range(20)]
HEADER = "label," + ",".join(f"pixel{number}" for number in range(9))


def rows(labels: list[str] = LABELS, pixels: np.ndarray = PIXELS, separator: str = ",") -> list[str]:
    return [separator.join([label, *map(str, row)]) for label, row in zip(labels, pixels.tolist(), strict=True)]


def table(lines: list[str], end: str = "\n", encoding: str = "utf-8") -> dict[str, bytes]:
    return {"train.csv": (end.join(lines) + end).encode(encoding)}


def check_same(tmp_path: Path, contents: dict[str, bytes]) -> None:
    """That this is the table of `rows()`."""
    survey, result = import_files(tmp_path, contents)
    assert survey.kind == SourceKind.CSV and survey.class_names == ("0", "1", "2", "3")
    assert (survey.pictures, survey.unreadable, survey.has_split) == (20, (), False)
    image_set = result.image_set
    label_of = {row.tobytes(): int(label) for row, label in zip(PIXELS, LABELS, strict=True)}
    assert image_set.image_shape == (3, 3) and len(image_set.y_test) == 4
    assert [label_of[picture.tobytes()] for picture in image_set.x_train] == image_set.y_train.tolist()


@pytest.mark.parametrize("with_header", [False, True])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_usual_layouts_are_all_the_same_table(tmp_path: Path, with_header: bool, separator: str, end: str) -> None:
    header = [HEADER.replace(",", separator)] if with_header else []
    check_same(tmp_path, table([*header, *rows(separator=separator)], end))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_does_not_hide_the_label(tmp_path: Path, encoding: str) -> None:
    check_same(tmp_path, table([HEADER, *rows()], encoding=encoding))


@pytest.mark.parametrize(
    "lines",
    [
        ["", "  ", HEADER, "", *rows(), "", ""],
        [HEADER.replace("label", '"label"'), *(",".join(f'"{cell}"' for cell in row.split(",")) for row in rows())],
        [HEADER, *(row.replace(",", " , ") for row in rows())],
        [HEADER, *(row.replace(",", ".0,") + ".0" for row in rows())],
        ["label,0,1,2,3,4,5,6,7,8", *rows()],
        ["id," + HEADER, *(f"{number},{row}" for number, row in enumerate(rows()))],
        [",".join([*HEADER.split(",")[1:], "Class"]), *(",".join([*row.split(",")[1:], row.split(",")[0]]) for row in rows())],
        [HEADER.replace("label", "digit"), *rows()],
    ],
    ids=["blank lines", "quotes", "spaces", "fractions of zero", "numbered header", "row numbers", "label last", "another name"],
)
def test_unusual_layouts_are_understood(tmp_path: Path, lines: list[str]) -> None:
    check_same(tmp_path, table(lines))


def test_a_gzipped_table_is_a_table(tmp_path: Path) -> None:
    check_same(tmp_path, {"train.csv.gz": gzip.compress(table([HEADER, *rows()])["train.csv"])})


def test_labels_may_be_names_with_commas_in_quotes_and_letters_of_all_kinds(tmp_path: Path) -> None:
    names = ['"coat, warm"', "Füße", "猫", "<b>"]
    survey = survey_files(tmp_path, table([HEADER, *rows([names[number % 4] for number in range(20)])]))
    assert survey.class_names == ("<b>", "Füße", "coat, warm", "猫")


def test_a_bare_table_may_have_its_named_label_last(tmp_path: Path) -> None:
    lines = [f"{row.split(',', 1)[1]},{'cat' if row[0] < '2' else 'dog'}" for row in rows()]
    assert survey_files(tmp_path, table(lines)).class_names == ("cat", "dog")


def test_text_that_is_not_utf8_is_read_as_latin_1_and_that_is_said(tmp_path: Path) -> None:
    survey = survey_files(tmp_path, table([HEADER, *rows(["Grün", "Rot"] * 10)], encoding="latin-1"))
    assert survey.class_names == ("Grün", "Rot") and "read as Latin-1" in survey.notes[0]


def test_three_numbers_a_pixel_are_colour_and_how_they_are_taken_is_said(tmp_path: Path) -> None:
    pixels = np.arange(20 * 12).reshape(20, 12) % 256
    survey, result = import_files(tmp_path, table(rows(pixels=pixels)))
    assert result.image_set.image_shape == (2, 2, 3) and survey.colour_pictures == 20
    assert "red, green and blue of one pixel after the other" in survey.notes[0]
    assert result.image_set.x_train[0].reshape(-1).tolist() in pixels.tolist()


def test_train_and_test_tables_together_keep_their_split(tmp_path: Path) -> None:
    contents = {"my_test.csv": table(rows()[:8])["train.csv"], "my_train.csv": table([HEADER, *rows()])["train.csv"]}
    survey, result = import_files(tmp_path, contents)
    assert survey.has_split and survey.training_counts == (5, 5, 5, 5) and survey.test_counts == (2, 2, 2, 2)
    np.testing.assert_array_equal(result.image_set.x_train.reshape(20, 9), PIXELS)


def test_a_test_table_without_labels_is_told_apart(tmp_path: Path) -> None:
    without = [HEADER.split(",", 1)[1], *(row.split(",", 1)[1] for row in rows())]
    for lines in (without, without[1:]):
        survey = survey_files(tmp_path, {"train.csv": table(rows())["train.csv"], "test.csv": table(lines)["train.csv"]})
        assert (survey.has_split, survey.source_name, survey.left_out[0].what) == (False, "train.csv", "test.csv")
        assert "no column of labels among its 9" in survey.left_out[0].reason


def with_bad_lines(bad: list[str]) -> dict[str, bytes]:
    return table([HEADER, *rows(), *bad, *rows()])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,0,0,0,0,,0,0,0,0", "Pixel 5 is missing"),
        ("1,0,0,0,0,0,0,0,0,", "Pixel 9 is missing"),
        ("1,,0,0,0,0,0,0,0,0", "Pixel 1 is missing"),
        ("1,0,0,x,0,0,0,0,0,0", "Pixel 3 is 'x'"),
        ("1,0,0,1 2,0,0,0,0,0,0", "Pixel 3 is '1 2'"),
        ("1,0,0,256,0,0,0,0,0,0", "Pixel 3 is 256"),
        ("1,0,0,-1,0,0,0,0,0,0", "Pixel 3 is -1"),
        ("1,0,0,nan,0,0,0,0,0,0", "Pixel 3 is nan"),
        ("1,0,0,1e999,0,0,0,0,0,0", "Pixel 3 is inf"),
        ("1,0,0,99999999999999999999,0,0,0,0,0,0", "Pixel 3 is 9.2"),
        ("1,0,0,٣,0,0,0,0,0,0", "Pixel 3 is '٣'"),
        (",0,0,0,0,0,0,0,0,0", "Its label is missing"),
        ("x" * 81 + ",0,0,0,0,0,0,0,0,0", "no name that can be shown"),
        ("1,0,0", "It has 3 cells; expected 10"),
        ("1,0,0,0,0,0,0,0,0,0,0", "It has 11 cells; expected 10"),
        ('"1,0,0,0', "It has 1 cells; expected 10"),
    ],
)
def test_a_line_that_can_not_be_used_is_left_out_with_its_number_and_the_reason(tmp_path: Path, line: str, reason: str) -> None:
    survey, result = import_files(tmp_path, with_bad_lines([line]))
    assert result.image_set.x_train.max() == PIXELS.max()
    ((unreadable),) = survey.unreadable
    assert unreadable.name == "train.csv, line 22" and reason in unreadable.reason
    assert survey.pictures == 40 and result.unreadable == survey.unreadable


def test_two_lines_whose_cells_add_up_to_two_whole_ones_are_both_left_out(tmp_path: Path) -> None:
    survey = survey_files(tmp_path, with_bad_lines(["1,0,0,0,0,0,0,0,0", "1,0,0,0,0,0,0,0,0,0,0"]))
    assert [line.name for line in survey.unreadable] == ["train.csv, line 22", "train.csv, line 23"]


def test_of_many_bad_lines_a_hundred_are_listed_and_all_are_counted(tmp_path: Path) -> None:
    survey = survey_files(tmp_path, table([HEADER, *rows() * 100, *["1,x"] * 150]))
    assert len(survey.unreadable) == 100 and "150 lines can't be used" in " ".join(survey.notes)


def test_more_bad_lines_than_a_tenth_are_too_many(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"5 of 45 lines can't be used; expected at most one in 10. train.csv, line 22: It has 2 cells"):
        survey_files(tmp_path, with_bad_lines(["1,x"] * 5))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["just words", "and more"], "neither a picture nor a set of images"),
        ([HEADER], "nothing else"),
        (['";', '";'], "its first line has one cell"),
        (["1,2,3,4,5,6", "2,2,3,4,5,6"], "a label and 5 pixels; expected a square number"),
        ([row for row in rows() if row[0] == "1"], "only one class"),
        (["label,p0", *(f"{number},1" for number in range(1_002))], "more than 1,000 different labels"),
    ],
)
def test_what_makes_no_set_is_refused_in_words(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        survey_files(tmp_path, table(lines))


@pytest.mark.parametrize("place", ["first", "later"])
def test_a_line_without_an_end_is_refused_before_it_is_all_read(tmp_path: Path, place: str) -> None:
    # Packed, ten thousand bytes hold a line of ten million cells.
    endless = gzip.compress(((HEADER + "\n" if place == "later" else "") + "1," * 10_000_000).encode())
    with pytest.raises(DatasetError, match=f"is longer than {MAX_LINE:,} characters"):
        survey_files(tmp_path, {"train.csv.gz": endless})


def test_utf16_that_ends_in_the_middle_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="not the utf-16 text that its first bytes promise"):
        survey_files(tmp_path, {"train.csv": "\n".join([HEADER, *rows()]).encode("utf-16") + b"\0"})


def test_tables_of_different_sizes_do_not_belong_together(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="expected the same in both"):
        survey_files(
            tmp_path, {"train.csv": table(rows())["train.csv"], "test.csv": table(rows(pixels=np.tile(PIXELS, 4)[:, :16]))["train.csv"]}
        )


def test_examples_come_from_every_class_and_the_work_can_be_called_off(tmp_path: Path) -> None:
    source = open_source(write_files(tmp_path, table([HEADER, *rows()])))
    survey = source.survey(quiet, never)
    examples = source.examples(survey, options_for(survey, size=6), count=4)
    assert [example.class_name for example in examples] == ["0", "1", "2", "3"]
    assert examples[0].after.shape == (6, 6) and examples[0].before.tobytes() == PIXELS[0].tobytes()
    for work in (lambda: source.survey(quiet, lambda: True), lambda: source.read(survey, options_for(survey), quiet, lambda: True)):
        with pytest.raises(Cancelled):
            work()


@given(
    content=st.binary(max_size=200),
    text=st.text(alphabet='0123456789,;\t"\n\r .-xé\ufeff', max_size=200),
    changes=st.lists(st.tuples(st.integers(0, 800), st.integers(0, 255)), max_size=5),
)
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_arbitrary_and_damaged_files_are_refused_or_a_valid_set(
    tmp_path: Path, content: bytes, text: str, changes: list[tuple[int, int]]
) -> None:
    import_anything(tmp_path, {"any.csv": content})
    import_anything(tmp_path, {"any.csv": text.encode()})
    mutated = bytearray(table([HEADER, *rows()])["train.csv"])
    for position, value in changes:
        mutated[position % len(mutated)] = value
    import_anything(tmp_path, {"any.csv": bytes(mutated)})
