"""Whether the options of an import suit what was found, said before anything is read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from core.datasets.importing.naming import suggest_title
from core.datasets.importing.options import Colour, ImportOptions, Turn
from core.datasets.importing.source import Survey
from core.datasets.known_sets import KNOWN_SETS, check_new_name
from core.datasets.library import check_title
from core.errors import DatasetError
from core.settings import MAX_SET_BYTES, MAX_SIDE


def build_options(choices: Mapping[str, Any]) -> ImportOptions:
    """Options from fields of `ImportOptions`. Raises `DatasetError` with everything that is wrong with them."""
    try:
        return ImportOptions(**choices)
    except ValidationError as error:
        raise DatasetError(" ".join(_describe(detail) for detail in error.errors())) from error


def check_options(survey: Survey, options: ImportOptions) -> None:
    """Raises `DatasetError` if the name or title can't be used, a size is needed, or the set would be too large."""
    check_new_name(options.name)
    choose_title(options)
    if options.size is None:
        _check_one_size(survey)
    shape = target_shape(survey, options)
    bytes_needed = survey.pictures * math.prod(shape)
    if bytes_needed > MAX_SET_BYTES:
        raise DatasetError(
            f"{survey.source_name}: {survey.pictures:,} images of {shape[1]} x {shape[0]} pixels take {bytes_needed:,} bytes in memory;"
            f" expected at most {MAX_SET_BYTES:,}. Choose a smaller size, or keep a part of the pictures."
        )


def target_shape(survey: Survey, options: ImportOptions) -> tuple[int, ...]:
    """The shape of one image to be made: `(height, width)` for grey, `(height, width, 3)` for colour."""
    width, height = survey.sizes[0][0] if options.size is None else (options.size, options.size)
    if (options.turn or survey.suggestion.turn) in (Turn.LEFT, Turn.RIGHT):
        width, height = height, width
    return (height, width) if target_colour(survey, options) == Colour.GREY else (height, width, 3)


def target_colour(survey: Survey, options: ImportOptions) -> Colour:
    """Grey or colour: what the options say, or else grey if all pictures are."""
    return options.colour or (Colour.COLOUR if survey.colour_pictures else Colour.GREY)


def choose_title(options: ImportOptions) -> str:
    """The title that the options ask for, or that of a known set, or one made from the name. Raises `DatasetError` if it can't be one."""
    if options.title and options.title.strip():
        return check_title(options.title)
    known = KNOWN_SETS.get(options.name)
    return known.title if known else suggest_title(options.name)


def _check_one_size(survey: Survey) -> None:
    (width, height), _ = survey.sizes[0]
    is_one = len(survey.sizes) == 1
    found = f"each is {width:,} x {height:,} pixels" if is_one else f"they have {len(survey.sizes):,} different sizes"
    if not is_one or max(width, height) > MAX_SIDE:
        raise DatasetError(
            f"{survey.source_name} can't keep the size of its pictures: {found}; expected one size of at most {MAX_SIDE} a side."
            " Choose a size in pixels, such as 28 or 32."
        )


def _describe(detail: Mapping[str, Any]) -> str:
    """One of pydantic's findings, by the label that the field has on the page."""
    field = str(detail["loc"][0]) if detail["loc"] else ""
    label = ImportOptions.model_fields[field].title if field in ImportOptions.model_fields else field
    bounds = detail.get("ctx", {})
    words = {"ge": "at least", "gt": "more than", "le": "at most"}
    expected = next((f"{words[bound]} {limit}" for bound, limit in bounds.items() if bound in words), detail["msg"].lower())
    return f"{label}: is {detail['input']!r}; expected {expected}."
