"""NumPy's files, IDX files and kept drawings, with everything in them that can be wrong."""

from __future__ import annotations

import gzip
import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from core.drawings.files import write_drawings
from core.drawings.kept import Answer, NewDrawing
from core.drawings.store import DrawingStore
from tests.hostile.archives import Random, damaged

_TYPES = ("u1", "i1", "i8", ">i4", "f2", "f4", ">f8", "c8", "b1", "U1", "S3", "M8[s]", "O", "u1,i2", "U20000")
_SHAPES = ("(-1,)", "(0,)", "(1000000000000, 28, 28)", "(99999999999999999999,)", "(20, 28, 28", "(20, 28.5)", "()", "(" + "1," * 70 + ")")


def npy(array: np.ndarray, header: str | None = None, version: bytes = b"\x01\0") -> bytes:
    """An array as `numpy.save` writes it, with a header of one's own."""
    if header is None:
        file = io.BytesIO()
        np.lib.format.write_array(file, array, allow_pickle=True)
        return file.getvalue()
    text = header.encode("latin-1", "replace")
    return b"\x93NUMPY" + version + len(text).to_bytes(2, "little", signed=False) + text + array.tobytes()


def pack_arrays(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), data)
    return file.getvalue()


def invalid_text(random: Random, count: int, length: int = 3) -> np.ndarray:
    """Texts with numbers that stand for no character, with halves of characters, zeros and line ends."""
    points = random.choice([65, 0, 10, 0xD800, 0x10FFFF, 0x110000, 0xFFFFFFFF, 0x202E], (count, length)).astype(np.uint32)
    return points.view(f"<U{length}").reshape(count)


def _values(random: Random, shape: tuple[int, ...], kind: str) -> np.ndarray:
    if kind == "O":
        return np.array([{"a": 1}] * shape[0], dtype=object)
    values = random.integers(0, int(random.choice([2, 17, 256])), shape)
    if kind[0] in "<>f" and random.random() < 0.5:
        return np.where(random.random(shape) < 0.01, random.choice([np.nan, np.inf, -np.inf, 1e300, -5.0]), values).astype(kind)
    return np.zeros(shape, kind) if kind in ("u1,i2", "M8[s]") else values.astype(kind)


def npz(random: Random, folder: Path) -> None:
    """Arrays of any type and shape, in which labels are texts that are none, fractions, missing or far too many."""
    count = int(random.choice([1, 7, 40, 2_000]))
    images: tuple[int, ...] = [
        (count, 28, 28),
        (count, 5, 4, 3),
        (count, 3, 6, 6),
        (count, 64),
        (count,),
        (count, 2, 2, 5),
        (count, 1, 3_000),
    ][int(random.integers(7))]
    labels: list[Any] = [
        np.arange(count) % 3,
        invalid_text(random, count),
        np.arange(count) + 0.5,
        np.full(count, np.nan),
        np.arange(count) * 10**12,
        np.zeros(count),
        np.eye(count, dtype=np.uint8)[:, :9],
        np.array([{}] * count, dtype=object),
        np.arange(count + 1),
        np.full(count, -(2**63)),
        np.array(["x" * 5_000] * count),
    ]
    keys = [("x", "y"), ("x_train", "y_train"), ("arr_0", "arr_1"), ("images", "labels")][int(random.integers(4))]
    members = {
        keys[0]: npy(_values(random, images, str(random.choice(_TYPES)))),
        keys[1]: npy(labels[int(random.integers(len(labels)))]),
    }
    if keys[0] == "x_train":
        members |= {"x_test": members["x_train"], "y_test": members["y_train"]}
    if random.random() < 0.5:
        members["class_names"] = npy(invalid_text(random, int(random.choice([1, 3, 2_000]))))
        members["max_value"] = npy(np.array(int(random.choice([-1, 0, 16, 255, 256, 2**40]))))
        members["title"] = npy(np.array(str(random.choice(["", "\x1b[31m", "a" * 2_000, "ok"]))))
    if random.random() < 0.2:
        members = {name: damaged(random, data) for name, data in members.items()}
    _name(random, folder, pack_arrays(members))


def texts(random: Random, folder: Path) -> None:
    """A sound set but for its texts: what a catalogue shows of it."""
    images = np.random.default_rng(1).integers(0, 256, (12, 4, 4), dtype=np.uint8)
    labels = np.arange(12) % 3
    members = {"x_train": images, "y_train": labels, "x_test": images, "y_test": labels}
    for key in ("class_names", "title", "origin"):
        if random.random() < 0.7:
            found = invalid_text(random, 3, int(random.choice([1, 4, 900])))
            members[key] = found if key == "class_names" else found[0:1].reshape(())
    _name(random, folder, pack_arrays({name: npy(np.asarray(array)) for name, array in members.items()}))


def headers(random: Random, folder: Path) -> None:
    """Headers that promise what is not there, or are no headers."""
    shape, kind = (str(random.choice(options)) for options in (_SHAPES, _TYPES))
    fortran = str(random.choice(["True", "False", "None", "__import__('os').system('true')"]))
    text = f"{{'descr': '{kind}', 'fortran_order': {fortran}, 'shape': {shape}, }}"
    text += str(random.choice(["\n", "", " " * 5_000, "(" * 3_000, "}" * 10]))
    data = npy(np.zeros(100, np.uint8), text, bytes([int(random.integers(0, 5)), 0]))
    if random.random() < 0.3:
        data = b"\x93NUMPY\x02\0" + (2**31).to_bytes(4, "little") + data[10:]
    if random.random() < 0.3:
        (folder / "single.npy").write_bytes(data)
    else:
        _name(random, folder, pack_arrays({"x": data, "y": npy(np.arange(20) % 3)}))


def pickles(random: Random, folder: Path) -> None:
    """What would run code, if anybody unpickled it."""
    harm = pickle.dumps(np.array([{"a": 1}], dtype=object), protocol=int(random.integers(0, 6)))
    choice = int(random.integers(3))
    if choice == 0:
        (folder / "set.pkl").write_bytes(harm)
    else:
        header = "{'descr': '|O', 'fortran_order': False, 'shape': (20,), }\n"
        member = npy(np.zeros(0, np.uint8), header) + harm
        _name(random, folder, pack_arrays({"x": member, "y": member if choice == 1 else npy(np.arange(20))}))


def idx(random: Random, folder: Path) -> None:
    """Headers of other types, with lengths of zero, of billions, of more or less than there is."""
    count = int(random.choice([0, 1, 12, 2**31, 2**32 - 1]))
    shape = [count, int(random.choice([0, 1, 5, 28, 2_048, 2**31])), int(random.choice([1, 4, 28, 70_000]))][: int(random.integers(1, 4))]
    head = bytes([0, 0, int(random.choice([8, 8, 8, 9, 11, 12, 13, 14, 77])), int(random.choice([len(shape), 0, 9, 255]))])
    body = random.bytes(int(random.choice([0, 10, 12 * 20, 50_000])))
    data = head + b"".join(size.to_bytes(4, "big") for size in shape) + body
    labels = bytes([0, 0, 8, 1]) + (12).to_bytes(4, "big") + bytes(range(12))
    if random.random() < 0.2:
        data = bytes([0, 0, 8, 3]) + b"".join(size.to_bytes(4, "big") for size in (12, 5, 4)) + random.bytes(240) + bytes(200_000_000)
    if random.random() < 0.5:
        data = damaged(random, gzip.compress(data, 1, mtime=0)) if random.random() < 0.3 else gzip.compress(data, 1, mtime=0)
    (folder / "train-images-idx3-ubyte").write_bytes(data)
    if random.random() < 0.8:
        (folder / "train-labels-idx1-ubyte").write_bytes(labels)


def hollow(random: Random, folder: Path) -> None:
    """Sound sets of nothing but zeros: two gigabytes in two megabytes, also column by column and as text."""
    count, side = int(random.choice([3_000, 33_000])), 255
    choice = int(random.integers(4))
    if choice == 0:
        with gzip.open(folder / "train-images-idx3-ubyte.gz", "wb", 1) as file:
            file.write(bytes([0, 0, 8, 3]) + b"".join(size.to_bytes(4, "big") for size in (count, side, side)))
            for _ in range(count):
                file.write(bytes(side * side))
        (folder / "train-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1]) + count.to_bytes(4, "big") + bytes([0, 1] * (count // 2)))
    elif choice == 1:
        with gzip.open(folder / "table.csv.gz", "wb", 1) as file:
            line = b",0" * 65_536 + b"\n"
            for number in range(count // 3):
                file.write(b"%d" % (number % 2) + line)
    else:
        order = "True" if choice == 2 else "False"
        header = f"{{'descr': '|u1', 'fortran_order': {order}, 'shape': ({count}, {side}, {side}), }}\n".encode()
        with zipfile.ZipFile(folder / "set.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for key in ("x_train", "x_test"):
                with archive.open(f"{key}.npy", "w", force_zip64=True) as member:
                    member.write(b"\x93NUMPY\x01\0" + len(header).to_bytes(2, "little") + header)
                    for _ in range(count):
                        member.write(bytes(side * side))
            for key in ("y_train", "y_test"):
                archive.writestr(f"{key}.npy", npy(np.arange(count) % 2))


def drawings(random: Random, folder: Path) -> None:
    """A collection of drawings, with some of its arrays exchanged for others, or damaged."""
    store = DrawingStore(folder / "home")
    for number in range(3):
        ink = np.zeros((60 + number, 50), np.uint8)
        ink[10:50, 20 + number : 26 + number] = 255
        store.add(NewDrawing(str(number), ink, 1e9 + number, Answer("run", "Net", "7", 0.5)))
    file = io.BytesIO()
    write_drawings(file, store, store.list())
    store.close()
    file.seek(0)
    with np.load(file) as loaded:
        arrays: dict[str, np.ndarray] = {key: loaded[key] for key in loaded.files}
    others: list[np.ndarray] = [
        invalid_text(random, 3),
        np.array([1.0, np.nan, np.inf]),
        np.array([[2**40, 2**40]] * 3),
        np.array([[1, 183 * 50], [0, 1], [-1, 1]]),
        np.zeros(0),
        np.array(["x" * 79] * 3),
        np.arange(3),
        np.array(7),
        np.zeros(10**6, np.uint8),
    ]
    for _ in range(int(random.integers(1, 4))):
        arrays[str(random.choice(sorted(arrays)))] = others[int(random.integers(len(others)))]
    data = pack_arrays({name: npy(array) for name, array in arrays.items()})
    (folder / "drawings.npz").write_bytes(damaged(random, data) if random.random() < 0.4 else data)


def _name(random: Random, folder: Path, data: bytes) -> None:
    (folder / str(random.choice(["set.npz", "mnist.npz", "a b.npz"]))).write_bytes(data)
