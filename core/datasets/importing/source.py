"""What every kind of file that can be imported has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.datasets.image_set import Images, ImageSet
from core.datasets.importing.options import ImportOptions

OnProgress = Callable[[int, int], None]
"""Called with how many pictures are done, and of how many."""

ShouldStop = Callable[[], bool]


class SourceKind(StrEnum):
    """What was brought, in words for a page."""

    CLASS_FOLDERS = "picture files"
    NPZ = "NumPy arrays"
    IDX = "IDX files, as MNIST comes"
    CSV = "a CSV table of labels and pixels"


@dataclass(frozen=True)
class SourceFile:
    """A file on this machine, and what the user calls it: an upload lies under another name than it came with."""

    path: Path
    name: str


@dataclass(frozen=True)
class Unreadable:
    """A picture that can't be used: its name, and one sentence on why."""

    name: str
    reason: str


@dataclass(frozen=True)
class LeftOut:
    """Files that are not imported: which, how many, and one sentence on why."""

    what: str
    count: int
    reason: str


@dataclass(frozen=True)
class Choice:
    """One of several ways to read the files: `key` for the command line, `title` for a page."""

    key: str
    title: str


@dataclass(frozen=True)
class Survey:
    """What is in the files, found out before anything is stored.

    Attributes:
        kind: the sort of source.
        source_name: the name of the file or files, for sentences.
        class_names: one for each label, in the order of the labels.
        training_counts, test_counts: usable pictures of each class. Without a split of its own all are training pictures here.
        has_split: whether the source says itself which are the test pictures.
        sizes: each (width, height) that occurs and how often, the most frequent first.
        grey_pictures, colour_pictures: usable pictures of either sort.
        unreadable: the pictures that are left out.
        left_out: everything else that is not imported, and why.
        notes: full sentences on what happens to unusual pictures (transparent, 16-bit, animated), and on anything else worth knowing.
        suggestion: options that suit what was found.
        label_choices: the ways to tell the classes, if there are several; `suggestion.labels` is the one that the counts are for.
        must_choose: why only the user can say which of those is right; empty if nothing is doubtful.
        parts: the sets that are in the files, if there are several; `suggestion.part` is the one that was looked at.
    """

    kind: SourceKind
    source_name: str
    class_names: tuple[str, ...]
    training_counts: tuple[int, ...]
    test_counts: tuple[int, ...]
    has_split: bool
    sizes: tuple[tuple[tuple[int, int], int], ...]
    grey_pictures: int
    colour_pictures: int
    unreadable: tuple[Unreadable, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    suggestion: ImportOptions
    label_choices: tuple[Choice, ...] = ()
    must_choose: str = ""
    parts: tuple[Choice, ...] = ()

    @property
    def pictures(self) -> int:
        """All usable pictures."""
        return self.grey_pictures + self.colour_pictures

    @property
    def ignored(self) -> int:
        """Files that are left out, other than unreadable pictures."""
        return sum(item.count for item in self.left_out)


@dataclass(frozen=True, eq=False)
class Example:
    """One picture before and after. `before` may be made smaller, never larger; both are `(h, w)` or `(h, w, 3)` `uint8`, 0 to 255."""

    name: str
    class_name: str
    original_size: tuple[int, int]
    before: Images
    after: Images


@dataclass(frozen=True)
class ImportResult:
    """An image set, and what was left out of it."""

    image_set: ImageSet
    unreadable: tuple[Unreadable, ...]
    ignored: int


class ImportSource(ABC):
    """Files that hold labelled pictures. Nothing here writes to disk.

    All methods raise `DatasetError` for what can't be used, with what was found, what was expected and how to mend it,
    and `Cancelled` soon after `should_stop()` becomes true. No thread contract: one thread at a time.
    """

    @abstractmethod
    def survey(self, on_progress: OnProgress, should_stop: ShouldStop, *, part: str | None = None, labels: str | None = None) -> Survey:
        """Look at everything once, decoding each picture, so that nothing surprising is left for the import.

        `part` and `labels` are keys of the choices that an earlier survey named; None for the likeliest.
        """

    @abstractmethod
    def examples(self, survey: Survey, options: ImportOptions, count: int = 8) -> tuple[Example, ...]:
        """A few pictures before and after, from as many classes and sizes as possible. Deterministic. Takes milliseconds."""

    @abstractmethod
    def read(self, survey: Survey, options: ImportOptions, on_progress: OnProgress, should_stop: ShouldStop) -> ImportResult:
        """The image set, split, shuffled by a fixed seed, checked."""
