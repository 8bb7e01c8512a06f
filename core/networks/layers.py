"""The hidden layers on offer. The flatten step and the output layer follow from the data and are never chosen."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from core.networks.activations import ACTIVATIONS


class DenseLayer(BaseModel):
    """A fully connected layer: each unit looks at every value of the layer before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["dense"] = "dense"
    units: int = Field(
        default=64,
        ge=1,
        le=4096,
        title="Units",
        description="How many numbers this layer computes. More units can learn more, take longer and memorise more easily.",
    )
    activation: str = Field(
        default="relu",
        title="Activation",
        description="The function applied to each unit's sum. Without one, several layers can do no more than a single one.",
    )

    @field_validator("activation")
    @classmethod
    def _activation_is_known(cls, value: str) -> str:
        if value not in ACTIVATIONS:
            raise ValueError(f"there is no activation called {value!r}; expected one of {', '.join(ACTIVATIONS)}")
        return value
