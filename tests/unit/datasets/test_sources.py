from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.datasets.catalog import Catalog
from core.datasets.downloading import Downloader, DownloadProgress
from core.datasets.known_sets import BUNDLED, KNOWN_SETS
from core.datasets.sources import Source, build_sources, read_cifar_batches, read_idx
from core.errors import DatasetError
from core.settings import Settings

GENERATOR = np.random.default_rng(3)
IMAGES = GENERATOR.integers(0, 256, (20, 28, 28), dtype=np.uint8)
LABELS = np.arange(20, dtype=np.uint8) % 10


def idx(array: np.ndarray) -> bytes:
    start = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    return gzip.compress(start + array.tobytes())


def cifar_archive(batches: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, data in {"readme.html": b"hello", **batches}.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return file.getvalue()


def cifar_batches(records: int = 10) -> dict[str, bytes]:
    """Record i has label i; its red pixels are i, its green ones 100, its blue ones count the columns."""
    columns = np.tile(np.arange(32, dtype=np.uint8), 32).tobytes()
    batch = b"".join(bytes([label]) + bytes([label] * 1024) + bytes([100] * 1024) + columns for label in range(records))
    return dict.fromkeys([*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"], batch)


def test_an_idx_file_gives_its_array(tmp_path: Path) -> None:
    (tmp_path / "images.gz").write_bytes(idx(IMAGES))
    np.testing.assert_array_equal(read_idx(tmp_path / "images.gz"), IMAGES)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x00\x0d\x01" + bytes(8), bytes([0, 0, 8, 2, 0, 0, 0, 4]), bytes([0, 0, 8, 1, 0, 0, 0, 4, 1, 2, 3])],
    ids=["empty", "floats", "axes missing", "values missing"],
)
def test_what_is_no_whole_idx_file_of_bytes_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "images.gz").write_bytes(gzip.compress(content))
    with pytest.raises(DatasetError, match=r"^images.gz"):
        read_idx(tmp_path / "images.gz")


def test_cifar_records_become_rows_columns_and_channels(tmp_path: Path) -> None:
    path = tmp_path / "cifar.tar.gz"
    path.write_bytes(cifar_archive(cifar_batches()))
    images, labels = read_cifar_batches(path)["data_batch_3.bin"]
    assert images.shape == (10, 32, 32, 3) and labels.tolist() == list(range(10))
    assert images[7, 20, 5].tolist() == [7, 100, 5]


def test_a_missing_cifar_batch_is_named(tmp_path: Path) -> None:
    batches = cifar_batches()
    del batches["data_batch_4.bin"]
    path = tmp_path / "cifar.tar.gz"
    path.write_bytes(cifar_archive(batches))
    with pytest.raises(DatasetError, match=r"has no data_batch_4.bin"):
        read_cifar_batches(path)


def with_contents(source: Source, contents: dict[str, bytes]) -> Source:
    """The same files with what a made, smaller edition of them measures."""
    files = [replace(file, bytes=len(contents[file.name]), sha256=hashlib.sha256(contents[file.name]).hexdigest()) for file in source.files]
    return replace(source, files=tuple(files))


def test_fashion_mnist_is_put_together_from_its_four_files(settings: Settings, server) -> None:
    contents = {
        "train-images-idx3-ubyte.gz": idx(IMAGES),
        "train-labels-idx1-ubyte.gz": idx(LABELS),
        "t10k-images-idx3-ubyte.gz": idx(IMAGES[:10]),
        "t10k-labels-idx1-ubyte.gz": idx(LABELS[:10]),
    }
    for name, data in contents.items():
        server.offer(name, data)
    source = with_contents(build_sources(tensorflow_datasets=server.url)["fashion_mnist"], contents)
    steps: list[DownloadProgress] = []
    Downloader(settings, {"fashion_mnist": source}).download("fashion_mnist", steps.append)
    image_set = Catalog(settings).load("fashion_mnist")
    np.testing.assert_array_equal(image_set.x_train, IMAGES)
    np.testing.assert_array_equal(image_set.y_test, LABELS[:10])
    assert image_set.class_names[0] == "T-shirt/top"
    sizes = [step.bytes for step in steps]
    assert sizes == sorted(sizes) and sizes[-1] == sum(map(len, contents.values()))
    assert [path.name for path in settings.downloads.iterdir()] == ["fashion_mnist.npz"]


def test_cifar10_is_put_together_from_its_batches(settings: Settings, server) -> None:
    contents = {"cifar-10-binary.tar.gz": cifar_archive(cifar_batches())}
    server.offer("cifar-10-binary.tar.gz", contents["cifar-10-binary.tar.gz"])
    source = with_contents(build_sources(toronto=server.url)["cifar10"], contents)
    Downloader(settings, {"cifar10": source}).download("cifar10")
    image_set = Catalog(settings).load("cifar10")
    assert image_set.x_train.shape == (50, 32, 32, 3) and image_set.x_test.shape == (10, 32, 32, 3)
    assert (image_set.class_names[9], image_set.origin) == ("truck", KNOWN_SETS["cifar10"].origin)


def test_mnist_is_taken_from_the_file_that_keras_takes(settings: Settings, server) -> None:
    file = io.BytesIO()
    np.savez(file, x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:10], y_test=LABELS[:10])
    contents = {"mnist.npz": file.getvalue()}
    server.offer("mnist.npz", contents["mnist.npz"])
    source = with_contents(build_sources(tensorflow_datasets=server.url)["mnist"], contents)
    Downloader(settings, {"mnist": source}).download("mnist")
    assert Catalog(settings).load("mnist").title == "MNIST"


def test_every_known_set_but_the_bundled_one_has_a_source_of_the_size_it_states() -> None:
    sources = build_sources()
    assert set(sources) == set(KNOWN_SETS) - {BUNDLED}
    for name, source in sources.items():
        assert sum(file.bytes for file in source.files) == KNOWN_SETS[name].download_bytes
        assert all(file.url.startswith("https://") and len(file.sha256) == 64 for file in source.files)
