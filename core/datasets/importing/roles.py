"""What folders and files are for, by the words in their names: training, validation, test, or pictures that nobody labelled."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache


class Role(StrEnum):
    """What a folder or file is for, by its name."""

    TRAINING = "training"
    VALIDATION = "validation"
    TEST = "test"
    UNLABELLED = "unlabelled"


_ROLES = {
    word: role
    for role, words in {
        Role.TRAINING: "train training trn tra trainval",
        Role.VALIDATION: "val valid validation vld dev development",
        Role.TEST: "test testing tests tst tes holdout eval evaluation t10k",
        Role.UNLABELLED: "pred predict prediction predictions unlabeled unlabelled",
    }.items()
    for word in words.split()
}
_FILLER_WORDS = (
    "set sets data dataset datasets image images img imgs picture pictures pic pics photo photos sample samples file files folder seg"
    " split splits part parts batch fold all raw original originals resized cropped png jpg jpeg bmp gif webp tif tiff"
)
FILLERS = frozenset(_FILLER_WORDS.split())
"""Words that say that there are pictures, but not what they show."""


@lru_cache(10_000)
def read_name(name: str) -> tuple[Role | None, frozenset[str]]:
    """What a file or folder is for, and the words of its name that say something else."""
    words = split_words(name)
    roles = {role for word in words if (role := role_of(word))}
    rest = frozenset(word for word in words if not role_of(word) and word not in FILLERS)
    if roles == {Role.TRAINING, Role.VALIDATION}:
        return Role.TRAINING, rest
    return (roles.pop() if len(roles) == 1 else None), rest


def split_words(name: str) -> list[str]:
    """The words of `trainingSet_1`, in small letters and without numbers: training, set."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()
    joined = re.sub(r"hold[-_ ]out", "holdout", spaced.replace("t10k", "test"))
    return [word for word in re.split(r"[\W\d_]+", joined) if word]


@lru_cache(10_000)
def role_of(word: str) -> Role | None:
    """What a single word says, also glued to another as in `testset`."""
    glued = (role for start, role in _ROLES.items() if word.startswith(start) and word[len(start) :] in FILLERS)
    return _ROLES.get(word) or next(glued, None)
