"""A ZIP of class folders, one folder of pictures for each class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.datasets.image_set import Images, build_image_set
from core.datasets.importing.ahead import map_ahead, threads_for
from core.datasets.importing.archive import list_archive, read_entry
from core.datasets.importing.checking import check_options, choose_title, target_colour, target_shape
from core.datasets.importing.contents import printable
from core.datasets.importing.findings import Findings, Look, choose_examples, summarise
from core.datasets.importing.known_classes import number_classes
from core.datasets.importing.layout import Placed, place_pictures
from core.datasets.importing.options import Colour, ImportOptions
from core.datasets.importing.pictures import Decoded, UnreadablePicture, decode_picture, fit_picture
from core.datasets.importing.pixel_range import PixelRange
from core.datasets.importing.source import Example, ImportResult, OnProgress, ShouldStop, SourceFile, Survey
from core.datasets.importing.splitting import draw_test_set
from core.datasets.known_sets import KNOWN_SETS
from core.errors import DatasetError

SHUFFLE_SEED = 1
"""The images are put in one random order, always the same, so that the order of the file is not the order of the classes."""

# Large enough to tell grey from colour and whole from damaged.
_LOOK_SIDE = 64
_BEFORE_SIDE = 160


class ClassFolders:
    """A ZIP of `[anything/][train/]<class>/<picture>`, with `test/` or `val/` beside `train/` or without. An `ImportSource`.

    The name of a known set, such as `cifar10`, brings that set's title and class names, and needs folders called like its classes.
    A survey comes first: `examples` and `read` go by what it found.
    """

    def __init__(self, file: SourceFile) -> None:
        # Its name goes into sentences, and into what is stored.
        self._file = SourceFile(file.path, printable(file.name))
        self._findings: Findings | None = None

    def survey(self, on_progress: OnProgress, should_stop: ShouldStop) -> Survey:
        """Decode every picture once, keeping nothing but its size. See `ImportSource`."""
        listing = place_pictures(list_archive(self._file), self._file.name)
        findings = Findings(listing, np.zeros((len(listing.pictures), 2), dtype=np.int32))
        with self._opened() as archive:
            looks = map_ahead(_look_at, _read_all(archive, listing.pictures), _threads(listing.pictures), should_stop)
            for position, look in enumerate(looks):
                findings.add(position, look)
                on_progress(position + 1, len(listing.pictures))
        survey = summarise(findings, self._file.name)
        self._findings = findings
        return survey

    def examples(self, survey: Survey, options: ImportOptions, count: int = 8) -> tuple[Example, ...]:
        """See `ImportSource`."""
        check_options(survey, options)
        number_classes(survey, options.name)
        findings = self._surveyed()
        colour = target_colour(survey, options)
        with self._opened() as archive:
            chosen = [findings.listing.pictures[position] for position in choose_examples(findings, count)]
            return tuple(self._example(archive, picture, survey, options, colour) for picture in chosen)

    def _example(self, archive: BinaryIO, picture: Placed, survey: Survey, options: ImportOptions, colour: Colour) -> Example:
        try:
            data = read_entry(archive, picture.entry.info)
            pixel_range = self._surveyed().pixel_range.with_largest(options.largest)
            before = decode_picture(data, _BEFORE_SIDE, pixel_range)
            decoded = decode_picture(data, options.size, pixel_range)
            after = fit_picture(decoded.pixels, options.size, options.fit, colour)
        except UnreadablePicture as error:
            raise self._changed(picture) from error
        return Example(picture.entry.name, survey.class_names[picture.label], before.size, _thumbnail(before.pixels), after)

    def read(self, survey: Survey, options: ImportOptions, on_progress: OnProgress, should_stop: ShouldStop) -> ImportResult:
        """See `ImportSource`."""
        check_options(survey, options)
        class_names, labels_of = number_classes(survey, options.name)
        findings = self._surveyed()
        usable = findings.usable
        labels = labels_of[findings.labels[usable]]
        is_test = findings.is_test[usable] if survey.has_split else draw_test_set(labels, options.test_share, options.seed)
        # Training and test images lie one after the other in one array, each half in its random order.
        order = np.concatenate([_shuffled(np.flatnonzero(~is_test)), _shuffled(np.flatnonzero(is_test))])
        pictures = [findings.listing.pictures[position] for position in usable]
        pixels = np.empty((len(order), *target_shape(survey, options)), dtype=np.uint8)
        for done, (slot, image) in enumerate(zip(np.argsort(order), self._shaped(pictures, survey, options, should_stop), strict=True), 1):
            pixels[slot] = image
            on_progress(done, len(pictures))
        training = len(order) - int(is_test.sum())
        image_set = build_image_set(
            name=options.name,
            title=choose_title(options),
            x_train=pixels[:training],
            y_train=labels[order[:training]],
            x_test=pixels[training:],
            y_test=labels[order[training:]],
            class_names=class_names,
            origin=_describe_origin(survey, options),
        )
        return ImportResult(image_set, survey.unreadable, survey.ignored)

    def _shaped(self, pictures: Sequence[Placed], survey: Survey, options: ImportOptions, should_stop: ShouldStop) -> Iterator[Images]:
        """The pictures one after the other, as the set wants them."""
        colour, target = target_colour(survey, options), target_shape(survey, options)
        pixel_range = self._surveyed().pixel_range.with_largest(options.largest)

        def shape(data: bytes | UnreadablePicture) -> Images | UnreadablePicture:
            decoded = _decode(data, options.size, pixel_range)
            return fit_picture(decoded.pixels, options.size, options.fit, colour) if isinstance(decoded, Decoded) else decoded

        with self._opened() as archive:
            shaped = map_ahead(shape, _read_all(archive, pictures), _threads(pictures), should_stop)
            for picture, image in zip(pictures, shaped, strict=True):
                if isinstance(image, UnreadablePicture) or image.shape != target:
                    raise self._changed(picture)
                yield image

    def _opened(self) -> BinaryIO:
        try:
            return self._file.path.open("rb")
        except OSError as error:
            raise DatasetError(f"{self._file.name} can't be read any more: {error.strerror or error}. Bring the file again.") from error

    def _surveyed(self) -> Findings:
        if self._findings is None:
            raise DatasetError(f"{self._file.name} has not been looked through yet. Do that first.")
        return self._findings

    def _changed(self, picture: Placed) -> DatasetError:
        return DatasetError(
            f"{self._file.name}: {picture.entry.name!r} is not what it was when the file was looked through. Bring the file again."
        )


def _read_all(archive: BinaryIO, pictures: Iterable[Placed]) -> Iterator[bytes | UnreadablePicture]:
    """The pictures' bytes, one after the other: a file has one position only, so one thread reads for all."""
    for picture in pictures:
        try:
            yield read_entry(archive, picture.entry.info)
        except UnreadablePicture as error:
            yield error


def _decode(data: bytes | UnreadablePicture, at_least: int | None, pixel_range: PixelRange | None = None) -> Decoded | UnreadablePicture:
    if isinstance(data, UnreadablePicture):
        return data
    try:
        return decode_picture(data, at_least, pixel_range)
    except UnreadablePicture as error:
        return error


def _look_at(data: bytes | UnreadablePicture) -> Look | UnreadablePicture:
    decoded = _decode(data, _LOOK_SIDE)
    if isinstance(decoded, UnreadablePicture):
        return decoded
    traits = {"transparent": decoded.is_transparent, "16-bit": decoded.is_16_bit, "animated": decoded.is_animated}
    return Look(
        decoded.size, decoded.is_grey, (decoded.lowest, decoded.highest), tuple(trait for trait, is_there in traits.items() if is_there)
    )


def _threads(pictures: Sequence[Placed]) -> int:
    return threads_for(sum(picture.entry.info.compress_size for picture in pictures) / max(1, len(pictures)))


def _shuffled(positions: NDArray[np.intp]) -> NDArray[np.intp]:
    return positions[np.random.default_rng(SHUFFLE_SEED).permutation(len(positions))]


def _thumbnail(pixels: Images) -> Images:
    picture = Image.fromarray(pixels)
    picture.thumbnail((_BEFORE_SIDE, _BEFORE_SIDE))
    return np.asarray(picture)


def _describe_origin(survey: Survey, options: ImportOptions) -> str:
    share = f"{options.test_share:.0%} of each class, drawn with seed {options.seed}, are the test set"
    split = "split as in its folders" if survey.has_split else share
    known = KNOWN_SETS.get(options.name)
    imported = f"Imported from {survey.source_name}, {split}."
    return f"{known.origin} {imported}" if known else imported
