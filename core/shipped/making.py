"""How the shipped network is made: `python -m core pretrain`."""

from __future__ import annotations

import hashlib
import io
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from core.datasets.catalog import Catalog, DatasetState
from core.datasets.downloading import Downloader
from core.datasets.image_set import Images, ImageSet, Labels, build_image_set
from core.drawing.pipeline import prepare_drawing
from core.drawing.profile import build_profile
from core.errors import DatasetError, InklingError, StorageError
from core.files import check_ends, make_folder, write_atomically
from core.networks.recipes import RECIPES
from core.networks.spec import TrainingSpec, read_spec
from core.networks.weights import pack_weights, unpack_weights
from core.predictions.novelty import NO_POSITION, Familiar, Floats, build_familiar, energy, measure_novelty
from core.predictions.predictor import Predictor
from core.predictions.scores import score
from core.settings import Settings
from core.shipped.card import FOLDER, MAX_BYTES, Card, Flagged
from core.shipped.oddities import (
    DIGIT_SHAPED,
    FONTS,
    PRINTED_FONTS,
    all_letters,
    draw_blots,
    draw_letters,
    draw_pictures,
    draw_scribbles,
    make_noise,
    told_letters,
)
from core.shipped.printed import draw_printed
from core.shipped.strangers import STYLE, make_strangers, redraw_digits
from core.training.environment import describe_environment
from core.training.events import TrainingEvent
from core.training.loop import train
from core.training.splitting import ValidationSplit, choose_stratified, split_images


@dataclass(frozen=True)
class Plan:
    """How much is made of what.

    Attributes:
        spec: the network, the set it learns from and how it is trained.
        redrawn, strangers: pictures made from the training digits, in addition to them.
        compared: training digits that a drawing is compared with, and how many of them redrawn, perhaps as other hands write them.
        compared_printed: printed digits that it is compared with as well.
    """

    spec: TrainingSpec
    redrawn: int
    strangers: int
    compared: int
    compared_redrawn: int
    compared_printed: int


class _Made(BaseModel):
    """How the weights were made: what stays on the card when they are measured anew."""

    model_config = ConfigDict(frozen=True)

    spec: TrainingSpec
    dataset: str
    made: str
    seconds: float
    versions: dict[str, str]


PLAN = Plan(
    # The network of `mnist-cnn`, trained for twice as long, on digits that are moved, turned and resized a little.
    read_spec(
        RECIPES["mnist-cnn"].spec.model_dump()
        | {"recipe": None, "epochs": 16, "augmentation": {"shift": 0.05, "rotation": 12, "zoom": 0.1}, "seed": 1}
    ),
    redrawn=30_000,
    strangers=50_000,
    # As many as fit into `MAX_BYTES` with the rest: the more there are, the nearer a real digit comes to one of them.
    compared=28_000,
    compared_redrawn=8_000,
    # Chosen with 32 fonts that are on no card (Liberation, Fira, Open Sans): 32 of 320 digits are refused without any of these, 6 with
    # 500, 4 with 2,000 and 2 with 4,000, for which there is no room.
    compared_printed=3_500,
)
"""What is shipped."""

_LEVELS = 7
"""Of the values that drawings are compared with: 28,000 images in 7 levels take as much room as 15,000 in 127, and tell more."""

_COMPUTING = ("python", "tensorflow", "keras", "numpy")
"""Whose versions stand on the card: the machine is nobody's business."""

ODDITIES = 500
"""Scribbles, blots and pictures of noise that the novelty is measured on; of clothes 2,000."""


OpenTest = Callable[[str], None]
"""Called with a set's SHA-256 before its test images are looked at, so that it counts whatever becomes of the files."""


def pretrain(
    settings: Settings, on_event: Callable[[TrainingEvent], None], open_test: OpenTest, folder: Path = FOLDER, plan: Plan = PLAN
) -> Card:
    """Train the shipped network, measure it, and write its files. Takes about five minutes on two cores.

    MNIST is taken from where the catalog finds it, or downloaded. The digits held back for validation are used for nothing but the
    threshold of the novelty, and the test digits for nothing but the numbers on the card.

    Raises `DatasetError` if MNIST is not to be had, `StorageError` if the files can't be written.
    """
    spec = plan.spec
    image_set = _find_images(settings, spec.dataset)
    halves = split_images(spec, image_set.y_train)
    outcome = train(read_spec(spec.model_dump() | {"validation_split": 0}), _build_lessons(plan, image_set, halves), on_event)
    weights = pack_weights(_cut_off_strangers(outcome.weights, image_set.class_count), is_compact=True)
    versions = {name: version for name, version in describe_environment().items() if name in _COMPUTING}
    today = datetime.now(UTC).date().isoformat()
    made = _Made(spec=spec, dataset=image_set.name, made=today, seconds=round(outcome.seconds, 1), versions=versions)
    open_test(image_set.sha256)
    return _describe(settings, folder, plan, image_set, weights, made)


def measure_again(settings: Settings, open_test: OpenTest, folder: Path = FOLDER, plan: Plan = PLAN) -> Card:
    """Keep the weights in `folder`, and make anew what drawings are compared with and the card. Takes a minute.

    Raises as `pretrain` does, and `StorageError` if there is no network in the folder.
    """
    try:
        for name in ("card.json", "weights.npz"):
            check_ends(folder / name)
        made, weights = _Made.model_validate_json((folder / "card.json").read_bytes()), (folder / "weights.npz").read_bytes()
    except (OSError, ValueError) as error:
        raise StorageError(f"There is no network in {folder} that can be measured: {error}. Make one: python -m core pretrain") from error
    # Its own settings: they say which images were held back.
    image_set = _find_images(settings, made.dataset)
    open_test(image_set.sha256)
    return _describe(settings, folder, replace(plan, spec=made.spec), image_set, weights, made)


def _describe(settings: Settings, folder: Path, plan: Plan, image_set: ImageSet, weights: bytes, made: _Made) -> Card:
    """Find out what the network has seen, measure it, and write its files."""
    halves = split_images(plan.spec, image_set.y_train)
    predictor = Predictor(plan.spec, image_set.image_shape, image_set.class_count, image_set.max_value, weights)
    familiar = _find_familiar(plan, predictor, image_set, halves)
    card = _measure(settings, plan, image_set, halves, made, weights, predictor, familiar)
    learned_from = image_set.x_train[halves.training]
    _write(folder, card, weights, familiar.to_arrays(), build_profile(learned_from, image_set.max_value).to_arrays())
    return card


def _find_images(settings: Settings, name: str) -> ImageSet:
    """The set, fetched from its publisher if it is not on this machine."""
    catalog = Catalog(settings)
    if any(entry.name == name and entry.state == DatasetState.MISSING for entry in catalog.entries()):
        Downloader(settings).download(name)
    return catalog.load(name)


def _build_lessons(plan: Plan, image_set: ImageSet, halves: ValidationSplit) -> ImageSet:
    """The training digits, redrawn ones and strangers, as a set of eleven classes. Nothing that was held back is in it."""
    images, labels = image_set.x_train[halves.training], image_set.y_train[halves.training]
    redrawn, chosen = redraw_digits(images, plan.redrawn, plan.spec.seed)
    strangers = make_strangers(images, labels, plan.strangers, plan.spec.seed)
    return build_image_set(
        name=image_set.name,
        title=image_set.title,
        x_train=np.concatenate([images, redrawn, strangers]),
        y_train=np.concatenate([labels, labels[chosen], np.full(len(strangers), image_set.class_count)]),
        x_test=image_set.x_train[halves.validation],
        y_test=image_set.y_train[halves.validation],
        class_names=(*image_set.class_names, "no digit"),
        origin=_describe_augmentation(plan),
    )


def _cut_off_strangers(weights: bytes, class_count: int) -> list[NDArray[np.float32]]:
    """The same network without its eleventh output. The softmax of the other ten is as if there had never been another."""
    *layers, kernel, bias = unpack_weights(weights)
    return [*layers, kernel[:, :class_count], bias[:class_count]]


def _find_familiar(plan: Plan, predictor: Predictor, image_set: ImageSet, halves: ValidationSplit) -> Familiar:
    compared = choose_stratified(halves.training, image_set.y_train, plan.compared, plan.spec.seed)
    labels = image_set.y_train[compared]
    written = _redraw_some(plan, image_set.x_train[compared], labels)
    inks, digits = draw_printed(plan.compared_printed, plan.spec.seed)
    values = predictor.hidden(np.concatenate([written, prepare_inks(inks, image_set)]))
    real = predictor.hidden(image_set.x_train[halves.validation])
    positions = np.concatenate([compared, np.full(len(digits), NO_POSITION, np.int32)])
    return build_familiar(positions, np.concatenate([labels, digits]), values, real, levels=_LEVELS)


def _redraw_some(plan: Plan, images: Images, labels: Labels) -> Images:
    """These images, some of them redrawn: digits of another pen or habit are not to be called unlike anything learned."""
    some = np.random.default_rng(plan.spec.seed).permutation(len(images))[: plan.compared_redrawn]
    redrawn, chosen = redraw_digits(images[some], len(some), plan.spec.seed, labels[some])
    mixed = images.copy()
    mixed[some[chosen]] = redrawn
    return mixed


def _measure(
    settings: Settings,
    plan: Plan,
    image_set: ImageSet,
    halves: ValidationSplit,
    made: _Made,
    weights: bytes,
    predictor: Predictor,
    familiar: Familiar,
) -> Card:
    scores = score(predictor.probabilities(image_set.x_test), image_set.y_test)
    real = image_set.x_train[halves.validation]
    novelty = tuple(
        measure_flagged(predictor, familiar, real, kind, images) for kind, images in build_oddities(settings, image_set).items()
    )
    printed, digits = build_printed(image_set)
    misread = image_set.x_test[scores.wrong]
    return Card(
        title="Inkling's own digits",
        spec=made.spec,
        dataset=made.dataset,
        dataset_sha256=image_set.sha256,
        class_names=image_set.class_names,
        image_shape=image_set.image_shape,
        max_value=image_set.max_value,
        augmentation=_describe_augmentation(plan),
        weights_sha256=hashlib.sha256(weights).hexdigest(),
        parameters=predictor.model.count_params(),
        made=made.made,
        seconds=made.seconds,
        versions=made.versions,
        training_images=len(halves.training),
        validation_images=len(halves.validation),
        test_images=len(image_set.y_test),
        test_accuracy=scores.accuracy,
        test_accuracy_interval=scores.accuracy_interval,
        misread=len(misread),
        misread_flagged=count_novel(predictor, familiar, misread),
        printed_fonts=PRINTED_FONTS,
        printed_right=int((predictor.probabilities(printed).argmax(axis=1) == digits).sum()),
        novelty=novelty,
        limits=_describe_limits(),
    )


def prepare_inks(inks: tuple[NDArray[np.uint8], ...], image_set: ImageSet) -> Images:
    """Drawings as the images of the set were made, `uint8 (n, height, width)`."""
    return np.stack([prepare_drawing(ink, STYLE, image_set.image_shape, image_set.max_value).image for ink in inks])


def build_oddities(settings: Settings, image_set: ImageSet) -> dict[str, Images]:
    """What the novelty is measured on, by kind: `uint8 (n, 28, 28)`. The clothes only where Fashion-MNIST is on this machine."""
    prepare = partial(prepare_inks, image_set=image_set)
    other_fonts = [font for font in PRINTED_FONTS if font not in FONTS]
    kinds = {
        "MNIST test digits": image_set.x_test,
        f"printed digits, {len(PRINTED_FONTS)} fonts": build_printed(image_set)[0],
        f"letters, {len(FONTS)} fonts": prepare(draw_letters(all_letters())),
        f"the same but {', '.join(DIGIT_SHAPED)}": prepare(draw_letters(told_letters())),
        f"letters, {len(other_fonts)} other fonts": prepare(draw_letters(all_letters(), other_fonts)),
        "scribbles": prepare(draw_scribbles(ODDITIES)),
        "blots": prepare(draw_blots(ODDITIES)),
        "random pixels": make_noise(ODDITIES, image_set.image_shape),
    }
    try:
        clothes = Catalog(settings).load("fashion_mnist").x_test[: 4 * ODDITIES]
    except DatasetError:
        return kinds
    return kinds | {"clothes": clothes, "clothes, drawn on the canvas": prepare(draw_pictures(clothes))}


def build_printed(image_set: ImageSet) -> tuple[Images, Labels]:
    """Printed digits, 0 to 9 in each of `PRINTED_FONTS`, as the images of the set were made, and which they are."""
    digits = string.digits
    images = prepare_inks(draw_letters(digits, PRINTED_FONTS), image_set)
    return images, np.tile(np.arange(len(digits), dtype=np.int32), len(PRINTED_FONTS))


def measure_flagged(predictor: Predictor, familiar: Familiar, real: Images, kind: str, images: Images) -> Flagged:
    """How many of the images are novel, by either score; the energy's threshold, too, is what 95 % of the `real` ones pass."""
    threshold = np.quantile(energy(_logits(predictor, real)), 0.95)
    by_energy = energy(_logits(predictor, images)) > threshold
    return Flagged(kind=kind, images=len(images), by_score=count_novel(predictor, familiar, images), by_energy=int(by_energy.sum()))


def count_novel(predictor: Predictor, familiar: Familiar, images: Images) -> int:
    """How many of the images are called unlike anything learned; none of none."""
    return int(measure_novelty(familiar, predictor.hidden(images)).is_novel.sum()) if len(images) else 0


def _logits(predictor: Predictor, images: Images) -> Floats:
    """What goes into the softmax, `float32 (n, classes)`."""
    output = predictor.model.layers[-1]
    kernel, bias = (variable.numpy() for variable in output.weights)
    return np.asarray(predictor.hidden(images) @ kernel + bias, np.float32)


def _describe_augmentation(plan: Plan) -> str:
    return (
        f"All digits moved, turned and resized a little; {plan.redrawn:,} also redrawn with a thicker or thinner pen;"
        f" and {plan.strangers:,} pictures that are no digits (turned, mirrored, cut up and overlaid digits;"
        " lines, arcs and strokes that are joined at random)"
        " as an eleventh class, which was cut off after the training."
    )


def _describe_limits() -> tuple[str, ...]:
    return (
        f"Letters that are written like digits ({', '.join(DIGIT_SHAPED)}) are read as digits; their shape does not tell them.",
        "It learned from digits written in the United States around 1990. A 1 with a flag and a 7 with a bar are rarer there: such digits,"
        " made by a program, are among those that drawings are compared with. Other habits may be called unlike anything learned.",
        "One in twenty real digits is called unlike anything learned, because the threshold was set so.",
        f"Letters in {len(FONTS)} fonts served to choose how it was trained and how the novelty is measured: their share is the best of"
        " several tries. Those in the other fonts were only measured.",
        "It learned nothing printed. Digits printed in other fonts than those measured are among those that drawings are compared with."
        " Those of displays with seven segments are not, and are often called unlike anything learned.",
    )


def _write(folder: Path, card: Card, weights: bytes, familiar: Mapping[str, NDArray[Any]], profile: Mapping[str, NDArray[Any]]) -> None:
    """All four files, the card last: it names the weights it is about."""
    files = {"weights.npz": weights, "familiar.npz": _compress(familiar), "profile.npz": _compress(profile)}
    size = sum(map(len, files.values()))
    if size > MAX_BYTES:
        raise InklingError(f"The network and what it has seen take {size:,} bytes; expected at most {MAX_BYTES:,}. Compare with fewer.")
    make_folder(folder)
    for name, data in files.items():
        write_atomically(folder / name, data)
    write_atomically(folder / "card.json", card.model_dump_json(indent=2).encode())


def _compress(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()
