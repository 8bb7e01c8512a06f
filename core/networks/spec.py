"""`TrainingSpec`: everything that decides what a training run does, checked, frozen, and a JSON document on disk.

A setting is written once: its default, bounds, label and help live with the field here
and feed the widgets, the validation, the saved file and the command line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.errors import Problem, SpecError
from core.networks.layers import DenseLayer
from core.networks.optimisers import OPTIMISERS

MAX_LAYERS = 10


class TrainingSpec(BaseModel):
    """One training run's settings. Frozen; `model_dump_json()` and `read_spec` are each other's inverse."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    version: Literal[1] = 1
    recipe: str | None = Field(default=None, max_length=80, title="Recipe", description="The recipe these settings started from.")
    dataset: str = Field(default="digits", min_length=1, max_length=80, title="Data set", description="The images to learn from.")
    scale_inputs: bool = Field(
        default=True,
        title="Scale pixels to 0..1",
        description="Divides every pixel by the largest possible value. Switch it off to see why everyone does this.",
    )
    hidden: tuple[DenseLayer, ...] = Field(
        default=(DenseLayer(),),
        max_length=MAX_LAYERS,
        title="Hidden layers",
        description="The layers between the image and the output, in order. With none, the network can only weigh pixels.",
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
        description="The number that all randomness starts from. The same seed gives the same run; another shows how much is luck.",
    )

    @field_validator("optimiser")
    @classmethod
    def _optimiser_is_known(cls, value: str) -> str:
        if value not in OPTIMISERS:
            raise ValueError(f"there is no optimiser called {value!r}; expected one of {', '.join(OPTIMISERS)}")
        return value


def read_spec(data: Mapping[str, Any] | str | bytes) -> TrainingSpec:
    """Turn a mapping or a JSON document into a `TrainingSpec`.

    Raises `SpecError` with all its problems at once, each a full sentence that names the setting and its bounds.
    """
    try:
        if isinstance(data, (str, bytes)):
            # Parsed by hand first, so that a damaged file is one problem in plain words.
            data = json.loads(data)
        return TrainingSpec.model_validate(data)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise SpecError((Problem("", f"The settings are not readable JSON ({error}); expected a saved training spec."),)) from error
    except ValidationError as error:
        raise SpecError(tuple(_problem(detail) for detail in error.errors())) from error


def _problem(detail: Mapping[str, Any]) -> Problem:
    """One pydantic error as a sentence a learner can act on."""
    location = tuple(detail["loc"])
    context = detail.get("ctx", {})
    label = _label(location)
    received = detail.get("input")
    expectations: dict[str, Callable[[], str]] = {
        "greater_than_equal": lambda: f"is {received}; expected at least {context['ge']}",
        "greater_than": lambda: f"is {received}; expected more than {context['gt']}",
        "less_than_equal": lambda: f"is {received}; expected at most {context['le']}",
        "too_long": lambda: f"has {context['actual_length']} entries; expected at most {context['max_length']}",
        "extra_forbidden": lambda: "is not a setting this version of Inkling knows; remove it or update Inkling",
        "value_error": lambda: str(context["error"]),
        "missing": lambda: "is missing",
        "finite_number": lambda: f"is {received}; expected an ordinary number",
    }
    if detail["type"] in expectations:
        sentence = expectations[detail["type"]]()
    else:
        sentence = f"is {received!r}: {detail['msg'][:1].lower()}{detail['msg'][1:]}"
    return Problem(".".join(str(part) for part in location), f"{label}: {sentence}.")


def _label(location: tuple[Any, ...]) -> str:
    """`("hidden", 0, "units")` as "Hidden layer 1, units"."""
    if not location:
        return "The settings"
    field = TrainingSpec.model_fields.get(str(location[0]))
    title = (field.title if field else None) or str(location[0])
    if location[0] == "hidden" and len(location) > 1 and isinstance(location[1], int):
        rest = f", {location[2]}" if len(location) > 2 else ""
        return f"Hidden layer {location[1] + 1}{rest}"
    return title
