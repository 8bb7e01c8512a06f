"""From pictures as they come to the two halves of a set: each made to fit, and put in its place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images, ImageSet, Labels, build_image_set
from core.datasets.importing.contents import Contents, KeptPicture, Watch
from core.datasets.importing.options import Colour, Fit, ImportOptions
from core.datasets.importing.pictures import fit_picture
from core.datasets.importing.source import Example
from core.errors import DatasetError

SHUFFLE_SEED = 1
"""Of the order of a set that is split here. Files are often sorted by class, and batches of one class teach little."""

_FITTED_AT_ONCE = 256
_FITTED_BYTES = 1 << 21


class Halves:
    """The two halves of the set while they are being filled."""

    def __init__(self, contents: Contents, options: ImportOptions, is_test: NDArray[np.bool_], source_name: str) -> None:
        self._contents = contents
        self._options = options
        self._source_name = source_name
        self._is_test = is_test
        self._is_kept = _is_kept(contents, options)
        self._shape = _target_shape(contents, options)
        self._place = _choose_places(is_test, shuffled=contents.is_test is None)
        self._halves = tuple(np.empty((int(wanted.sum()), *self._shape), dtype=np.uint8) for wanted in (~is_test, is_test))
        self._filled = 0

    def add(self, chunk: NDArray[np.generic], watch: Watch) -> None:
        """Convert and fit the pictures, numbers `(k, ...)`, and put each where it belongs."""
        at_once = max(1, min(_FITTED_AT_ONCE, _FITTED_BYTES // max(1, chunk[:1].nbytes)))
        for first in range(0, len(chunk), at_once):
            pictures = chunk[first : first + at_once]
            rows = slice(self._filled, self._filled + len(pictures))
            if rows.stop > len(self._place):
                raise self._changed()
            self._put(_fit(pictures, self._contents, self._options), self._place[rows], self._is_test[rows])
            self._filled += len(pictures)
            watch.advance(len(pictures))

    def build(self, *, name: str, title: str, class_names: tuple[str, ...], origin: str) -> ImageSet:
        """The checked set, once all pictures are in."""
        if self._filled != len(self._place):
            raise self._changed()
        training, test = (self._arrange(wanted) for wanted in (~self._is_test, self._is_test))
        return build_image_set(
            name=name,
            title=title,
            x_train=self._halves[0],
            y_train=training,
            x_test=self._halves[1],
            y_test=test,
            class_names=class_names,
            max_value=self._contents.max_value or 255 if self._is_kept else 255,
            origin=origin,
        )

    def _put(self, pictures: Images, place: NDArray[np.intp], is_test: NDArray[np.bool_]) -> None:
        for half, wanted in zip(self._halves, (~is_test, is_test), strict=True):
            half[place[wanted]] = pictures[wanted]

    def _arrange(self, wanted: NDArray[np.bool_]) -> Labels:
        labels = np.empty(int(wanted.sum()), dtype=np.int32)
        labels[self._place[wanted]] = self._contents.classes.labels[wanted]
        return labels

    def _changed(self) -> DatasetError:
        return DatasetError(f"{self._source_name} changed while it was read; expected the same pictures as before. Bring it again.")


def build_example(picture: KeptPicture, contents: Contents, options: ImportOptions) -> Example:
    before = contents.pixel_range.with_largest(options.largest).convert(picture.pixels)
    height, width = before.shape[:2]
    return Example(
        name=f"image {picture.row + 1:,}",
        class_name=contents.classes.class_names[contents.classes.labels[picture.row]],
        original_size=(width, height),
        before=before,
        after=fit_picture(before, options.size, options.fit, options.colour or contents.colour),
    )


def _choose_places(is_test: NDArray[np.bool_], shuffled: bool) -> NDArray[np.intp]:
    """`(n,)`: the row of its own half that each picture goes to."""
    place = np.empty(len(is_test), dtype=np.intp)
    generator = np.random.default_rng(SHUFFLE_SEED)
    for wanted in (~is_test, is_test):
        count = int(wanted.sum())
        place[wanted] = generator.permutation(count) if shuffled else np.arange(count)
    return place


def _target_shape(contents: Contents, options: ImportOptions) -> tuple[int, ...]:
    sides = contents.image_shape[:2] if options.size is None else (options.size, options.size)
    return (*sides, 3) if (options.colour or contents.colour) == Colour.COLOUR else sides


def _stays(contents: Contents, options: ImportOptions) -> bool:
    """Whether the pictures go into the set exactly as they are."""
    is_right_size = options.size is None or contents.image_shape[:2] == (options.size, options.size)
    return is_right_size and options.colour in (None, contents.colour)


def _is_kept(contents: Contents, options: ImportOptions) -> bool:
    """Whether the file states how large its pixels can be, and nothing is asked for that would change them."""
    white = contents.pixel_range.white
    return contents.max_value == white == (options.largest or white) and _stays(contents, options)


def _fit(pictures: NDArray[np.generic], contents: Contents, options: ImportOptions) -> Images:
    if _is_kept(contents, options):
        return pictures.astype(np.uint8)
    pixels = contents.pixel_range.with_largest(options.largest).convert(pictures)
    if _stays(contents, options):
        return pixels
    colour = options.colour or contents.colour
    # Nothing of a square is cut or left empty, and stretching takes a fraction of the time that working out its margins does.
    fit = Fit.STRETCH if pixels.shape[1] == pixels.shape[2] else options.fit
    return np.stack([fit_picture(picture, options.size, fit, colour) for picture in pixels])
