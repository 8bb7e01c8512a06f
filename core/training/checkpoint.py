"""All that a training has to know to go on after an epoch as if it had never ended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InklingError
from core.networks.weights import pack_arrays, unpack_arrays, unpack_weights
from core.training.goals import Best
from core.training.learner import Learner, Memory, Weights


@dataclass(frozen=True)
class Start:
    """What a training that continues another begins with.

    Attributes:
        weights: of the last epoch, as `pack_weights` packed them.
        optimiser: the last `weights/optimiser.npz`, None if there is none. If it is of the same epoch, the training goes on
            bit for bit as if it had never ended. Otherwise the optimiser begins anew, and so does the search for the best epoch.
        epochs_done: complete epochs behind those weights.
        seconds: how long they took.
    """

    weights: bytes
    optimiser: bytes | None
    epochs_done: int
    seconds: float = 0.0


@dataclass(frozen=True)
class Checkpoint:
    """A learner at the end of an epoch, and the best epoch so far."""

    epoch: int
    weights: Weights
    memory: Memory
    best: Best | None


def pack_checkpoint(checkpoint: Checkpoint) -> bytes:
    """As an npz, with every bit of every number."""
    best = checkpoint.best or Best(0, 0.0)
    lists = {"weights": checkpoint.weights, "memory": checkpoint.memory, "best": best.weights}
    arrays = {f"{name}{number:04d}": array for name, values in lists.items() for number, array in enumerate(values)}
    arrays["position"] = np.array([checkpoint.epoch, best.epoch, best.loss])
    return pack_arrays(arrays)


def unpack_checkpoint(data: bytes) -> Checkpoint:
    """The inverse of `pack_checkpoint`. Raises `InklingError` if the bytes are damaged."""
    arrays = unpack_arrays(data)
    try:
        epoch, best_epoch, loss = arrays.pop("position").tolist()
    except (KeyError, ValueError) as error:
        raise InklingError("The optimiser's memory can't be read; expected a file written by Inkling. Train the run again.") from error
    weights, memory, best = (_listed(arrays, name) for name in ("weights", "memory", "best"))
    return Checkpoint(int(epoch), weights, memory, Best(int(best_epoch), loss, tuple(best)) if best_epoch else None)


def restore(learner: Learner, start: Start) -> Best | None:
    """Put a learner where the training that is continued has ended. Returns the best epoch until then, if it is known.

    Raises `InklingError` if the bytes are damaged or of another network.
    """
    checkpoint = unpack_checkpoint(start.optimiser) if start.optimiser else None
    if checkpoint is None or checkpoint.epoch != start.epochs_done:
        learner.load_weights(unpack_weights(start.weights))
        return None
    learner.load_weights(checkpoint.weights)
    learner.load_memory(checkpoint.memory)
    return checkpoint.best


def _listed(arrays: dict[str, NDArray[np.float32]], name: str) -> list[NDArray[np.float32]]:
    return [arrays[key] for key in sorted(arrays) if key.startswith(name)]
