"""Reading picture files with a trained network: the one that comes with Inkling, or one of one's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compute.jobs import Arrays, Report
from core.compute.kept import KeptResults
from core.compute.loading import load_quietly
from core.compute.models import find_model_key, find_model_source
from core.compute.reading import familiar_key, learn_familiar, read_images
from core.compute.tasks import ModelSource, find_predictor
from core.datasets.catalog import Catalog
from core.datasets.image_set import Images, ImageSet
from core.datasets.importing.pictures import SUFFIXES
from core.drawing.checks import check_sketch
from core.drawing.photo import read_picture
from core.drawing.reader import Reader, build_reader
from core.errors import DatasetError, DrawingError, RunNotReady
from core.predictions.novelty import is_judged
from core.runs.record import RunRecord
from core.runs.store import RunStore
from core.settings import Settings
from core.shipped.card import SHIPPED, load_reader

NEWEST = "newest"
"""Instead of a run's id: the newest run that has learned something, from images that are here."""


@dataclass(frozen=True, eq=False)
class Network:
    """A trained network that reads pictures. TensorFlow is loaded by its first answer.

    Attributes:
        reader: how a picture is prepared for it.
        key: names its weights, as `ComputeService.model_key` does.
        source: what it is built from.
        image_set: the images that it learned from; None for the network that comes with Inkling, which brings along what it needs.
    """

    reader: Reader
    key: str
    source: ModelSource
    image_set: ImageSet | None = None


@dataclass(frozen=True, eq=False)
class _Picture:
    """A picture as a network gets it, `uint8` of its image shape, and what may be wrong with it."""

    image: NDArray[np.uint8]
    notes: tuple[str, ...] = ()


def classify_files(
    settings: Settings, paths: Sequence[Path], run_id: str | None = None, report: Report = lambda *_: None
) -> dict[str, Any]:
    """Read picture files, each prepared as a drawing is on the page.

    Args:
        paths: files; a folder stands for the pictures in it, a pattern such as `scans/*.png` for what it fits.
        run_id: a run's id, or `NEWEST`; by default the network that comes with Inkling reads.
        report: gets the share done, 0 to 1, and a sentence, while what a run has seen is worked out for the novelty: half a minute
            for a convolutional network, the first time.

    Returns an entry for each file in `images`, in their order: its `label`, `probability`, `probabilities`, `novelty` and `notes`,
    sentences on what may be wrong with it; or, for one that can't be read, its `error`.
    Raises `InklingError` if there is no such run, or no picture at all.
    """
    files = find_pictures(paths)
    network = find_network(settings, run_id)
    # Unpacking and scaling leave the interpreter to others.
    with ThreadPoolExecutor(settings.cores) as pool:
        opened = list(pool.map(lambda file: _prepare_file(file, network.reader), files))
    pictures = [picture for picture in opened if isinstance(picture, _Picture)]
    # Without a picture TensorFlow need not be loaded, which takes seconds: a wrong name is told at once.
    if pictures:
        load_quietly()
    answers = _answer(settings, network, pictures, report) if pictures else iter(())
    return {
        "run": network.reader.id,
        "title": network.reader.title,
        "dataset": network.reader.dataset,
        "images": [
            {"file": str(file)} | (next(answers) if isinstance(picture, _Picture) else {"error": str(picture)})
            for file, picture in zip(files, opened, strict=True)
        ],
    }


def find_pictures(paths: Sequence[Path]) -> list[Path]:
    """The files that are meant, those of a folder or a pattern by name. Raises `DrawingError` if there is no picture in any.

    A file that is not there is kept, and so is a folder or pattern without pictures beside others that have some: it is for the one who
    opens it to say so, and to go on with the others.
    """
    files: list[Path] = []
    empty: list[Path] = []
    for path in paths:
        try:
            found = [path] if not path.is_dir() and (path.exists() or not _is_pattern(path)) else sorted(_pictures_in(path))
        except (OSError, ValueError) as error:
            raise DrawingError(f"The pictures in {path} can't be listed: {error}. Name the files themselves.") from error
        files += found or [path]
        empty += [] if found else [path]
    if len(files) == len(empty) > 0:
        raise _no_picture_in(empty[0])
    return files


def _no_picture_in(path: Path) -> DrawingError:
    folders = " Folders in it are not looked into: name them." if path.is_dir() and any(inner.is_dir() for inner in path.iterdir()) else ""
    return DrawingError(f"There is no picture in {path}; expected files that end with {', '.join(sorted(SUFFIXES))}.{folders}")


def _is_pattern(path: Path) -> bool:
    return any(sign in str(path) for sign in "*?[")


def _pictures_in(path: Path) -> Iterator[Path]:
    """The pictures of a folder, or all files that a pattern fits, hidden ones left out."""
    if path.is_dir():
        found = (file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
    else:
        found = (file for file in Path(path.anchor).glob(str(path.relative_to(path.anchor))) if not file.is_dir())
    return (file for file in found if not file.name.startswith("."))


def find_network(settings: Settings, run_id: str | None = None) -> Network:
    """The network that comes with Inkling, or that of a run. Raises `InklingError` if there is no such run or it has learned nothing."""
    store, catalog = RunStore(settings.home), Catalog(settings)
    reader_id = SHIPPED if run_id is None else _newest_readable(store, catalog).id if run_id == NEWEST else run_id
    key, source = find_model_key(store, reader_id), find_model_source(store, catalog.load, reader_id)
    if reader_id == SHIPPED:
        return Network(load_reader(), key, source)
    record = store.load(reader_id)
    image_set = catalog.load(record.spec.dataset)
    return Network(build_reader(record.id, record.title, image_set), key, source, image_set)


def read(settings: Settings, network: Network, images: Images, report: Report = lambda *_: None) -> Arrays:
    """A network's answers to images as it learned from, `uint8 (n, *image_shape)`.

    Returns `probabilities`, `float32 (n, class_count)`, and the fields of a `Novelty`.
    """
    predictor = find_predictor(network.key, network.source)
    return read_images(predictor, network.key, images, _find_familiar(settings, network, report))


def _find_familiar(settings: Settings, network: Network, report: Report) -> Arrays | None:
    """What a run has seen, kept where the pages keep it; None for the network that comes with Inkling."""
    if network.image_set is None:
        return None
    kept, key = KeptResults(settings.results), familiar_key(network.key)
    found = kept.load(key)
    if found is None:
        found = learn_familiar(report, lambda: False, network.key, network.source, network.image_set)
        kept.store(key, found)
    return found


def _newest_readable(store: RunStore, catalog: Catalog) -> RunRecord:
    """The newest run with something learned whose images are here. Raises what is wrong with the newest, if that is so with all."""
    problem: DatasetError | None = None
    for record in (record for record in store.list(limit=1000) if record.has_weights):
        try:
            record.check_images(catalog.load(record.spec.dataset))
        except DatasetError as error:
            problem = problem or error
        else:
            return record
    if problem is not None:
        raise problem
    raise RunNotReady("No network has been trained on this machine yet. Train one first: python -m core train --recipe digits-64")


def _prepare_file(path: Path, reader: Reader) -> _Picture | DrawingError:
    """A file as the network's own images were made, or why it can't be read."""
    if path.is_dir() or (_is_pattern(path) and not path.exists()):
        return _no_picture_in(path)
    try:
        sketch = read_picture(path).sketch
        notes = check_sketch(sketch) if reader.reads_characters else ()
        return _Picture(reader.prepare(sketch).image, tuple(note.message for note in notes))
    except DrawingError as error:
        return error


def _answer(settings: Settings, network: Network, pictures: Sequence[_Picture], report: Report) -> Iterator[dict[str, Any]]:
    """What each picture was taken for, how new it is, and what may be wrong with it, as plain values."""
    answers, names = read(settings, network, np.stack([picture.image for picture in pictures]), report), network.reader.class_names
    for picture, probabilities, novelty in zip(pictures, answers["probabilities"].tolist(), _novelties(answers), strict=True):
        best = max(probabilities)
        yield {
            "label": names[probabilities.index(best)],
            "probability": best,
            "probabilities": dict(zip(names, probabilities, strict=True)),
            "novelty": novelty,
            "notes": list(picture.notes),
        }


def _novelties(answers: Arrays) -> Iterator[dict[str, Any]]:
    """How new each image is to the network, as plain values; `is_novel` is None where too few real images could set the threshold."""
    threshold, measured = float(answers["threshold"]), int(answers["measured"])
    for score, exceeded in zip(answers["scores"].tolist(), answers["exceeded"].tolist(), strict=True):
        is_novel = score > threshold if is_judged(measured) else None
        yield {"is_novel": is_novel, "score": score, "threshold": threshold, "exceeded": exceeded, "measured": measured}
