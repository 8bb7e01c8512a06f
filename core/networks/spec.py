"""`TrainingSpec`: everything that decides what a training run does, checked, frozen, and a JSON document on disk.

A setting is written once: its default, bounds, label and help live with the field here
and feed the widgets, the validation, the saved file and the command line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from core.errors import Problem, SpecError
from core.networks.augmentation import Augmentation
from core.networks.layers import LAYERS, DenseLayer, Layer
from core.networks.losses import LOSSES
from core.networks.optimisers import OPTIMISERS
from core.networks.scaling import SCALINGS
from core.networks.schedules import SCHEDULES

MAX_LAYERS = 16

OPTIMISER_OPTIONS = ("momentum", "beta_1", "beta_2", "rho")
"""The settings that only some optimisers heed."""

REGISTRIES: dict[str, Mapping[str, Any]] = {"optimiser": OPTIMISERS, "loss": LOSSES, "scaling": SCALINGS, "schedule": SCHEDULES}
"""Settings whose value is a name from a registry; the entries have a title and a help."""


class TrainingSpec(BaseModel):
    """One training run's settings. Frozen; `model_dump_json()` and `read_spec` are each other's inverse."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    # 1 drew the validation images from `seed`, in another way: see `core.training.splitting`. Documents of it keep their number.
    version: Literal[1, 2] = 2
    recipe: str | None = Field(default=None, max_length=80, title="Recipe", description="The recipe these settings started from.")
    dataset: str = Field(default="digits", min_length=1, max_length=80, title="Data set", description="The images to learn from.")
    training_images: int | None = Field(
        default=None,
        ge=100,
        title="Training images",
        description="How many of the training images to use, as many of each class as there are on the whole. Empty: all.",
    )
    scaling: str = Field(default="divide", title="Input scaling", description="What is done to the pixels before the first layer.")
    shuffled_pixels: bool = Field(
        default=False,
        title="Shuffle pixels",
        description="Moves the pixels of every image to other places, the same ones for all, training and test, drawn from the seed.",
    )
    augmentation: Augmentation = Field(
        default=Augmentation(),
        title="Augmentation",
        description="Moves, turns or spoils the training images a little, differently each epoch, so that there seem to be more of them.",
    )
    hidden: tuple[Layer, ...] = Field(
        default=(DenseLayer(),),
        max_length=MAX_LAYERS,
        title="Hidden layers",
        description="The layers between the image and the output, in order. With none, the network can only weigh pixels.",
    )
    loss: str = Field(
        default="sparse_categorical_crossentropy", title="Loss", description="The number that training makes as small as it can."
    )
    label_smoothing: float = Field(
        default=0.0,
        ge=0,
        le=0.5,
        title="Label smoothing",
        description="Spreads this much of the right answer over all classes, so that no answer has to be quite certain.",
    )
    optimiser: str = Field(
        default="adam", title="Optimiser", description="The rule that turns the slope of the loss into a change of the weights."
    )
    learning_rate: float = Field(
        default=0.001,
        gt=0,
        le=10,
        title="Learning rate",
        description="How far each step goes. Too small and learning crawls; too large and the loss jumps about or grows.",
    )
    momentum: float | None = Field(
        default=None, ge=0, lt=1, title="Momentum", description="The part of the last step that is kept in the next one."
    )
    beta_1: float | None = Field(
        default=None, ge=0, lt=1, title="Beta 1", description="How long gradients are remembered: 0.9 is about the last ten steps."
    )
    beta_2: float | None = Field(
        default=None,
        ge=0,
        lt=1,
        title="Beta 2",
        description="How long sizes of gradients are remembered: 0.999 is about a thousand steps.",
    )
    rho: float | None = Field(
        default=None, ge=0, lt=1, title="Rho", description="How long the squares of gradients are remembered: 0.9 is about ten steps."
    )
    weight_decay: float | None = Field(
        default=None,
        ge=0,
        le=1,
        title="Weight decay",
        description="The part, times the learning rate, by which a step shrinks each weight.",
    )
    clip_norm: float | None = Field(
        default=None,
        gt=0,
        le=1000,
        title="Gradient limit",
        description="Gradients longer than this, all weights together, are shortened to it, so that one odd batch can't break everything.",
    )
    schedule: str = Field(default="constant", title="Schedule", description="How the learning rate changes while the network trains.")
    warmup_epochs: float = Field(
        default=0.0,
        ge=0,
        le=100,
        title="Warm-up epochs",
        description="Over so many epochs the rate rises from nearly 0 to its full size.",
    )
    decay_factor: float = Field(
        default=0.1,
        gt=0,
        le=1,
        title="Decay factor",
        description="What the rate is multiplied by: with steps at each drop, with the exponential schedule until the end.",
    )
    drop_every: int = Field(default=5, ge=1, le=500, title="Epochs between drops", description="Epochs from one drop to the next.")
    batch_size: int = Field(
        default=32,
        ge=1,
        le=8192,
        title="Batch size",
        description="How many images are averaged for one step. Small batches take more, noisier steps in each epoch.",
    )
    epochs: int = Field(
        default=10, ge=1, le=500, title="Epochs", description="How many times the network goes through all the training images."
    )
    validation_split: float = Field(
        default=0.1,
        ge=0,
        le=0.5,
        title="Validation share",
        description="The part of the training images held back to check, while it learns, how the network does on images it has not seen.",
    )
    patience: int | None = Field(
        default=None,
        ge=1,
        le=500,
        title="Stop early after",
        description="Ends the training once the validation loss has not got better for so many epochs. Empty: never.",
    )
    keep_best: bool = Field(
        default=False,
        title="Keep the best epoch",
        description="At the end, goes back to the weights of the epoch with the lowest validation loss.",
    )
    target_accuracy: float | None = Field(
        default=None,
        gt=0,
        le=1,
        title="Target accuracy",
        description="Ends the training once the validation accuracy, from 0 to 1, has reached this. Empty: never.",
    )
    shuffle: bool = Field(
        default=True,
        title="Shuffle",
        description="Deals the images out in a new order each epoch. Off, the order of the file decides what is learned last.",
    )
    seed: int = Field(
        default=1,
        ge=0,
        le=2**31 - 1,
        title="Seed",
        description="The number that training's randomness starts from. The same seed gives the same run; another shows how much is luck.",
    )
    split_seed: int = Field(
        default=1,
        ge=0,
        le=2**31 - 1,
        title="Split seed",
        description="The number that draws the validation images, and the training images if not all are used. "
        "Runs with the same one are checked on the same images, and so can be compared.",
    )

    @model_validator(mode="before")
    @classmethod
    def _read_older_documents(cls, data: Any) -> Any:
        """Runs of the first version had one seed for everything and, at first, a switch in place of `scaling`."""
        if not isinstance(data, Mapping):
            return data
        data = dict(data)
        if isinstance(data.get("scale_inputs"), bool):
            data.setdefault("scaling", "divide" if data.pop("scale_inputs") else "none")
        if data.get("version") == 1 and "seed" in data:
            data.setdefault("split_seed", data["seed"])
        return data

    @field_validator("optimiser", "loss", "scaling", "schedule")
    @classmethod
    def _name_is_known(cls, value: str, info: ValidationInfo) -> str:
        names = REGISTRIES[str(info.field_name)]
        if value not in names:
            raise ValueError(f"there is none called {value!r}; expected one of {', '.join(names)}")
        return value

    @model_validator(mode="after")
    def _settings_belong_together(self) -> Self:
        optimiser = OPTIMISERS[self.optimiser]
        for name in OPTIMISER_OPTIONS:
            if getattr(self, name) is not None and name not in optimiser.options:
                raise ValueError(f"{optimiser.title} has no {name}; leave it empty, or choose another optimiser")
        if self.label_smoothing and not LOSSES[self.loss].is_one_hot:
            raise ValueError("labels as numbers can't be smoothed; choose the cross-entropy with one-hot labels")
        if (self.patience or self.keep_best or self.target_accuracy) and not self.validation_split:
            raise ValueError("stopping early and keeping the best epoch need validation images; choose a validation share above 0")
        return self

    @property
    def has_convolutions(self) -> bool:
        return any(layer.kind == "conv2d" for layer in self.hidden)

    def optimiser_options(self) -> dict[str, float]:
        """The settings of the optimiser by name, its defaults where nothing was chosen."""
        defaults = dict(OPTIMISERS[self.optimiser].options)
        chosen = {name: getattr(self, name) for name in (*OPTIMISER_OPTIONS, "weight_decay", "clip_norm")}
        return defaults | {name: value for name, value in chosen.items() if value is not None}


def renew(spec: TrainingSpec) -> TrainingSpec:
    """The settings for a new run: those of version 1 with the usual split seed, since theirs drew other images than it would now."""
    usual = {"version": 2, "split_seed": TrainingSpec.model_fields["split_seed"].default}
    return spec.model_copy(update=usual) if spec.version == 1 else spec


def read_spec(data: Mapping[str, Any] | str | bytes) -> TrainingSpec:
    """Turn a mapping or a JSON document into a `TrainingSpec`.

    Raises `SpecError` with all its problems at once, each a full sentence that names the setting and its bounds.
    """
    try:
        if isinstance(data, (str, bytes)):
            # Parsed by hand first, so that a damaged file is one problem in plain words.
            data = json.loads(data)
        return TrainingSpec.model_validate(data)
    except ValidationError as error:
        raise SpecError(tuple(_problem(detail) for detail in error.errors())) from error
    except (ValueError, RecursionError) as error:
        # Python's parser has its own words for numbers of thousands of digits and for what is nested without an end.
        raise SpecError((Problem("", f"The settings are not readable JSON ({error}); expected a saved training spec."),)) from error


def _problem(detail: Mapping[str, Any]) -> Problem:
    """One pydantic error as a sentence a learner can act on."""
    # The kind of a layer is no part of the path that a person would name.
    location = tuple(
        part for place, part in enumerate(detail["loc"]) if not (place == 2 and detail["loc"][0] == "hidden" and part in LAYERS)
    )
    context = detail.get("ctx", {})
    label = _label(location)
    received = detail.get("input")
    expectations: dict[str, Callable[[], str]] = {
        "greater_than_equal": lambda: f"is {received}; expected at least {context['ge']}",
        "greater_than": lambda: f"is {received}; expected more than {context['gt']}",
        "less_than": lambda: f"is {received}; expected less than {context['lt']}",
        "less_than_equal": lambda: f"is {received}; expected at most {context['le']}",
        "too_long": lambda: f"has {context['actual_length']} entries; expected at most {context['max_length']}",
        "extra_forbidden": lambda: "is not a setting this version of Inkling knows; remove it or update Inkling",
        "value_error": lambda: str(context["error"]),
        "missing": lambda: "is missing",
        "union_tag_not_found": lambda: f"has no kind; expected one of {', '.join(LAYERS)}",
        "union_tag_invalid": lambda: f"there is no kind of layer called {context['tag']!r}; expected one of {', '.join(LAYERS)}",
        "finite_number": lambda: f"is {received}; expected an ordinary number",
    }
    if detail["type"] in expectations:
        sentence = expectations[detail["type"]]()
    else:
        sentence = f"is {received!r}: {detail['msg'][:1].lower()}{detail['msg'][1:]}"
    return Problem(".".join(str(part) for part in location), f"{label}: {sentence}.")


def _label(location: tuple[Any, ...]) -> str:
    """`("hidden", 0, "units")` as "Hidden layer 1, units", and `("augmentation", "shift")` as "Augmentation, shift"."""
    if not location:
        return "The settings"
    field = TrainingSpec.model_fields.get(str(location[0]))
    title = (field.title if field else None) or str(location[0])
    if location[0] == "hidden" and len(location) > 1 and isinstance(location[1], int):
        rest = f", {location[2]}" if len(location) > 2 else ""
        return f"Hidden layer {location[1] + 1}{rest}"
    return ", ".join([title, *map(str, location[1:])])
