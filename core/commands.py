"""What the command line does, as functions from plain values to plain values: fit for a notebook, a test or JSON."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from core.compute.endings import Ending, TrainingRaised, TrainingReturned, classify
from core.compute.loading import load_quietly
from core.datasets.catalog import Catalog
from core.datasets.image_set import Images, ImageSet, Labels
from core.datasets.importing.checking import build_options
from core.datasets.importing.detect import open_source
from core.datasets.importing.naming import check_free_name
from core.datasets.importing.source import ImportSource, OnProgress, SourceFile
from core.datasets.library import store_image_set
from core.errors import DatasetError, InklingError, RunNotReady
from core.networks.advice import check_network
from core.networks.building import export_keras
from core.networks.recipes import RECIPES, find_recipe
from core.networks.spec import TrainingSpec, read_spec
from core.networks.weights import unpack_weights
from core.predictions.predictor import Predictor
from core.predictions.scores import score
from core.runs.ledger import Ledger
from core.runs.record import RunRecord
from core.runs.store import RunStore
from core.settings import Settings
from core.shipped.card import FOLDER, SHIPPED
from core.training.events import ArtefactReady, Glimpsed, TrainingEvent, event_to_dict
from core.training.loop import TrainingOutcome, train
from core.training.splitting import check_split, describe_split, split_images
from core.training.steering import stop_when


def list_datasets(settings: Settings) -> list[dict[str, Any]]:
    """Every image set: its name, title, description, state (ready, missing or unusable) and, if unusable, the reason."""
    entries = Catalog(settings).entries()
    return [asdict(entry) | {"path": str(entry.path) if entry.path else None} for entry in entries]


def list_recipes() -> list[dict[str, Any]]:
    """Every recipe with its settings."""
    return [
        {
            "name": name,
            "title": recipe.title,
            "summary": recipe.summary,
            "published_accuracy": recipe.published_accuracy,
            "spec": recipe.spec.model_dump(),
        }
        for name, recipe in RECIPES.items()
    ]


def train_recipe(
    settings: Settings,
    recipe: str,
    changes: Mapping[str, Any],
    on_event: Callable[[dict[str, Any]], None],
    *,
    opens_test: bool = False,
) -> dict[str, Any]:
    """Train a recipe in this process, keep it as a run like any other, and score it on its validation images.

    Args:
        changes: spec fields to set otherwise, such as `{"epochs": 2}`.
        on_event: gets each training event as a plain dict; those that carry files or pictures are left out.
        opens_test: whether to score it on the test images too, which the ledger counts.

    Ctrl-C stops the training and keeps what was learned. Raises `InklingError` for anything a user can put right, and `RunNotReady`
    if it was stopped before its first step.
    """
    # Another seed is still the recipe; another data set or number of epochs is not.
    name = recipe if not set(changes) - {"seed", "split_seed"} else None
    spec = read_spec({**find_recipe(recipe).spec.model_dump(), **changes, "recipe": name})
    image_set = Catalog(settings).load(spec.dataset)
    store = RunStore(settings.home)
    store.check_writable()
    check_network(spec, image_set.image_shape, image_set.class_count, len(image_set.y_train))
    check_split(spec, image_set.y_train)
    load_quietly()
    record = store.create(spec, image_set.sha256)
    outcome = _train_and_keep(store, record, image_set, on_event)
    if not outcome.has_learned:
        raise RunNotReady(f"Run {record.id} was stopped before its first step, so it learned nothing. Train it again.")
    return {
        "run": record.id,
        "state": str(store.load(record.id).state),
        **{name: value for name, value in outcome.result().items() if name != "kept"},
        "notes": [note.message for note in describe_split(spec, image_set.y_train)],
        **_score(settings, store.load(record.id), image_set, outcome.weights, opens_test=opens_test),
    }


def _train_and_keep(store: RunStore, record: RunRecord, image_set: ImageSet, on_event: Callable[[dict[str, Any]], None]) -> TrainingOutcome:
    def keep(event: TrainingEvent) -> None:
        store.append(record.id, event)
        if not isinstance(event, (ArtefactReady, Glimpsed)):
            on_event(event_to_dict(event))

    try:
        with _stop_on_interrupt() as should_stop:
            outcome = train(record.spec, image_set, keep, stop_when(should_stop))
        if outcome.has_learned:
            store.append(record.id, ArtefactReady("weights/final.npz", outcome.weights))
            store.append(record.id, ArtefactReady("model.keras", _export(record.spec, image_set, outcome.weights)))
    except Exception as error:
        expected = isinstance(error, InklingError)
        _record(store, record.id, TrainingRaised(expected, type(error).__name__, str(error)))
        raise
    _record(store, record.id, TrainingReturned(outcome.stopped, outcome.result()))
    return outcome


def _record(store: RunStore, run_id: str, ending: Ending) -> None:
    outcome = classify(ending)
    store.finish(run_id, outcome.state, error=outcome.error, result=outcome.result)


def _export(spec: TrainingSpec, image_set: ImageSet, weights: bytes) -> bytes:
    return export_keras(spec, image_set.image_shape, image_set.class_names, image_set.max_value, unpack_weights(weights))


@contextmanager
def _stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Ctrl-C, a closed terminal and a polite kill ask the training to stop instead of breaking it off. Only the main thread can listen."""
    pressed: list[int] = []
    asking = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    try:
        before = {number: signal.signal(number, lambda number, frame: pressed.append(number)) for number in asking}
    except ValueError:
        # Called from another thread, as a notebook may: there is no Ctrl-C to listen for.
        yield lambda: False
        return
    try:
        yield lambda: bool(pressed)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def evaluate_run(settings: Settings, run_id: str, *, opens_test: bool = False) -> dict[str, Any]:
    """Score a run on its validation images and, once they are opened for it, on all test images of its data set.

    `opens_test` opens them, which the ledger counts. Raises `InklingError` if the run or its data is not there.
    """
    store = RunStore(settings.home)
    record = store.load(run_id)
    weights = store.latest_weights(run_id)
    image_set = Catalog(settings).load(record.spec.dataset)
    record.check_images(image_set)
    load_quietly()
    return {"run": run_id, "recipe": record.spec.recipe, **_score(settings, record, image_set, weights, opens_test=opens_test)}


def _score(settings: Settings, record: RunRecord, image_set: ImageSet, weights: bytes, *, opens_test: bool) -> dict[str, Any]:
    """What a run's weights come to. A loss is what the run made small, its penalties included; a cross-entropy is the same for all runs."""
    ledger, predictor = Ledger(settings.home), _predictor(record, image_set, weights)
    if opens_test:
        # A look at the test images counts, wherever it is taken.
        ledger.open_test(image_set.sha256, record.id)
    validation = np.sort(split_images(record.spec, image_set.y_train).validation)
    result = {"dataset": image_set.name, "validation_loss": record.validation_loss}
    result |= _measure("validation", predictor, image_set.x_train[validation], image_set.y_train[validation])
    if ledger.is_open(image_set.sha256, record.id):
        result |= _measure("test", predictor, image_set.x_test, image_set.y_test)
    return result


def _measure(kind: str, predictor: Predictor, images: Images, labels: Labels) -> dict[str, Any]:
    if not len(images):
        return {f"{kind}_images": 0, **{f"{kind}_{name}": None for name in ("accuracy", "accuracy_interval", "cross_entropy")}}
    scores = score(predictor.probabilities(images), labels)
    return {
        f"{kind}_images": len(labels),
        f"{kind}_accuracy": scores.accuracy,
        f"{kind}_accuracy_interval": scores.accuracy_interval,
        f"{kind}_cross_entropy": scores.loss,
    }


def _predictor(record: RunRecord, image_set: ImageSet, weights: bytes) -> Predictor:
    return Predictor(record.spec, image_set.image_shape, image_set.class_count, image_set.max_value, weights)


def pretrain_shipped(settings: Settings, folder: Path | None, on_event: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Make the shipped network anew, into its own place or `folder`, and return its card.

    Raises `DatasetError` if MNIST is neither on this machine nor can be downloaded, and `StorageError` if the files can't be written.
    """
    load_quietly()
    # Here, because it draws its pictures with matplotlib, and no other command should wait for that.
    from core.shipped.making import pretrain

    def tell(event: TrainingEvent) -> None:
        if not isinstance(event, (ArtefactReady, Glimpsed)):
            on_event(event_to_dict(event))

    return pretrain(settings, tell, _open_test_of_shipped(settings), folder or FOLDER).model_dump(mode="json")


def measure_shipped(settings: Settings, folder: Path | None) -> dict[str, Any]:
    """Keep the weights of the shipped network, or of that in `folder`, measure them anew, and return the card. Raises as above."""
    load_quietly()
    from core.shipped.making import measure_again

    return measure_again(settings, _open_test_of_shipped(settings), folder or FOLDER).model_dump(mode="json")


def _open_test_of_shipped(settings: Settings) -> Callable[[str], None]:
    """Counts as one opening, however often the shipped network is made or measured."""
    return lambda sha256: Ledger(settings.home).open_test(sha256, SHIPPED)


def survey_files(paths: Sequence[Path], on_progress: OnProgress, *, part: str | None = None, labels: str | None = None) -> dict[str, Any]:
    """What is in files that could be imported, and the options that suit; nothing is stored.

    `part` and `labels` are keys of choices that an earlier survey named. Raises `DatasetError` if the files can't be used, and `Cancelled`
    soon after Ctrl-C.
    """
    with _opened(paths) as source, _stop_on_interrupt() as should_stop:
        survey = source.survey(on_progress, should_stop, part=part, labels=labels)
    sizes = [{"width": width, "height": height, "pictures": count} for (width, height), count in survey.sizes]
    return asdict(survey) | {"ignored": survey.ignored, "sizes": sizes, "suggestion": survey.suggestion.model_dump()}


def import_files(settings: Settings, paths: Sequence[Path], choices: Mapping[str, Any], on_progress: OnProgress) -> dict[str, Any]:
    """Make an image set from files, or from those in one folder, and keep it in Inkling's home.

    Args:
        choices: fields of `ImportOptions`, such as `{"name": "pets", "size": 28}`.

    Raises `DatasetError` if the files or a choice can't be used, and `Cancelled` soon after Ctrl-C; nothing is stored then.
    """
    options = build_options(choices)
    check_free_name(options.name, settings)
    with _opened(paths) as source, _stop_on_interrupt() as should_stop:
        survey = source.survey(on_progress, should_stop, part=options.part, labels=options.labels)
        result = source.read(survey, options, on_progress, should_stop)
    image_set = result.image_set
    stored = store_image_set(image_set, settings)
    return {
        "name": image_set.name,
        "path": str(stored),
        "training_images": len(image_set.y_train),
        "test_images": len(image_set.y_test),
        "image_shape": list(image_set.image_shape),
        "class_names": list(image_set.class_names),
        "unreadable": [asdict(unreadable) for unreadable in result.unreadable],
        "ignored": result.ignored,
        "left_out": [asdict(item) for item in survey.left_out],
        "notes": list(survey.notes),
    }


@contextmanager
def _opened(paths: Sequence[Path]) -> Iterator[ImportSource]:
    """The source that reads these files; a folder stands for all that is in it."""
    files = [SourceFile(file, name) for path in paths for file, name in _walk(path)]
    with tempfile.TemporaryDirectory(prefix="inkling-") as scratch:
        yield open_source(files, Path(scratch))


def _walk(path: Path) -> Iterator[tuple[Path, str]]:
    """The files of a folder, each with its name from that folder on, or the file itself. Links within a folder are not followed."""
    if not path.is_dir():
        yield path, path.name
        return

    def refuse(error: OSError) -> None:
        raise DatasetError(f"The folder {error.filename} can't be read: {error.strerror or error}. Name the files themselves.") from error

    # What the folder is called when it is given as "." or "..".
    top = path.resolve()
    for folder, folders, names in os.walk(top, onerror=refuse):
        folders.sort()
        for name in sorted(names):
            file = Path(folder, name)
            # A pipe or a device is told as such by what would open it.
            if not file.is_symlink():
                yield file, Path(top.name, file.relative_to(top)).as_posix()
