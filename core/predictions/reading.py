"""What a network says of drawings: its answer, and whether it has ever seen anything like them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.predictions.novelty import Novelty


@dataclass(frozen=True, eq=False)
class Reading:
    """A network's answers to n images.

    Attributes:
        probabilities: `float32 (n, class_count)`.
        novelty: None while it is not known what the network has seen.
    """

    probabilities: NDArray[np.float32]
    novelty: Novelty | None

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """From what `core.compute.reading.read_images` gives."""
        names = [field.name for field in fields(Novelty)]
        novelty = Novelty(**{name: arrays[name] for name in names if name in arrays}) if names[0] in arrays else None
        return cls(arrays["probabilities"], novelty)
