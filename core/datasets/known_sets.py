"""The image sets that Inkling knows by name: what they show, who made them, what may be done with them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import DatasetError

BUNDLED = "digits"
"""The set that is always there, because scikit-learn carries it."""

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class KnownSet:
    """What there is to say about a set before it is on this machine.

    Attributes:
        title: what it is called on a page.
        description: one sentence for a learner.
        class_names: one name for each label.
        max_value: the largest value a pixel can take.
        origin: one sentence on who made the images.
        licence: what its makers allow.
        source: the address of the makers' own page.
        download_bytes: what has to be fetched; 0 for the bundled set.
        caution: what to keep in mind about its test images; empty if there is nothing.
    """

    title: str
    description: str
    class_names: tuple[str, ...]
    max_value: int
    origin: str
    licence: str
    source: str
    download_bytes: int
    caution: str = ""


KNOWN_SETS: dict[str, KnownSet] = {
    BUNDLED: KnownSet(
        title="Digits",
        description="1,797 handwritten digits, tiny at 8 x 8 pixels: small enough to train a network on in seconds.",
        class_names=_DIGITS,
        max_value=16,
        origin=(
            "Collected by E. Alpaydin and C. Kaynak (UCI machine learning repository, 1998) and bundled with scikit-learn."
            " The split is Inkling's own: a fifth of each digit, drawn by scikit-learn's train_test_split with seed 1, is the test set."
        ),
        licence="CC BY 4.0",
        source="https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
        download_bytes=0,
        # The 1,797 are the test half of the set at UCI, whose 3,823 others were written by 30 further people.
        caution=(
            "These digits were written by 13 people, and each of them is in the training and in the test set. So the test accuracy tells"
            " how well a network reads hands that it has learned from. Expect less for the hand of somebody new, such as yours."
        ),
    ),
    "mnist": KnownSet(
        title="MNIST",
        description="70,000 handwritten digits of 28 x 28 pixels: where most people start.",
        class_names=_DIGITS,
        max_value=255,
        origin="Made by Y. LeCun, C. Cortes and C. J. C. Burges from digits collected by NIST.",
        licence="CC BY-SA 3.0",
        source="https://yann.lecun.com/exdb/mnist/",
        download_bytes=11_490_434,
    ),
    "fashion_mnist": KnownSet(
        title="Fashion-MNIST",
        description="70,000 photographs of clothes and shoes, in the same 28 x 28 grey pixels as MNIST but harder to tell apart.",
        class_names=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        max_value=255,
        origin="Made by H. Xiao, K. Rasul and R. Vollgraf (Zalando Research, 2017) from product photographs.",
        licence="MIT",
        source="https://github.com/zalandoresearch/fashion-mnist",
        download_bytes=30_878_645,
    ),
    "cifar10": KnownSet(
        title="CIFAR-10",
        description="60,000 colour photographs of ten kinds of things, 32 x 32 pixels: much harder than digits.",
        class_names=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        max_value=255,
        origin="Collected by A. Krizhevsky, V. Nair and G. Hinton (Learning multiple layers of features from tiny images, 2009).",
        licence="Free for research; its makers ask to be cited",
        source="https://www.cs.toronto.edu/~kriz/cifar.html",
        download_bytes=170_052_171,
    ),
}


def caution_about(name: str) -> str:
    """What to keep in mind about the test images of the set with this name; empty if there is nothing, or the set is not known."""
    return KNOWN_SETS[name].caution if name in KNOWN_SETS else ""


def is_safe_name(name: str) -> bool:
    """Whether a set may be called this: it becomes a file name and a word on the command line."""
    return _SAFE_NAME.fullmatch(name) is not None


def check_new_name(name: str) -> None:
    """Check the name for a set that is to be stored. Raises `DatasetError` if it is unsafe or belongs to the bundled set."""
    if not is_safe_name(name):
        raise DatasetError(
            f"A data set can't be called {name!r}; expected 1 to 80 letters without accents, digits, '_', '-' or '.',"
            " beginning with a letter or digit."
        )
    if name == BUNDLED:
        raise DatasetError(f"The name {name!r} belongs to the bundled digits; choose another.")
