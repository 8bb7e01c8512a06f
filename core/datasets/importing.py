"""A ZIP of class folders, one folder of pictures for each class, read into an `ImageSet`.

Nothing is ever extracted to disk and no name from the archive becomes a path: pictures are decoded in memory, one at a time,
straight into arrays whose size was checked first.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.datasets.class_folders import SPLIT_SEED, ArchiveImage, Listing, list_images
from core.datasets.image_set import Images, ImageSet, build_image_set
from core.datasets.known_sets import KNOWN_SETS, check_new_name
from core.datasets.npz_files import save_npz
from core.errors import Cancelled, DatasetError
from core.settings import MAX_SET_BYTES, MAX_SIDE, Settings

SHUFFLE_SEED = 1
"""The images are put in one random order, always the same, so that the order of the file is not the order of the classes."""

_GREY_MODES = ("1", "L", "LA")
_COLOUR_MODES = ("RGB", "RGBA", "P", "CMYK", "YCbCr")

# What Pillow and the ZIP reader raise for a picture that is damaged or is none.
_UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, zipfile.BadZipFile)


@dataclass(frozen=True)
class ImportResult:
    """An image set and what was left out of it.

    `skipped` holds, for each picture that could not be used, its name in the archive and the reason.
    `ignored` counts pictures outside `train` and `test`, where the archive has both.
    """

    image_set: ImageSet
    skipped: tuple[str, ...]
    ignored: int


def import_class_folders(
    zip_path: Path,
    *,
    name: str,
    title: str | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> ImportResult:
    """Read a ZIP of PNG and JPEG pictures in class folders.

    Either `[anything/]train/<class>/<file>` and `[anything/]test/<class>/<file>`, or `[anything/]<class>/<file>`:
    then a fifth of each class, drawn with a fixed seed, becomes the test set. Classes are sorted by name. All pictures must be of one
    size and all grey or all colour. A picture that can't be decoded is left out and reported.
    The name of a known set, such as `cifar10`, brings that set's title and class names, and needs folders called like its classes.
    `on_progress(done, total)` counts pictures.

    Raises `DatasetError` with what was found and what is expected, and `Cancelled` soon after `should_stop()` becomes true.
    """
    check_new_name(name)
    try:
        with zipfile.ZipFile(zip_path) as archive:
            listing = list_images(archive, zip_path.name, name)
            reader = _Reader(archive, zip_path.name, len(listing.training) + len(listing.test), on_progress, should_stop)
            x_train, y_train = reader.read(listing.training)
            x_test, y_test = reader.read(listing.test)
    except zipfile.BadZipFile as error:
        raise DatasetError(f"{zip_path.name} is damaged or not a ZIP archive ({error}); expected a ZIP of class folders.") from error
    except OSError as error:
        raise DatasetError(f"{zip_path} can't be read: {error.strerror or error}. Expected a ZIP of class folders.") from error
    known = KNOWN_SETS.get(name)
    image_set = build_image_set(
        name=name,
        title=title or (known.title if known else name),
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        class_names=listing.class_names,
        origin=_describe_origin(zip_path.name, listing, known.origin if known else None),
    )
    return ImportResult(image_set, tuple(reader.skipped), listing.ignored)


def store_image_set(image_set: ImageSet, settings: Settings, *, replace: bool = False) -> Path:
    """Keep an image set as `<name>.npz` in Inkling's home, where the catalogue finds it. Returns the file.

    Raises `DatasetError` if the name is unsafe or, unless `replace`, taken, and `StorageError` if the file can't be written.
    """
    check_new_name(image_set.name)
    path = settings.downloads / f"{image_set.name}.npz"
    if path.exists() and not replace:
        raise DatasetError(f"There is a set called {image_set.name!r} already, in {path}. Choose another name, or remove that file first.")
    save_npz(path, image_set)
    return path


class _Reader:
    """Decodes pictures one after the other. The first one sets the size and the colours that all others must have."""

    def __init__(
        self,
        archive: zipfile.ZipFile,
        archive_name: str,
        total: int,
        on_progress: Callable[[int, int], None],
        should_stop: Callable[[], bool],
    ) -> None:
        self.skipped: list[str] = []
        self._archive = archive
        self._archive_name = archive_name
        self._total = total
        self._done = 0
        self._on_progress = on_progress
        self._should_stop = should_stop
        self._first: tuple[str, tuple[int, ...]] | None = None

    def read(self, images: Sequence[ArchiveImage]) -> tuple[Images, NDArray[np.int32]]:
        """The pictures that can be used, in one fixed random order, and their labels."""
        order = np.random.default_rng(SHUFFLE_SEED).permutation(len(images))
        pixels: Images | None = None
        labels = np.empty(len(images), dtype=np.int32)
        filled = 0
        for position in order:
            image = images[position]
            decoded = self._decode(image)
            self._step()
            if decoded is None:
                continue
            if pixels is None:
                pixels = np.empty((len(images), *decoded.shape), dtype=np.uint8)
            pixels[filled], labels[filled] = decoded, image.label
            filled += 1
        if pixels is None:
            raise DatasetError(
                f"{self._archive_name}: none of {len(images):,} pictures could be read, the first being {self.skipped[0]};"
                " expected PNG or JPEG pictures."
            )
        return pixels[:filled], labels[:filled]

    def _step(self) -> None:
        if self._should_stop():
            raise Cancelled(f"The import of {self._archive_name} was called off. Nothing of it was kept.")
        self._done += 1
        self._on_progress(self._done, self._total)

    def _decode(self, image: ArchiveImage) -> Images | None:
        """The pixels, or None, with a note in `skipped`, for a picture that can't be used."""
        place = f"{self._archive_name}: {image.info.filename!r}"
        try:
            pixels = _decode_picture(self._archive.read(image.info), place)
        except _UNREADABLE as error:
            self.skipped.append(f"{image.info.filename}: {error or type(error).__name__}")
            return None
        self._check_alike(place, pixels)
        return pixels

    def _check_alike(self, place: str, pixels: Images) -> None:
        if self._first is None:
            size = self._total * pixels.size
            if size > MAX_SET_BYTES:
                raise DatasetError(
                    f"{self._archive_name}: {self._total:,} pictures like {place} take {size:,} bytes in memory;"
                    f" expected at most {MAX_SET_BYTES:,}. Keep a part of them or make them smaller."
                )
            self._first = (place, pixels.shape)
        first_place, first_shape = self._first
        if pixels.shape != first_shape:
            raise DatasetError(
                f"{place} is {_describe(pixels.shape)}, but {first_place} is {_describe(first_shape)};"
                " expected all pictures to have one size, and to be all grey or all colour. Convert them first."
            )


def _decode_picture(data: bytes, place: str) -> Images:
    """`(height, width)` for a grey picture, `(height, width, 3)` for colour.

    Raises one of `_UNREADABLE` for a picture that can be left out, `DatasetError` for one that shows the whole set to be too large.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
            # The size is known before anything is decoded, so that a huge picture costs nothing.
            if max(picture.size) > MAX_SIDE:
                raise _too_large(place, f"is {picture.width:,} x {picture.height:,} pixels")
            return _to_pixels(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(place, "is far too large") from error


def _to_pixels(picture: Image.Image) -> Images:
    if picture.mode not in _GREY_MODES + _COLOUR_MODES:
        raise ValueError(f"its pixels are {picture.mode}; expected 8 bits, grey or colour")
    if picture.has_transparency_data and np.asarray(picture.convert("RGBA"))[..., 3].min() < 255:
        raise ValueError("it is partly transparent; expected a picture with a background")
    return np.asarray(picture.convert("L" if picture.mode in _GREY_MODES else "RGB"))


def _too_large(place: str, what: str) -> DatasetError:
    return DatasetError(f"{place} {what}; expected at most {MAX_SIDE} a side. Make the pictures smaller first.")


def _describe(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} x {shape[0]} pixels in {'grey' if len(shape) == 2 else 'colour'}"


def _describe_origin(archive_name: str, listing: Listing, makers: str | None) -> str:
    split = f"a fifth of each class, drawn with seed {SPLIT_SEED}, is the test set" if listing.is_own_split else "split as in its folders"
    return " ".join(filter(None, (makers, f"Imported from {archive_name}, {split}.")))
