"""What unpacks to far more than any set of pictures does."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.datasets import streams
from core.datasets.streams import ByteStream
from core.errors import DatasetError


@pytest.fixture(autouse=True)
def less_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "FREE_BYTES", 3_000_000)


def read_all(stream: ByteStream) -> int:
    with stream.open() as file:
        return sum(len(chunk) for chunk in iter(lambda: file.read(1 << 20), b""))


@pytest.mark.parametrize("kind", ["gz", "zip"])
def test_reading_ends_when_far_too_much_has_been_unpacked(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    for size in (2_000_000, 20_000_000):
        if kind == "gz":
            path.write_bytes(gzip.compress(bytes(size)))
        else:
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("inner.csv", bytes(size))
        stream = ByteStream("a", path, None if kind == "gz" else "inner.csv")
        if size < 3_000_000:
            assert read_all(stream) == size
        else:
            with pytest.raises(DatasetError, match="more than 200 times its size"):
                read_all(stream)


def test_what_shrinks_as_pictures_do_is_read_however_large_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    row = b"0," * 700 + np.random.default_rng(1).bytes(40).hex().encode() + b"\n"
    path.write_bytes(b"".join(gzip.compress(row * 4) for _ in range(2_000)))
    assert read_all(ByteStream("a", path)) == len(row) * 8_000
