"""What can't be trained, and what could be but hardly should: both said before the start, with the setting they are about."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from core.errors import Problem, SpecError
from core.networks.layers import Conv2DLayer, DenseLayer, DropoutLayer, FlattenLayer
from core.networks.optimisers import OPTIMISERS
from core.networks.plan import NEEDS_IMAGE, Step, plan_layers
from core.networks.shapes import check_size
from core.networks.spec import TrainingSpec

DIGIT_SETS = ("digits", "mnist")
"""Sets of handwritten digits, whose meaning a mirror or half a turn changes."""

SATURATING = ("sigmoid", "hard_sigmoid", "tanh", "softsign")
"""Activations that are flat for large values, so that little of the gradient gets through them."""

DEEP = 3
"""Saturating layers on top of each other from which on learning gets slow (Glorot and Bengio, 2010)."""

HIGH_DROPOUT = 0.5
"""Usual right before the output (Hinton et al., 2012); more than that is not."""

HIGH_RATE = 10
"""Times the optimiser's usual rate from which on the loss often jumps about."""

FEW_IMAGES = 100
"""Validation images below which one image moves the accuracy by more than a percentage point."""


def check_network(spec: TrainingSpec, image_shape: tuple[int, ...], class_count: int, training_images: int) -> None:
    """Refuse what can't be trained on these images, or would not fit this machine's memory.

    Args:
        image_shape: `(height, width)` or `(height, width, 3)`.
        class_count: number of output units.
        training_images: how many the set has, before some are chosen or held back.

    Raises `SpecError` with everything that is wrong, each with its setting.
    """
    problems = list(_data_problems(spec, training_images))
    try:
        check_size(spec, image_shape, class_count, training_images)
    except SpecError as error:
        problems = [*error.problems, *problems]
    if problems:
        raise SpecError(tuple(problems))


def advise(spec: TrainingSpec, image_shape: tuple[int, ...], class_count: int, training_images: int) -> tuple[Problem, ...]:
    """What is unwise about settings that can be trained: what will happen, and what to do instead. Arguments as `check_network`.

    Raises `SpecError` if a layer can't do its work on what it gets.
    """
    validation = held_back(training_images, spec.validation_split)
    case = _Case(spec, plan_layers(spec, image_shape, class_count), class_count, training_images - validation, validation)
    return tuple(problem for rule in RULES for problem in rule(case))


def held_back(images: int, share: float) -> int:
    """How many of so many images a validation share holds back, rounded up as in Keras; at least one is left to train on."""
    return images - max(1, math.floor(images * (1.0 - share)))


@dataclass(frozen=True)
class _Case:
    """What the rules look at: of the set's training images, those left to train on and those held back to validate."""

    spec: TrainingSpec
    steps: Sequence[Step]
    class_count: int
    left: int
    held_back: int

    @property
    def training(self) -> int:
        """The images that are trained on: those left, or as many of them as were asked for."""
        return min(self.spec.training_images or self.left, self.left)

    @property
    def hidden(self) -> list[Step]:
        return [step for step in self.steps if step.place is not None]


def _data_problems(spec: TrainingSpec, training_images: int) -> Iterator[Problem]:
    if (spec.training_images or 0) > training_images:
        yield Problem(
            "training_images",
            f"Training images: asks for {spec.training_images:,}, and the set has {training_images:,}. Ask for fewer, or leave it empty.",
        )
    if spec.validation_split and not held_back(training_images, spec.validation_split):
        yield Problem(
            "validation_split",
            f"Validation share: {spec.validation_split:g} of {training_images:,} training images is not even one. Hold back more, or none.",
        )
    if spec.batch_size == 1 and any(layer.kind == "batch_normalization" for layer in spec.hidden):
        yield Problem(
            "batch_size",
            "Batch size: BatchNormalization measures mean and spread over a batch, and a single image has no spread."
            " Use batches of at least 2, better 16.",
        )


def _linear_layers(case: _Case) -> Iterator[Problem]:
    """Between it and the next layer with weights, nothing may be but what is linear as well."""
    for step, following in pairwise([step for step in case.steps if step.has_kernel or step.kind == "max_pooling2d"]):
        if _activation(step) == "linear" and following.has_kernel:
            yield Problem(
                f"hidden.{step.place}.activation",
                f"{_name(step)} has no activation, so that it and the next layer with weights can do no more together"
                " than a single one. Give it one, such as ReLU.",
            )


def _narrow_end(case: _Case) -> Iterator[Problem]:
    values = case.steps[-1].input_shape[0]
    makers = [step for step in case.hidden if step.kind not in ("dropout", "batch_normalization", "flatten")]
    if makers and values < case.class_count:
        step = makers[-1]
        yield Problem(
            f"hidden.{step.place}.{'units' if step.kind == 'dense' else 'kind'}",
            f"{_name(step)} leaves {values} values to tell {case.class_count} classes apart. With a last layer smaller than the number"
            f" of classes, some are hard to keep apart; use {case.class_count} or more.",
        )


def _saturating_stack(case: _Case) -> Iterator[Problem]:
    # Normalising between them keeps values where the curve is steep, so it counts as a layer that is not flat.
    steps = [step for step in case.steps if step.has_kernel or step.kind == "batch_normalization"]
    for is_flat, group in groupby(steps, key=lambda step: _activation(step) in SATURATING):
        stack = list(group)
        if is_flat and len(stack) >= DEEP:
            yield Problem(
                f"hidden.{stack[0].place}.activation",
                f"{len(stack)} layers on top of each other flatten large values, as sigmoid and tanh do, and let less of the gradient"
                " through with each: the first ones learn slowly. Try ReLU, or BatchNormalization between them.",
            )


def _dropout_before_output(case: _Case) -> Iterator[Problem]:
    last = case.hidden[-1] if case.hidden else None
    if last and isinstance(last.layer, DropoutLayer) and last.layer.rate > HIGH_DROPOUT:
        yield Problem(
            f"hidden.{last.place}.rate",
            f"{_name(last)} hides {last.layer.rate * 100:g} % of the values right before the answer, so that little is left to answer by."
            f" {HIGH_DROPOUT * 100:g} % is the most that is usual there.",
        )


def _useless_flatten(case: _Case) -> Iterator[Problem]:
    for step in case.hidden:
        if isinstance(step.layer, FlattenLayer) and len(step.input_shape) == 1:
            yield Problem(f"hidden.{step.place}.kind", f"{_name(step)} gets values that are in a row already, and does nothing.")


def _selu_start(case: _Case) -> Iterator[Problem]:
    for step in case.hidden:
        if _activation(step) == "selu" and _initialiser(step) != "lecun_normal":
            yield Problem(
                f"hidden.{step.place}.initialiser",
                f"{_name(step)} uses SELU, which keeps the spread of the values only if the weights start as LeCun normal"
                " (Klambauer et al., 2017). Choose that for its first weights.",
            )


def _zero_start(case: _Case) -> Iterator[Problem]:
    for step in case.hidden:
        if _initialiser(step) == "zeros":
            yield Problem(
                f"hidden.{step.place}.initialiser",
                f"{_name(step)} starts with all weights at 0, so all of its units stay alike and the network hardly learns."
                " That is worth seeing once; otherwise choose Glorot uniform.",
            )


def _exponential_growth(case: _Case) -> Iterator[Problem]:
    for step in case.hidden:
        if _activation(step) == "exponential":
            yield Problem(
                f"hidden.{step.place}.activation",
                f"{_name(step)} raises e to the power of each sum, which soon is more than a number can hold. Training may break off.",
            )


def _raw_pixels(case: _Case) -> Iterator[Problem]:
    starts = [step.kind for step in case.hidden if step.has_kernel or step.kind == "batch_normalization"]
    # Normalising before anything else does what scaling would have done.
    if case.spec.scaling == "none" and starts[:1] != ["batch_normalization"]:
        yield Problem(
            "scaling",
            "Pixels go in as they are stored, up to 255, a hundred times what first weights are made for: the first steps are wild,"
            " and many units never recover. Scale to 0..1, unless you want to see that.",
        )


def _strange_neighbours(case: _Case) -> Iterator[Problem]:
    if case.spec.shuffled_pixels and any(step.kind in NEEDS_IMAGE for step in case.hidden):
        yield Problem(
            "shuffled_pixels",
            "With the pixels shuffled, those next to each other have nothing to do with each other any more, and that is all that"
            " Conv2D and pooling layers go by. Expect them to lose what they are ahead of Dense layers.",
        )


def _turned_digits(case: _Case) -> Iterator[Problem]:
    augmentation = case.spec.augmentation
    if case.spec.dataset not in DIGIT_SETS:
        return
    if augmentation.flip:
        yield Problem("augmentation.flip", "A mirrored digit is not that digit any more, as with 2, 3 or 7. Switch the mirror off.")
    if augmentation.rotation >= 90:
        yield Problem("augmentation.rotation", "Turned far enough, a 6 is a 9. Turn digits by 30 degrees at most.")


def _wild_rate(case: _Case) -> Iterator[Problem]:
    optimiser, rate = OPTIMISERS[case.spec.optimiser], case.spec.learning_rate
    if rate > HIGH_RATE * optimiser.default_rate:
        yield Problem(
            "learning_rate",
            f"The learning rate of {rate:g} is {rate / optimiser.default_rate:,.0f} times the usual one for {optimiser.title},"
            f" {optimiser.default_rate:g}: the loss may jump about or grow.",
        )


def _idle_settings(case: _Case) -> Iterator[Problem]:
    """Settings that the number of epochs leaves without effect."""
    spec = case.spec
    if spec.warmup_epochs >= spec.epochs:
        yield Problem(
            "warmup_epochs",
            f"The warm-up takes all of the {spec.epochs} epochs, so the learning rate reaches its full size only at the end.",
        )
    if spec.schedule == "step" and spec.drop_every >= spec.epochs:
        yield Problem(
            "drop_every",
            f"The learning rate never drops: the first drop would come after epoch {spec.drop_every}, the last is {spec.epochs}.",
        )
    if spec.patience and spec.patience >= spec.epochs:
        yield Problem(
            "patience", f"Stopping early can't happen: {spec.patience} epochs without progress do not fit into {spec.epochs} epochs."
        )


def _few_images(case: _Case) -> Iterator[Problem]:
    spec, validation = case.spec, case.held_back
    if (spec.training_images or 0) > case.left:
        yield Problem(
            "training_images",
            f"Of the training images, {validation:,} are held back, so that only {case.left:,} are left of the {spec.training_images:,}"
            " asked for.",
        )
    training = case.training
    if 0 < validation < FEW_IMAGES:
        yield Problem(
            "validation_split",
            f"The validation accuracy is of {validation} images, so a single one moves it by {100 / validation:.1f} points."
            " Hold back more to trust it.",
        )
    if spec.batch_size > training:
        yield Problem(
            "batch_size",
            f"There are {training:,} images to train on, so each epoch is one step. Smaller batches take more steps and learn faster.",
        )


def _single_image(case: _Case) -> Iterator[Problem]:
    """The last batch of an epoch holds what is left over; normalised over a single image, that step is worth less than none."""
    size, training = case.spec.batch_size, case.training
    if size == 1 or training % size != 1:
        return
    layers = [step for step in case.hidden if step.kind == "batch_normalization"]
    if not layers:
        return
    # Behind a row of values nothing is left to measure a spread over; a convolution still has the places within its image.
    is_row = any(len(step.input_shape) == 1 for step in layers)
    happens = "where every value becomes 0" if is_row else "which depends on that image alone"
    better = next((other for other in range(size + 1, training + 1) if training % other != 1), training)
    yield Problem(
        "batch_size",
        f"{training:,} images in batches of {size:,} leave one image over, so the last batch of each epoch is that image alone."
        f" BatchNormalization measures mean and spread over a batch, {happens}, and keeps them for its answers."
        f" Batches of {better:,} leave none alone.",
    )


Rule = Callable[[_Case], Iterator[Problem]]

RULES: tuple[Rule, ...] = (
    _linear_layers,
    _narrow_end,
    _saturating_stack,
    _dropout_before_output,
    _useless_flatten,
    _selu_start,
    _zero_start,
    _exponential_growth,
    _raw_pixels,
    _strange_neighbours,
    _turned_digits,
    _wild_rate,
    _idle_settings,
    _few_images,
    _single_image,
)
"""In the order in which a page shows what they say."""


def _name(step: Step) -> str:
    title = step.layer.title if step.layer else "Output"
    return f"Hidden layer {(step.place or 0) + 1}, {title},"


def _activation(step: Step) -> str | None:
    return step.layer.activation if isinstance(step.layer, (DenseLayer, Conv2DLayer)) else None


def _initialiser(step: Step) -> str | None:
    return step.layer.initialiser if isinstance(step.layer, (DenseLayer, Conv2DLayer)) else None
