"""Which class and which half of the set each picture belongs to, told by the folders it lies in and by the files beside it."""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.datasets.importing.file_labels import FileLabels, LabelTable, find_certain, find_labels
from core.datasets.importing.labels import NumberedClasses, list_names, number_classes
from core.datasets.importing.roles import FILLERS, Role, read_name, split_words
from core.datasets.importing.source import Choice, LeftOut
from core.errors import DatasetError

Folder = tuple[str, ...]
"""Names of folders, outermost first. A path is the same with a file's own name at the end."""


_COMPANIONS = frozenset(("mask", "masks", "label", "labels", "annotation", "annotations", "groundtruth", "gt", "segmentation"))
"""What lies beside pictures to say something of each."""

_BY_FOLDER, _BY_OUTER_FOLDER, _BY_INNER_FOLDER = "folders", "outer-folders", "inner-folders"
_STRAIGHT = "They lie straight in this folder, so that nothing says what they show."


@dataclass(frozen=True)
class Arrangement:
    """Where each picture goes.

    Attributes:
        used: positions of the pictures that are used, by class and name.
        classes: their labels, in the order of `used`.
        is_test: `(len(used),)`; None where nothing says which pictures are for testing.
        left_out: the other pictures, by folder, and why.
        notes: sentences on what is not obvious.
        choices: what the classes can be taken from, if there is more than one way or the user has to say so; `choice` is what was taken.
        must_choose: why only the user can say what the classes are; empty if the folders tell.
        table: the name of the table that tells classes, if one does.
    """

    used: NDArray[np.intp]
    classes: NumberedClasses
    is_test: NDArray[np.bool_] | None
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    choices: tuple[Choice, ...] = ()
    choice: str | None = None
    must_choose: str = ""
    table: str | None = None


@dataclass
class _Draft:
    """The class of each picture, or why it has none, on the way to an arrangement."""

    paths: Sequence[Folder]
    roles: Mapping[Folder, Role | None]
    names: list[str | None]
    reasons: list[str]
    notes: list[str] = field(default_factory=list)
    table: str | None = None

    def role(self, position: int) -> Role | None:
        return self.roles[self.paths[position][:-1]]

    def leave_out(self, is_meant: Callable[[int], bool], reason: str) -> None:
        for position, name in enumerate(self.names):
            if name is not None and is_meant(position):
                self.names[position], self.reasons[position] = None, reason


def arrange(
    paths: Sequence[Folder], source_name: str, tables: Sequence[LabelTable] = (), labels: str | None = None, own_name: str = "pictures"
) -> Arrangement:
    """Find out the class and the half of each picture.

    The innermost folder that is not just called `images` or the like is the class; classes of one name in different places are told
    apart by their path. A folder called `train`, `test_set`, `dev` and so on, above the classes or below each, says which half it is.
    Pictures straight in such a folder have no class, unless a table or their own names tell it.

    Args:
        paths: folders and file name of each picture, at least one.
        source_name: what was brought, for sentences.
        tables: the small tables that lie beside the pictures.
        labels: the key of the choice to take the classes from; None for the likeliest.
        own_name: what the class is called if there is only one, and no folder to name it.

    Raises `DatasetError` if nothing says what the pictures show, with what would.
    """
    certain = [find_certain(path[-1]) for path in paths]
    if not all(certain):
        # Beside others, pictures of a project of Teachable Machine are read as if they lay in a folder of their class.
        paths = [(*path[:-1], name, path[-1]) if name else path for path, name in zip(paths, certain, strict=True)]
    folders = {path[:-1] for path in paths}
    role_folders = _find_roles(folders)
    roles = {folder: next((role_folders[p] for p in _prefixes(folder)[::-1] if p in role_folders), None) for folder in folders}
    class_paths = _find_class_paths(folders, role_folders)
    present = {role for folder, role in roles.items() if class_paths[folder]}
    if present - {None} and Role.TRAINING not in present:
        # Class folders beside one of test pictures are for training.
        roles = {folder: role or Role.TRAINING if class_paths[folder] else role for folder, role in roles.items()}
    draft = _Draft(paths, roles, [None] * len(paths), [""] * len(paths))
    is_split = any(roles[folder] and class_paths[folder] for folder in folders)
    found = {path for folder, path in class_paths.items() if path and bool(roles[folder]) == is_split}
    if len(found) < 2 and (not found or find_labels(paths, tables)):
        return _arrange_unclassed(draft, source_name, tables, labels, own_name)
    ways = _name_classes(found)
    choice = labels if labels in ways else _BY_FOLDER
    outside = "They lie beside the folders for training and testing." if is_split else "They lie in no class folder."
    unclassed = []
    for position, path in enumerate(paths):
        folder = path[:-1]
        if class_paths[folder] and bool(roles[folder]) == is_split:
            draft.names[position] = ways[choice][class_paths[folder]]
        elif roles[folder]:
            unclassed.append(position)
            draft.reasons[position] = _STRAIGHT
        else:
            draft.reasons[position] = outside
    _label_the_rest(draft, unclassed, tables)
    return _finish(draft, source_name, [Choice(key, _WAY_TITLES[key]) for key in ways if len(ways) > 1], choice)


_WAY_TITLES = {
    _BY_FOLDER: "the folder that each picture lies in",
    _BY_OUTER_FOLDER: "the outermost folders",
    _BY_INNER_FOLDER: "the innermost folders, whatever they lie in",
}


def _is_filler(name: str) -> bool:
    role, rest = read_name(name)
    return role is None and rest <= _COMPANIONS and any(character.isalpha() for character in name)


def _prefixes(folder: Folder) -> list[Folder]:
    return [folder[:depth] for depth in range(1, len(folder) + 1)]


def _find_roles(folders: Collection[Folder]) -> dict[Folder, Role]:
    """The folders that say what they are for: by nothing else in their name, or beside one that differs from them in that alone."""
    prefixes = {prefix for folder in folders for prefix in _prefixes(folder)}
    inner = {prefix[:-1] for prefix in prefixes}
    beside: dict[Folder, dict[str, tuple[Role | None, frozenset[str]]]] = defaultdict(dict)
    for prefix in prefixes:
        beside[prefix[:-1]][prefix[-1]] = read_name(prefix[-1])
    found: dict[Folder, Role] = {}
    for prefix in sorted(prefixes, key=len):
        (role, rest), others = read_name(prefix[-1]), beside[prefix[:-1]]
        is_paired = any(other_rest == rest and other not in (None, role) for other, other_rest in others.values())
        is_repeated = prefix[:-1] in found and prefix[-1] == prefix[-2]
        if role is None or not (is_paired or is_repeated or not rest):
            continue
        # There are sets with a class of trains: among classes, a folder of that name with nothing in it but pictures is one.
        classes = [name for name, (other, _) in others.items() if other is None and not _is_filler(name)]
        can_be_train = split_words(prefix[-1]) == ["train"] and prefix not in inner and not is_paired
        is_class = can_be_train and bool(classes) and not all(name.isdecimal() for name in classes)
        if not is_class:
            found[prefix] = role
    return found


def _find_class_paths(folders: Collection[Folder], role_folders: Mapping[Folder, Role]) -> dict[Folder, Folder]:
    """For each folder of pictures the folders that name its class; empty where none does."""
    # Such as train_cats and train_dogs: what is left of their names differs.
    rests = {p: " ".join(word for word in split_words(p[-1]) if word in read_name(p[-1])[1]) for p in role_folders}
    is_telling = len(set(rests.values()) - {""}) > 1
    plain = {
        folder: tuple(
            rests[p] if p in role_folders else p[-1]
            for p in _prefixes(folder)
            # A folder within one of its own name comes from unpacking twice.
            if (rests[p] and is_telling if p in role_folders else p[:-1] in role_folders or p[-1:] != p[-2:-1])
        )
        for folder in folders
    }
    named = {folder: tuple(name for name in path if not _is_filler(name)) for folder, path in plain.items()}
    shared = _count_shared([path for path in named.values() if path])
    if any(len(path) > shared for path in named.values()):
        named = {folder: path if len(path) > shared else () for folder, path in named.items()}
    innermost = {path[-1] for path in named.values() if path}
    if (
        len(innermost) > 1
        and len({read_name(name)[1] for name in innermost}) == 1
        and all(set(split_words(name)) & FILLERS for name in innermost)
    ):
        return dict.fromkeys(folders, ())  # Such as pets_images_1 and pets_images_2.
    parents = {folder[:-1] for folder, path in named.items() if path and folder not in role_folders}
    return {folder: named[folder] or (plain[folder] if folder[:-1] in parents and folder else ()) for folder in folders}


def _name_classes(paths: Collection[Folder]) -> dict[str, dict[Folder, str]]:
    """The name of each class by its path, for each way to tell classes apart that differs from the others."""
    shared = _count_shared([path[:-1] for path in paths])
    names = Counter(path[-1] for path in paths)
    ways = {_BY_FOLDER: {path: path[-1] if names[path[-1]] == 1 else "/".join(path[shared:]) for path in paths}}
    outer = {path: path[shared] for path in paths}
    if 1 < len(set(outer.values())) < len(paths):
        ways[_BY_OUTER_FOLDER] = outer
    if 1 < len(names) < len(paths):
        ways[_BY_INNER_FOLDER] = {path: path[-1] for path in paths}
    return ways


def _count_shared(paths: Collection[Folder]) -> int:
    """How many of the outermost folders are the same for all."""
    return sum(1 for _ in itertools.takewhile(lambda names: len(set(names)) == 1, zip(*paths, strict=False)))


def _label_the_rest(draft: _Draft, positions: Sequence[int], tables: Sequence[LabelTable]) -> None:
    """Pictures without a class folder beside others that have one: used if a table gives them the same classes."""
    known = set(filter(None, draft.names))
    for found in find_labels([draft.paths[position] for position in positions], tables):
        if found.table and {name for name in found.names if name} <= known:
            for position, name in zip(positions, found.names, strict=True):
                draft.names[position] = name
            draft.notes.append(f"The classes of pictures in no class folder are taken from {found.title}.")
            draft.table = found.table.name
            return


def _arrange_unclassed(draft: _Draft, source_name: str, tables: Sequence[LabelTable], labels: str | None, own_name: str) -> Arrangement:
    """No folder names a class: a table may, or the names of the files. Otherwise all are of one class, called like what was brought."""
    ways: list[FileLabels] = find_labels(draft.paths, tables)
    folders = [path[-2] if len(path) > 1 else "" for path in draft.paths]
    purposes = list(dict.fromkeys(path[-2] for path in draft.paths if draft.roles[path[:-1]]))
    if len(set(folders)) > 1 and not purposes:
        ways.append(FileLabels(_BY_FOLDER, _WAY_TITLES[_BY_FOLDER], folders))
    offered = [way for way in ways if way.key != _BY_FOLDER]
    if purposes and not offered:
        raise DatasetError(
            f"{source_name}: the pictures lie straight in {list_names(purposes)}, which tells what they are for but not what they show."
            " Expected a folder for each class in it, such as train/cat, or a table of file names and labels beside the pictures,"
            " or names that begin with the class, such as cat.12.jpg."
        )
    if not offered and labels is None:
        draft.names = [_own_class(own_name)] * len(draft.paths)
        return _finish(draft, source_name, [Choice(way.key, way.title) for way in ways], None)
    chosen = next((way for way in ways if way.key == labels), ways[0])
    draft.names = list(chosen.names)
    draft.reasons = [f"Nothing says what they show: they are not in {chosen.title}."] * len(draft.paths)
    where = (
        f"straight in {list_names(purposes)}, which tells what they are for but not what they show" if purposes else "in no class folder"
    )
    reason = "" if chosen.is_certain else f"The pictures lie {where}."
    draft.table = chosen.table.name if chosen.table else None
    draft.notes.append(f"{reason} Their classes are taken from {chosen.title}.".strip())
    return _finish(draft, source_name, [Choice(way.key, way.title) for way in ways], chosen.key, reason)


def _own_class(own_name: str) -> str:
    """The one class of `ring-samples.zip` is `ring`."""
    return re.sub(r"([-_. ]samples?)?(\.\w+)?$", "", own_name).strip() or "pictures"


def _finish(draft: _Draft, source_name: str, choices: Sequence[Choice], choice: str | None, must_choose: str = "") -> Arrangement:
    _drop_samples(draft)
    test_roles = _drop_unused_roles(draft)
    positions = [position for position, name in enumerate(draft.names) if name is not None]
    if not positions:
        raise DatasetError(f"{source_name}: no picture has a class. {list_left_out(_gather_left_out(draft))}")
    values = sorted({name for name in draft.names if name is not None})
    codes = {name: code for code, name in enumerate(values)}
    classes = number_classes(values, np.array([codes[draft.names[position] or ""] for position in positions]), source_name, are_names=True)
    order = sorted(range(len(positions)), key=lambda row: (classes.labels[row], draft.paths[positions[row]]))
    used = [positions[row] for row in order]
    return Arrangement(
        used=np.array(used, dtype=np.intp),
        classes=NumberedClasses(classes.labels[order], classes.class_names, classes.notes),
        is_test=np.array([draft.role(position) in test_roles for position in used], dtype=np.bool_) if test_roles else None,
        left_out=_gather_left_out(draft),
        notes=(*draft.notes, *classes.notes),
        choices=tuple(choices),
        choice=choice if choices else None,
        must_choose=must_choose if choices else "",
        table=draft.table,
    )


def _drop_samples(draft: _Draft) -> None:
    """A folder such as `trainingSample` beside `trainingSet` holds some of the same pictures again."""
    is_sample = {
        folder: bool(role) and any("sample" in name.lower() and read_name(name)[0] for name in folder)
        for folder, role in draft.roles.items()
    }
    whole = {draft.roles[folder] for folder in draft.roles if not is_sample[folder]}
    draft.leave_out(
        lambda position: is_sample[draft.paths[position][:-1]] and draft.role(position) in whole,
        "By the name of its folder it is a sample of the others.",
    )


def _drop_unused_roles(draft: _Draft) -> set[Role | None]:
    """The roles whose pictures are the test set; pictures that go to neither half are left out."""
    present = {draft.role(position) for position, name in enumerate(draft.names) if name is not None}
    training, validation, test = Role.TRAINING, Role.VALIDATION, Role.TEST
    if present - {Role.UNLABELLED}:
        draft.leave_out(
            lambda position: draft.role(position) == Role.UNLABELLED, "By the name of their folder, nothing says what they show."
        )
    present -= {Role.UNLABELLED}
    test_roles: set[Role | None] = set()
    if present >= {training, test}:
        test_roles = {test}
        draft.notes += ["The pictures of the validation folder count as training pictures."] if validation in present else []
    elif present >= {training, validation}:
        test_roles = {validation}
        draft.notes.append("There is no test folder, so the validation folder is the test set.")
    elif present >= {validation, test}:
        test_roles = {test}
        draft.notes.append("There is no training folder, so the validation folder stands in for it.")
    if test_roles:
        _match_capitals(draft, test_roles)
        learned = {name for position, name in enumerate(draft.names) if draft.role(position) not in test_roles}
        draft.leave_out(lambda position: draft.names[position] not in learned, "There are no training pictures of such a class.")
    return test_roles


def _match_capitals(draft: _Draft, test_roles: set[Role | None]) -> None:
    """`Cat` in one half and `cat` in the other are one class."""
    learned = {name for position, name in enumerate(draft.names) if name is not None and draft.role(position) not in test_roles}
    called = Counter(name.casefold() for name in learned)
    same = {name.casefold(): name for name in learned if called[name.casefold()] == 1}
    for position, name in enumerate(draft.names):
        if name is not None and name not in learned:
            draft.names[position] = same.get(name.casefold(), name)


def _gather_left_out(draft: _Draft) -> tuple[LeftOut, ...]:
    counted = Counter(
        ("/".join(path[:-1]) or "in no folder", reason)
        for path, name, reason in zip(draft.paths, draft.names, draft.reasons, strict=True)
        if name is None
    )
    return tuple(
        LeftOut(f"Pictures in {where}" if where != "in no folder" else "Pictures in no folder", count, reason)
        for (where, reason), count in sorted(counted.items())
    )


def list_left_out(left_out: Sequence[LeftOut]) -> str:
    """What is left out, for a sentence."""
    return " ".join(f"{item.what} ({item.count:,}): {item.reason}" for item in left_out[:5])
