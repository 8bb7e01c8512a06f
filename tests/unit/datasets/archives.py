"""Small ZIPs of class folders for the tests of importing."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image


def picture(value: int = 0, size: tuple[int, int] = (5, 4), mode: str = "L", form: str = "PNG") -> bytes:
    """A picture of one shade of grey or, in mode RGB, of red."""
    file = io.BytesIO()
    Image.new(mode, size, (value, 0, 0) if mode == "RGB" else value).save(file, form)
    return file.getvalue()


def noise(size: tuple[int, int], seed: int = 0, form: str = "PNG") -> bytes:
    """A picture that can't be packed."""
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)).save(file, form)
    return file.getvalue()


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def split_members(
    classes: tuple[str, ...] = ("cat", "dog"),
    training: int = 6,
    test: int = 2,
    prefix: str = "",
    folders: tuple[str, str] = ("train", "test"),
) -> dict[str, bytes]:
    """Each picture's grey value tells its class (tens) and its number (ones)."""
    return {
        f"{prefix}{folder}/{name}/{number}.png": picture(10 * label + number)
        for folder, count in zip(folders, (training, test), strict=True)
        for label, name in enumerate(classes)
        for number in range(count)
    }


def loose_members(classes: tuple[str, ...] = ("cat", "dog"), count: int = 10) -> dict[str, bytes]:
    """Without training and test folders."""
    return {f"{name}/{number}.png": picture(10 * label + number) for label, name in enumerate(classes) for number in range(count)}
