"""Helpers for the tests of the three sources whose files hold pixels as numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.datasets.image_set import ImageSet
from core.datasets.importing.detect import open_source
from core.datasets.importing.options import ImportOptions
from core.datasets.importing.source import ImportResult, SourceFile, Survey
from core.errors import InklingError


def quiet(done: int, total: int) -> None:
    """Nobody watches."""


def never() -> bool:
    """Nobody calls it off."""
    return False


def write_files(folder: Path, contents: dict[str, bytes]) -> list[SourceFile]:
    """Each content in a file whose name on the disk tells nothing, as uploads lie."""
    files = []
    for number, (name, data) in enumerate(contents.items()):
        path = folder / f"upload{number}"
        path.write_bytes(data)
        files.append(SourceFile(path, name))
    return files


def survey_files(folder: Path, contents: dict[str, bytes]) -> Survey:
    return open_source(write_files(folder, contents)).survey(quiet, never)


def import_files(folder: Path, contents: dict[str, bytes], **changed: object) -> tuple[Survey, ImportResult]:
    """What was found, and the set that the suggested options with these changes make of it."""
    source = open_source(write_files(folder, contents))
    survey = source.survey(quiet, never)
    options = survey.suggestion.model_copy(update={"name": "mine", **changed})
    return survey, source.read(survey, options, quiet, never)


def import_anything(folder: Path, contents: dict[str, bytes]) -> ImageSet | None:
    """The set; None if it was refused in plain words. Checks that it is what the survey said."""
    try:
        survey, result = import_files(folder, contents)
    except InklingError:
        return None
    image_set = result.image_set
    assert image_set.x_train.dtype == np.uint8 and len(image_set.x_train) == len(image_set.y_train)
    assert image_set.class_names == survey.class_names and max(image_set.y_train.max(), image_set.y_test.max()) < image_set.class_count
    assert len(image_set.y_train) + len(image_set.y_test) == survey.pictures
    return image_set


def options_for(survey: Survey, **changed: object) -> ImportOptions:
    return survey.suggestion.model_copy(update={"name": "mine", **changed})
