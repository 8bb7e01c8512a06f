"""Files that can't be used among others that can: these go on, and the bad one is named with the reason."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from core.datasets.importing.detect import open_source
from core.datasets.importing.source import SourceFile, Survey
from core.errors import DatasetError


def class_zip(path: Path, shade: int, *, inside: str = "") -> SourceFile:
    """A ZIP with three pictures, which is a class by its name."""
    with zipfile.ZipFile(path, "w") as archive:
        for place in range(3):
            picture = io.BytesIO()
            Image.new("L", (8, 8), shade + place).save(picture, "PNG")
            archive.writestr(f"{inside}{place}.png", picture.getvalue())
    return SourceFile(path, path.name)


def cut_off(path: Path) -> SourceFile:
    file = class_zip(path, 200)
    path.write_bytes(path.read_bytes()[:-40])
    return file


def pointing_outside(path: Path) -> SourceFile:
    return class_zip(path, 200, inside="../../")


def not_there(path: Path) -> SourceFile:
    return SourceFile(path, path.name)


def survey(*files: SourceFile) -> Survey:
    return open_source(files).survey(lambda done, total: None, lambda: False)


@pytest.mark.parametrize("make", [cut_off, pointing_outside, not_there])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_bad_archive_among_good_ones_is_left_out_and_named(tmp_path: Path, make, place: int) -> None:
    files = [class_zip(tmp_path / "cat.zip", 10), class_zip(tmp_path / "dog.zip", 90)]
    files.insert(place, make(tmp_path / "bad.zip"))
    found = survey(*files)
    assert (found.class_names, found.training_counts) == (("cat", "dog"), (3, 3))
    [bad] = [item for item in found.left_out if item.what == "bad.zip"]
    assert bad.count == 1 and bad.reason


@pytest.mark.parametrize("make", [cut_off, pointing_outside, not_there])
def test_bad_archives_alone_are_refused_with_the_reason(tmp_path: Path, make) -> None:
    for files in ([make(tmp_path / "bad.zip")], [make(tmp_path / "bad.zip"), make(tmp_path / "worse.zip")]):
        with pytest.raises(DatasetError, match=r"bad\.zip"):
            open_source(files)
