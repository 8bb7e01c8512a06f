from __future__ import annotations

import gc
import gzip
import io
import pickle
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.datasets.importing.detect import open_source
from core.datasets.importing.source import SourceFile, SourceKind
from core.errors import DatasetError
from tests.unit.datasets.archives import loose_members
from tests.unit.datasets.array_sources import import_files, never, quiet, survey_files, write_files
from tests.unit.datasets.test_csv_table import HEADER, rows
from tests.unit.datasets.test_idx import FOUR, PAIR
from tests.unit.datasets.test_npz_source import X, Y, npz

TABLE = "\n".join([HEADER, *rows()]).encode()
(NPZ,) = npz(x=X, y=Y).values()


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def png(value: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((4, 4), value, np.uint8)).save(file, "PNG")
    return file.getvalue()


FOLDERS = zipped({f"{name}/{number}.png": png(number) for name in ("cat", "dog") for number in range(3)})


@pytest.mark.parametrize(
    ("content", "kind"),
    [(FOLDERS, SourceKind.CLASS_FOLDERS), (NPZ, SourceKind.NPZ), (TABLE, SourceKind.CSV)],
    ids=["folders", "npz", "csv"],
)
@pytest.mark.parametrize("name", ["any.zip", "any.npz", "any.csv", "any"])
def test_the_contents_tell_what_a_file_is_and_its_name_does_not(tmp_path: Path, content: bytes, kind: SourceKind, name: str) -> None:
    assert survey_files(tmp_path, {name: content}).kind == kind


@pytest.mark.parametrize("members", [FOUR, PAIR], ids=["four", "two"])
def test_idx_files_may_lie_in_a_zip_gzipped_or_not_beside_other_things(tmp_path: Path, members: dict[str, bytes]) -> None:
    extra = {"README.md": b"Made by, among others, me", "__MACOSX/x/._a.csv": b"\0\0", "x/.DS_Store": b"\0"}
    inner = {f"x/{name}.gz": gzip.compress(data) for name, data in members.items()}
    survey, result = import_files(tmp_path, {"test of digits.zip": zipped({**inner, **extra})})
    assert survey.kind == SourceKind.IDX and survey.has_split == (members is FOUR)
    assert survey.suggestion.name == "test_of_digits" and result.image_set.class_count == 3


def test_a_table_may_lie_in_a_zip(tmp_path: Path) -> None:
    survey, _ = import_files(tmp_path, {"archive.zip": zipped({"a/train.csv": TABLE, "a/test.csv": TABLE})})
    assert (survey.kind, survey.has_split) == (SourceKind.CSV, True)
    assert survey.source_name == "archive.zip"


@pytest.mark.parametrize("content", [NPZ, FOLDERS, zipped({"train.csv.gz": gzip.compress(TABLE)})], ids=["npz", "folders", "table"])
@pytest.mark.parametrize("inner", ["set.npz", "set.zip"])
def test_an_archive_in_an_archive_is_opened(tmp_path: Path, inner: str, content: bytes) -> None:
    expected = survey_files(tmp_path, {"plain": content})
    found = survey_files(tmp_path, {"outer.zip": zipped({"deeper.zip": zipped({inner: content})})})
    assert (found.kind, found.class_names, found.training_counts) == (expected.kind, expected.class_names, expected.training_counts)


def test_archives_are_opened_only_so_deep(tmp_path: Path) -> None:
    content = FOLDERS
    for _ in range(6):
        content = zipped({"inner.zip": content})
    with pytest.raises(DatasetError, match=r"outer\.zip|inner\.zip"):
        survey_files(tmp_path, {"outer.zip": content})


def test_what_inner_archives_are_unpacked_to_is_removed_with_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    source = open_source(write_files(tmp_path, {"outer.zip": zipped({"inner.zip": FOLDERS})}))
    assert [path.name for path in (tmp_path / "temporary").glob("*/*")] == ["inner0"]
    del source
    gc.collect()
    assert list((tmp_path / "temporary").iterdir()) == []


def tar_bytes() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo("a.png")
        archive.addfile(member, io.BytesIO())
    return file.getvalue()


def npy_bytes() -> bytes:
    file = io.BytesIO()
    np.save(file, X)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"Rar!\x1a\x07\x01\0", "RAR archive"),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "7z archive"),
        (tar_bytes(), "TAR archive"),
        (gzip.compress(tar_bytes(), mtime=0), "TAR archive"),
        (b"%PDF-1.7, and so on", "PDF document"),
        (pickle.dumps([1, 2]), "Python pickle, .* could run any code"),
        (npy_bytes(), "a single array"),
        (b'{"a": [1, 2]}', "JSON"),
        (b"<html>one, two</html>", "a web page"),
        (b"\x89HDF\r\n", "HDF5"),
        (b"hello", "neither a picture nor a set of images"),
        (bytes(range(256)), "neither a picture nor a set of images"),
        (b"PK\x03\x04 broken", "damaged or not complete"),
        (b"\x1f\x8b broken", "damaged or not complete"),
    ],
)
def test_what_is_brought_by_mistake_is_named_with_what_can_be_brought(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DatasetError, match=message) as caught:
        open_source(write_files(tmp_path, {"mine.bin": content}))
    assert "mine.bin" in str(caught.value)


@pytest.mark.parametrize(
    ("contents", "parts"),
    [
        ({"a.npz": NPZ, "b.npz": NPZ}, ["npz:a.npz", "npz:b.npz"]),
        ({"a.zip": FOLDERS, "b.csv": TABLE}, ["pictures", "table"]),
        ({"a.csv": TABLE, "b.csv": TABLE}, ["table:a", "table:b"]),
        ({"a_train.csv": TABLE, "a_test.csv": TABLE, "b.csv": TABLE}, ["table:a", "table:b"]),
        ({**PAIR, "train.csv": TABLE, "test.csv": TABLE}, ["idx", "table"]),
        ({f"{name}-{file}": data for name in ("letters", "digits") for file, data in PAIR.items()}, ["idx:digits", "idx:letters"]),
    ],
)
def test_of_several_sets_one_is_imported_and_the_others_are_told(tmp_path: Path, contents: dict[str, bytes], parts: list[str]) -> None:
    source = open_source(write_files(tmp_path, contents))
    survey = source.survey(quiet, never)
    assert ([part.key for part in survey.parts], survey.suggestion.part) == (parts, parts[0])
    assert any("Choose it under Part" in item.reason for item in survey.left_out)
    other = source.survey(quiet, never, part=parts[1])
    options = other.suggestion.model_copy(update={"name": "mine"})
    assert other.suggestion.part == parts[1]
    assert source.read(other, options, quiet, never).image_set.class_count == len(other.class_names)


def test_no_files_at_all_are_refused() -> None:
    with pytest.raises(DatasetError, match="0 files were brought"):
        open_source([])


def test_an_empty_archive_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="is empty, or holds nothing but"):
        survey_files(tmp_path, {"empty.zip": zipped({})})


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"mine.csv can't be read: No such file"):
        open_source([SourceFile(tmp_path / "gone", "mine.csv")])


def test_an_entry_without_a_name_is_no_file(tmp_path: Path) -> None:
    data = bytearray(zipped({"none": b"x", **loose_members()}))
    entry = data.find(b"PK\x01\x02")
    # What was its name becomes its comment.
    data[entry + 28 : entry + 30], data[entry + 32 : entry + 34] = data[entry + 32 : entry + 34], data[entry + 28 : entry + 30]
    survey = survey_files(tmp_path, {"a.zip": bytes(data)})
    assert survey.class_names == ("cat", "dog") and survey.left_out == ()


def damaged_zip(members: dict[str, bytes]) -> bytes:
    """A ZIP whose end, with its directory, is missing."""
    whole = zipped(members)
    return whole[: len(whole) * 2 // 3]


def test_a_damaged_archive_of_pictures_in_an_archive_is_called_that_and_no_arrays(tmp_path: Path) -> None:
    packed = {"outer.zip": zipped({"cats.zip": damaged_zip(loose_members())})}
    with pytest.raises(DatasetError, match=r"cats\.zip in outer\.zip is damaged or not complete \(.*\); fetch or pack it again") as raised:
        survey_files(tmp_path, packed)
    assert "npz" not in str(raised.value) and "numpy" not in str(raised.value)


def test_a_damaged_archive_beside_pictures_in_an_archive_is_left_out_with_the_reason(tmp_path: Path) -> None:
    packed = {"outer.zip": zipped({**loose_members(), "more/rest.zip": damaged_zip(loose_members())})}
    survey = survey_files(tmp_path, packed)
    assert survey.grey_pictures + survey.colour_pictures == len(loose_members())
    [left_out] = survey.left_out
    assert "rest.zip" in left_out.what
    assert "rest.zip in outer.zip is damaged or not complete" in left_out.reason and "npz" not in left_out.reason
