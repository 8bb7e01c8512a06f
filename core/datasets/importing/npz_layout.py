"""Which arrays are images and which labels, told by the names that people give them or, if these say nothing, by their shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from core.datasets.importing.roles import Role, role_of, split_words
from core.datasets.importing.shapes import find_layout
from core.datasets.npy_members import ArrayHeader
from core.datasets.npz_files import OPTIONAL_ARRAYS
from core.errors import DatasetError

EXPECTED = (
    "expected x_train, y_train, x_test and y_test, or train_images, train_labels, test_images and test_labels, or one array of images"
    " (x, images or data) and one of labels (y, labels or target)"
)
_IMAGE_WORDS = {"x", "image", "images", "img", "imgs", "picture", "pictures", "data", "pixels"}
_LABEL_WORDS = {"y", "label", "labels", "lbl", "lbls", "target", "targets", "class", "classes"}
_NO_WORDS = {"arr", "npy", "npz"}
_MOST_ARRAYS = 200
"""Arrays of a class each. With more they are something else."""


_Part = tuple[bool, Role | None]
"""Whether an array holds images, and what they are for."""


@dataclass(frozen=True)
class ArrayPair:
    """The names of an array of images and of its labels. Without labels all its images are of the class `class_name`."""

    images: str
    labels: str | None
    role: Role | None
    class_name: str = ""


@dataclass(frozen=True)
class ArrayLayout:
    """The pairs in the order they are read, those for testing last, and the arrays that are not used."""

    pairs: tuple[ArrayPair, ...]
    unused: tuple[str, ...]


def find_pairs(arrays: Iterable[str], read_header: Callable[[str], ArrayHeader], source_name: str) -> ArrayLayout:
    """Pair the arrays of these names. Raises `DatasetError` with what was found if they make no set, or more than one."""
    names = [name for name in arrays if name not in OPTIONAL_ARRAYS]
    words = {name: [word for word in split_words(name) if word not in _NO_WORDS] for name in names}
    shared = {word for word in set[str]().union(*words.values()) if all(word in others for others in words.values())}
    shared = {word for word in shared - _IMAGE_WORDS - _LABEL_WORDS if len(words) > 1 and not role_of(word)}
    found: dict[_Part, str] = {}
    unused = []
    for name in names:
        part = _read_words([word for word in words[name] if word not in shared])
        if part is None:
            unused.append(name)
        elif part in found:
            raise _unclear(source_name, f"both {found[part]} and {name} could hold the {'images' if part[0] else 'labels'}")
        else:
            found[part] = name
    if not found:
        by_shape = _pair_by_shape(names, read_header) or _class_for_each(names, words, shared, read_header)
        if by_shape:
            paired = {key for pair in by_shape for key in (pair.images, pair.labels)}
            return ArrayLayout(tuple(by_shape), tuple(name for name in names if name not in paired))
    roles = {role for _, role in found}
    _check_roles(roles, found, names, source_name)
    ordered = [role for role in (None, Role.TRAINING, Role.VALIDATION, Role.TEST) if role in roles]
    return ArrayLayout(tuple(ArrayPair(found[True, role], found[False, role], role) for role in ordered), tuple(unused))


def _read_words(words: list[str]) -> _Part | None:
    roles = {role for word in words if (role := role_of(word))}
    rest = [word for word in words if not role_of(word)]
    if len(rest) != 1 or len(roles) > 1 or Role.UNLABELLED in roles or rest[0] not in _IMAGE_WORDS | _LABEL_WORDS:
        return None
    return rest[0] in _IMAGE_WORDS, roles.pop() if roles else None


def _pair_by_shape(names: list[str], read_header: Callable[[str], ArrayHeader]) -> list[ArrayPair]:
    """The only array that can hold images with the only one that can hold their labels."""
    headers = {name: read_header(name) for name in names[:10]}
    images = [name for name, header in headers.items() if _can_be_images(header)]
    labels = [name for name, header in headers.items() if len(header.shape) == 1 or header.shape[1:] == (1,)]
    if len(images) == len(labels) == 1 and headers[images[0]].shape[0] == headers[labels[0]].shape[0]:
        return [ArrayPair(images[0], labels[0], None)]
    return []


def _class_for_each(
    names: list[str], words: dict[str, list[str]], shared: set[str], read_header: Callable[[str], ArrayHeader]
) -> list[ArrayPair]:
    """Several arrays of images and none of labels, each called like what it shows, as the drawings of Quick, Draw! come."""
    called = {name: " ".join(word for word in words[name] if word not in shared) for name in names}
    is_clear = len(set(called.values()) - {""}) == len(names) and 2 <= len(names) <= _MOST_ARRAYS
    return (
        [ArrayPair(name, None, None, called[name]) for name in names]
        if is_clear and all(map(_can_be_images, map(read_header, names)))
        else []
    )


def _can_be_images(header: ArrayHeader) -> bool:
    return header.dtype.kind in "iubf" and len(header.shape) >= 2 and header.shape[1:] != (1,) and find_layout(header.shape) is not None


def _check_roles(roles: set[Role | None], found: dict[_Part, str], names: list[str], source_name: str) -> None:
    if len(names) == 1:
        raise DatasetError(f"{source_name} holds a single array, {names[0]}; {EXPECTED}. Bring images and labels together.")
    if not roles:
        listed = ", ".join(name[:40] for name in names[:10]) or "nothing"
        raise DatasetError(f"{source_name} has no images and labels under a name that Inkling knows; {EXPECTED}, found {listed}.")
    for role in roles:
        for part, other in ((True, False), (False, True)):
            if (part, role) not in found:
                missing = "images" if part else "labels"
                raise DatasetError(
                    f"{source_name} has {found[other, role]}, but no {missing} that belong to it; {EXPECTED}."
                    " If they are in a file of their own, bring both together."
                )
    if None in roles and len(roles) > 1:
        raise _unclear(source_name, f"{found[True, None]} stands beside arrays that are split")
    if not roles & {Role.TRAINING, None}:
        raise DatasetError(f"{source_name} has no images to train with, only {', '.join(found.values())}; {EXPECTED}.")


def _unclear(source_name: str, what: str) -> DatasetError:
    return DatasetError(f"{source_name}: {what}; {EXPECTED}. Save it again with only the arrays that are meant.")
