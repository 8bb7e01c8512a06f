"""Where the three known sets can be fetched, and how the fetched files become an `ImageSet`."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.datasets.idx_files import read_idx
from core.datasets.image_set import ImageSet, build_image_set
from core.datasets.known_sets import KNOWN_SETS
from core.datasets.npz_files import load_npz
from core.errors import DatasetError

TENSORFLOW_DATASETS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
TORONTO = "https://www.cs.toronto.edu/~kriz/"


@dataclass(frozen=True)
class RemoteFile:
    """A file somebody publishes: its address, its exact size in bytes and its SHA-256 in lower-case hexadecimal."""

    url: str
    bytes: int
    sha256: str

    @property
    def name(self) -> str:
        return self.url.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Source:
    """The files of one set, and `convert`, which takes where each lies, by its name, and raises `DatasetError` for a wrong content."""

    files: tuple[RemoteFile, ...]
    convert: Callable[[Mapping[str, Path]], ImageSet]


def build_sources(tensorflow_datasets: str = TENSORFLOW_DATASETS, toronto: str = TORONTO) -> dict[str, Source]:
    """The sources of the known sets, at the file locations that `keras.datasets` uses (keras/src/datasets, version 3.15)."""
    return {
        "mnist": Source(
            (
                RemoteFile(
                    f"{tensorflow_datasets}mnist.npz", 11_490_434, "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
                ),
            ),
            _convert_mnist,
        ),
        "fashion_mnist": Source(
            tuple(RemoteFile(f"{tensorflow_datasets}{name}", size, sha256) for name, size, sha256 in _FASHION_FILES),
            _convert_fashion_mnist,
        ),
        # Keras takes cifar-10-python.tar.gz, which is made of Python pickles, and opening a pickle can run any code that is in it.
        # The same publisher has the same images, in the same order, as plain bytes in the same folder.
        "cifar10": Source(
            (
                RemoteFile(
                    f"{toronto}cifar-10-binary.tar.gz", 170_052_171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
                ),
            ),
            _convert_cifar10,
        ),
    }


# Keras does not check these; the hashes are those of the files that Zalando Research published.
_FASHION_FILES = (
    ("train-images-idx3-ubyte.gz", 26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
    ("train-labels-idx1-ubyte.gz", 29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
    ("t10k-images-idx3-ubyte.gz", 4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
    ("t10k-labels-idx1-ubyte.gz", 5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
)

_CIFAR_FOLDER = "cifar-10-batches-bin"
_CIFAR_TRAINING = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
_CIFAR_TEST = "test_batch.bin"


def _convert_mnist(paths: Mapping[str, Path]) -> ImageSet:
    known = KNOWN_SETS["mnist"]
    return load_npz(paths["mnist.npz"], name="mnist", title=known.title, class_names=known.class_names, origin=known.origin)


def _convert_fashion_mnist(paths: Mapping[str, Path]) -> ImageSet:
    arrays = {name: read_idx(paths[name]) for name, _, _ in _FASHION_FILES}
    return _build(
        "fashion_mnist",
        x_train=arrays["train-images-idx3-ubyte.gz"],
        y_train=arrays["train-labels-idx1-ubyte.gz"],
        x_test=arrays["t10k-images-idx3-ubyte.gz"],
        y_test=arrays["t10k-labels-idx1-ubyte.gz"],
    )


def _convert_cifar10(paths: Mapping[str, Path]) -> ImageSet:
    batches = read_cifar_batches(paths["cifar-10-binary.tar.gz"])
    training = [batches[name] for name in _CIFAR_TRAINING]
    return _build(
        "cifar10",
        x_train=np.concatenate([images for images, _ in training]),
        y_train=np.concatenate([labels for _, labels in training]),
        x_test=batches[_CIFAR_TEST][0],
        y_test=batches[_CIFAR_TEST][1],
    )


def _build(name: str, **arrays: NDArray[np.uint8]) -> ImageSet:
    known = KNOWN_SETS[name]
    return build_image_set(
        name=name,
        title=known.title,
        x_train=arrays["x_train"],
        y_train=arrays["y_train"],
        x_test=arrays["x_test"],
        y_test=arrays["y_test"],
        class_names=known.class_names,
        max_value=known.max_value,
        origin=known.origin,
    )


def read_cifar_batches(path: Path) -> dict[str, tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """Images `(n, 32, 32, 3)` and labels `(n,)` of each batch in CIFAR-10's binary archive, by the batch's file name.

    A record is one byte of label and 3,072 of pixels, all red ones first, then green, then blue, each row by row
    (https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version"). Nothing is extracted to disk.

    Raises `DatasetError` if a batch is missing.
    """
    batches = {}
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            folder, _, name = member.name.rpartition("/")
            file = archive.extractfile(member) if folder == _CIFAR_FOLDER and name in (*_CIFAR_TRAINING, _CIFAR_TEST) else None
            if file is not None:
                records = np.frombuffer(file.read(), dtype=np.uint8).reshape(-1, 1 + 3 * 32 * 32)
                batches[name] = (np.ascontiguousarray(records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)), records[:, 0])
    missing = [name for name in (*_CIFAR_TRAINING, _CIFAR_TEST) if name not in batches]
    if missing:
        raise DatasetError(f"{path.name} has no {', '.join(missing)}; expected six batches in {_CIFAR_FOLDER}.")
    return batches
