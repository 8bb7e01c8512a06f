"""What is known of a run: frozen snapshots, safe to hand to any thread and any page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.datasets.image_set import ImageSet
from core.errors import DatasetError
from core.networks.spec import TrainingSpec
from core.training.events import EpochEnded, Mark, Marked, StepsTaken, TrainingStarted


class RunState(StrEnum):
    """Where a run is in its life. The last four are final."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def is_final(self) -> bool:
        """Whether the run has ended, in whichever way."""
        return self not in (RunState.QUEUED, RunState.RUNNING, RunState.PAUSED)


@dataclass(frozen=True)
class RunRecord:
    """One run as of one moment. Times are seconds since 1970 (UTC).

    Attributes:
        id: twelve lower-case hexadecimal digits, fit for an address and a folder name.
        error: why the run failed or was interrupted, in words that can be shown.
        epochs_done: whole epochs completed.
        loss, accuracy: of the training images, in the epoch whose weights it has, the last one or the best. Of a training that was
            stopped on its way, of the weights that it was stopped with. None before the first epoch has ended.
        validation_loss, validation_accuracy: likewise, None where nothing was held back. These are the numbers of the network that
            can be asked, and all pages tell them of it.
        kept_at: how many epochs lie behind those weights, such as 3.4; None likewise, and for runs of earlier versions.
        images_per_second: in the steps of the last completed epoch alone.
        has_weights: whether there is something to predict with; never random weights, before the first step.
        name: what the user calls it; None for the name that its settings give it.
        note: what the user wrote about it.
        trained_seconds: see `seconds`; None before its end, and for runs of earlier versions.
        continues: the id of the run that it was continued from.
    """

    id: str
    state: RunState
    spec: TrainingSpec
    dataset_sha256: str
    created: float
    started: float | None = None
    ended: float | None = None
    error: str | None = None
    epochs_done: int = 0
    loss: float | None = None
    accuracy: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    kept_at: float | None = None
    images_per_second: float | None = None
    has_weights: bool = False
    trained_seconds: float | None = None
    name: str | None = None
    note: str = ""
    continues: str | None = None

    @property
    def title(self) -> str:
        """What the run is called on a page: the name that the user gave it, otherwise the one of its settings.

        A name may hold anything that can be printed: show it through `plain` where Markdown is read.
        """
        return self.name or self.settings_title

    @property
    def is_ready(self) -> bool:
        """Whether it has ended, with something learned to predict with."""
        return self.state.is_final and self.has_weights

    @property
    def epochs_trained(self) -> float:
        """How many epochs it was trained, those begun included: 5.9 where it was stopped then, with the weights that it had."""
        return max(float(self.epochs_done), self.kept_at or 0.0)

    @property
    def settings_title(self) -> str:
        """The name that its settings give it: its recipe, or its layers, such as `mnist 32c3-p2-128`."""
        layers = "-".join(layer.short for layer in self.spec.hidden if layer.short) or "no hidden layer"
        name = self.spec.recipe or f"{self.spec.dataset} {layers}"
        return f"{name} (pixels shuffled)" if self.spec.shuffled_pixels else name

    def check_images(self, image_set: ImageSet) -> None:
        """Raises `DatasetError` if these are not the images that the run learned from, but others by the same name."""
        if image_set.sha256 != self.dataset_sha256:
            raise DatasetError(
                f"The data set {self.spec.dataset!r} has changed since run {self.id} learned from it."
                " Bring the old one back, or train again."
            )

    @property
    def seconds(self) -> float | None:
        """How long it was trained, without pauses but with what it continues; None before its end, or if it never began.

        Of runs of earlier versions, the time from their first step to their end.
        """
        if self.trained_seconds is not None or self.started is None or self.ended is None:
            return self.trained_seconds
        return self.ended - self.started


@dataclass(frozen=True)
class RunHistory:
    """Everything a run has said so far, in order. Immutable, so a page may keep drawing from it."""

    started: TrainingStarted | None = None
    steps: tuple[StepsTaken, ...] = ()
    epochs: tuple[EpochEnded, ...] = ()
    marks: tuple[Marked, ...] = ()

    @property
    def kept_epoch(self) -> EpochEnded | None:
        """The last epoch, or the best one where the training went back to that; None before the first.

        The network has its weights, unless it was stopped on its way through the next one.
        """
        # A run that continues another has its marks, too: whoever learned on since then has not gone back.
        last = self.epochs[-1].epoch if self.epochs else 0
        gone_back = [mark.value for mark in self.marks if mark.mark == Mark.BEST_KEPT and mark.epoch >= last]
        kept = tuple(event for event in self.epochs if gone_back and event.epoch == gone_back[-1])
        return next(reversed(kept or self.epochs), None)
