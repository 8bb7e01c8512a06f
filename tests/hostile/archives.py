"""ZIP archives: bombs, lies, entries that point outside, archives within archives."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

Random = np.random.Generator

_NAMES = (
    "/etc/passwd.png",
    "../../up.png",
    "a/../../b.png",
    "C:\\windows\\a.png",
    "\\\\host\\share\\a.png",
    "a/\0b.png",
    "a/b\n.png",
    "a/" + "x" * 4_000 + ".png",
    "/".join(["d"] * 500) + "/a.png",
    "a/CON.png",
    "a/\u202egnp.png",
    "<script>alert(1)</script>/a.png",
    "a/$(reboot).png",
    "a/.png",
    "a//b.png",
    "./a/./b.png",
    "a/\udcff.png".encode("utf-8", "replace").decode(),
    "~/a.png",
    "train/a/",
    "a/%2e%2e%2fb.png",
)


def picture(random: Random, side: int = 8, form: str = "PNG") -> bytes:
    """A sound little picture."""
    file = io.BytesIO()
    Image.fromarray(random.integers(0, 256, (side, side), dtype=np.uint8)).save(file, form)
    return file.getvalue()


def pack(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of these."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return file.getvalue()


def sound(random: Random, count: int = 6) -> dict[str, bytes]:
    """Class folders as they should be."""
    return {f"{label}/{number}.png": picture(random) for label in ("cat", "dog") for number in range(count)}


def flip(random: Random, data: bytes, changes: int) -> bytes:
    """The same with some bytes exchanged."""
    changed = np.frombuffer(data, np.uint8).copy()
    changed[random.integers(0, len(changed), changes)] = random.integers(0, 256, changes)
    return changed.tobytes()


def damaged(random: Random, data: bytes) -> bytes:
    """The same, cut, with bytes exchanged, or with something before or after it."""
    place = int(random.integers(1, len(data)))
    return [
        lambda: data[:place],
        lambda: flip(random, data, int(random.integers(1, 40))),
        lambda: data[:place] + random.bytes(200) + data[place:],
        lambda: random.bytes(100) + data,
        lambda: data + data[:place],
        lambda: data[:place] + bytes(len(data) - place),
    ][int(random.integers(6))]()


def names(random: Random, folder: Path) -> None:
    chosen = random.choice(len(_NAMES), int(random.integers(1, 5)), replace=False)
    _write(folder, "names.zip", pack(sound(random) | {_NAMES[place]: picture(random) for place in chosen}))


def broken(random: Random, folder: Path) -> None:
    _write(folder, "broken.zip", damaged(random, pack(sound(random))))


def lies(random: Random, folder: Path) -> None:
    """Fields of the directory that are not true: sizes, offsets, methods, flags, dates and counts."""
    data = bytearray(pack(sound(random)))
    fields = {8: 2, 10: 2, 16: 4, 20: 4, 24: 4, 28: 2, 30: 2, 32: 2, 38: 4, 42: 4}
    for _ in range(int(random.integers(1, 4))):
        entry = data.find(b"PK\x01\x02", int(random.integers(len(data) // 2)))
        place, size = list(fields.items())[int(random.integers(len(fields)))]
        value = int(random.choice([0, 1, 0xFFFF, 0xFFFFFFFF, 0x7FFFFFFF, 99])) & (256**size - 1)
        data[entry + place : entry + place + size] = value.to_bytes(size, "little")
    end = data.rfind(b"PK\x05\x06")
    if random.random() < 0.4:
        struct.pack_into("<HHII", data, end + 8, *(int(value) for value in random.integers(0, 65_535, 4)))
    _write(folder, "lies.zip", bytes(data))


def overlapping(random: Random, folder: Path) -> None:
    """Many entries that all are the same few bytes, which unpack to a lot."""
    size, count = 30_000_000, int(random.choice([20, 2_000, 60_000]))
    packed, checksum = _zeros(size)
    local = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 8, 0, 0, checksum, len(packed), size, 9, 0) + b"a/000.png" + packed
    suffix = str(random.choice(["png", "bmp", "csv", "npy"]))
    entries = bytearray()
    for number in range(count):
        name = f"{number % 2}/{number}.{suffix}".encode()
        entries += struct.pack(
            "<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, checksum, len(packed), size, len(name), 0, 0, 0, 0, 0, 0
        )
        entries += name
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count & 0xFFFF, count & 0xFFFF, len(entries), len(local), 0)
    _write(folder, "overlapping.zip", local + bytes(entries) + end)


def bomb(random: Random, folder: Path) -> None:
    """A few kilobytes that unpack to gigabytes."""
    size = int(random.choice([200_000_000, 1_000_000_000]))
    name = str(random.choice(["cat/a.png", "cat/a.bmp", "table.csv", "x.npy", "train-images-idx3-ubyte", "inner.zip", "a.txt"]))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, data in sound(random).items() if random.random() < 0.5 else ():
            archive.writestr(path, data)
        with archive.open(name, "w", force_zip64=True) as member:
            member.write({"x.npy": b"\x93NUMPY\x01\0", "train-images-idx3-ubyte": b"\0\0\x08\x03"}.get(name, b""))
            block = (b"1," * 8 + b"\n") * 100_000 if random.random() < 0.3 else bytes(1_000_000)
            for _ in range(size // len(block)):
                member.write(block)
    _write(folder, "bomb.zip", file.getvalue())


def nested(random: Random, folder: Path) -> None:
    """Archives in archives, each several times."""
    data = pack(sound(random))
    for depth in range(int(random.integers(1, 7))):
        suffix = str(random.choice(["zip", "npz", "tm", "csv"]))
        data = pack({f"{depth}-{number}.{suffix}": data for number in range(int(random.integers(1, 6)))}, zipfile.ZIP_STORED)
        if len(data) > 20_000_000:
            break
    _write(folder, "nested.zip", data)


def exotic(random: Random, folder: Path) -> None:
    """Rare methods, passwords, symbolic links, very many entries, the same name twice."""
    choice = int(random.integers(5))
    if choice == 0:
        _write(folder, "exotic.zip", pack(sound(random), int(random.choice([zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]))))
    elif choice == 1:
        data = pack(sound(random)).replace(b"PK\x01\x02\x14\x03\x14\0\0\0", b"PK\x01\x02\x14\x03\x14\0\x01\0")
        _write(folder, "exotic.zip", data.replace(b"PK\x03\x04\x14\0\0\0", b"PK\x03\x04\x14\0\x01\0"))
    elif choice == 2:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name, target in (("cat/a.png", "/etc/passwd"), ("dog/b.png", "../../secret")):
                info = zipfile.ZipInfo(name)
                info.external_attr = 0o120777 << 16
                archive.writestr(info, target)
        _write(folder, "exotic.zip", file.getvalue())
    elif choice == 3:
        data = picture(random, 2)
        _write(folder, "exotic.zip", pack({f"{number % 1_500}/{number}.png": data for number in range(40_000)}, zipfile.ZIP_STORED))
    else:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for _ in range(20):
                archive.writestr(zipfile.ZipInfo("cat/same.png"), picture(random))
        _write(folder, "exotic.zip", file.getvalue())


def _zeros(size: int) -> tuple[bytes, int]:
    packer = zlib.compressobj(9, wbits=-15)
    data = bytes(size)
    return packer.compress(data) + packer.flush(), zlib.crc32(data)


def _write(folder: Path, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)
