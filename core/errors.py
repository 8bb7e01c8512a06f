"""The exceptions that a user can cause, and can put right.

Each message says what happened, what was expected and how to fix it, in words that can be shown as they are.
Pages and the command line catch `InklingError` at their edge; anything else is a bug and may show as one.
"""

from __future__ import annotations

from dataclasses import dataclass


class InklingError(Exception):
    """Base of everything a user can cause. `str(error)` is fit to be shown."""


class DatasetError(InklingError):
    """A data set is missing, damaged or outside the limits."""


class DownloadError(DatasetError):
    """A data set could not be downloaded; the message says how to place the file by hand."""


class Cancelled(InklingError):
    """The user called the work off. Nothing of it was kept."""


class DrawingError(InklingError):
    """A drawing or an uploaded picture can't be read, for example because it is empty."""


class StorageError(InklingError):
    """Inkling's home can't be read or written: a full disk, a read-only folder."""


class RunNotFound(InklingError):
    """No run has this id."""


class RunNotReady(InklingError):
    """The run has no weights to predict with (yet)."""


class TrainingFailed(InklingError):
    """Training ended by itself with nothing usable after this point, for example because the loss is not a number."""


class EngineUnavailable(InklingError):
    """The compute engine is not up (yet), was lost, or did not answer in time."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a setting: where, as a dotted path such as `hidden.0.units`, and a full sentence."""

    field: str
    message: str


class SpecError(InklingError):
    """A training spec is not valid. `problems` lists everything that is wrong, not just the first."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__(" ".join(problem.message for problem in problems))
