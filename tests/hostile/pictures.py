"""Pictures of every format: damaged, far too large, with millions of frames, with headers that lie."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from tests.hostile.archives import Random, damaged, pack, sound

_FORMS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
_MODES = {"PNG": ("L", "RGB", "RGBA", "P", "1", "LA", "I;16"), "JPEG": ("L", "RGB", "CMYK"), "TIFF": ("L", "RGB", "F", "I;16", "CMYK")}


def small(random: Random, form: str | None = None) -> bytes:
    form = form or str(random.choice(_FORMS))
    mode = str(random.choice(_MODES.get(form, ("L", "RGB"))))
    noise = Image.fromarray(random.integers(0, 256, (24, 30, 3), dtype=np.uint8))
    picture = Image.fromarray(random.integers(0, 60_000, (24, 30)).astype(np.uint16)) if mode == "I;16" else noise.convert(mode)
    file = io.BytesIO()
    picture.save(file, form)
    return file.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, body: bytes, *more: bytes, depth: int = 8, colour: int = 0) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(more) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def broken(random: Random, folder: Path) -> None:
    """Every format, damaged."""
    data = small(random)
    _place(random, folder, [damaged(random, data if random.random() < 0.7 else small(random)) for _ in range(4)])


def enormous(random: Random, folder: Path) -> None:
    """Twenty pictures of 49 megapixels, one line of millions, or sizes that only the header has."""
    width, height = [(7_000, 7_000), (1, 49_000_000), (49_000_000, 1), (30_000, 1_600), (4_900, 5_100)][int(random.integers(5))]
    colour, channels = [(0, 1), (2, 3), (6, 4)][int(random.integers(3))]
    count = int(random.choice([1, 20]))
    packer = zlib.compressobj(1)
    row = bytes(1 + width * channels)
    body = b"".join(packer.compress(row * max(1, 10_000 // len(row))) for _ in range(height // max(1, 10_000 // len(row)))) + packer.flush()
    _place(random, folder, [png(width, height, body, colour=colour)] * count, "png")


def lying_sizes(random: Random, folder: Path) -> None:
    width, height = (int(random.choice([0, 1, 65_535, 2**31 - 1, 2**32 - 1])) for _ in range(2))
    gif_frame = b"," + struct.pack("<HHHHB", 0, 0, 65_535, 65_535, 0) + b"\x02\x02L\x01\0;"
    bmp_header = (54, 0, 0, 54, 40, 50_000, -(2**31), 1, int(random.choice([1, 8, 24, 99])), 3, 0, 0, 0, 0, 0)
    made = [
        png(width, height, zlib.compress(b"\0" * 100), depth=int(random.choice([1, 8, 16, 7]))),
        b"GIF89a" + struct.pack("<HHBBB", width & 0xFFFF, height & 0xFFFF, 0, 0, 0) + gif_frame,
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", *bmp_header) + bytes(200),
        b"P5 " + str(random.choice(["9", "1" + "0" * 9, "1" + "0" * 30])).encode() + b" 99999 255\n" + bytes(100),
        b"RIFF" + struct.pack("<I", 2**31) + b"WEBPVP8X" + struct.pack("<I", 10) + b"\xff" * 10,
        struct.pack("<2sHI", b"II", 42, 8) + struct.pack("<H", 3) + struct.pack("<HHII", 256, 4, 1, 2**31) * 3 + struct.pack("<I", 8),
    ]
    _place(random, folder, [made[int(random.integers(len(made)))]])


def animated(random: Random, folder: Path) -> None:
    """GIFs of up to two million frames, and moving WebPs and PNGs."""
    frames = int(random.choice([3, 50_000, 1_200_000, 2_000_000]))
    frame = b"!\xf9\x04\0\0\0\0\0," + struct.pack("<HHHHB", 0, 0, 2, 2, 0) + b"\x02\x02L\x01\0"
    gif = b"GIF89a" + struct.pack("<HHBBB", 2, 2, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + frame * frames + b";"
    control = chunk(b"acTL", struct.pack(">II", int(random.choice([0, 2, 2**31 - 1, 2**32 - 1])), 0))
    still = png(4, 4, zlib.compress(bytes(20)), control, *[chunk(b"fcTL", bytes(26))] * min(frames, 50_000))
    _place(random, folder, [gif if random.random() < 0.7 else still])


def extras(random: Random, folder: Path) -> None:
    """Notes, profiles and camera marks that unpack to megabytes or point at themselves, and scans without an end."""
    packed = zlib.compress(bytes(50_000_000), 1)
    exif = b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">H", 2) + struct.pack(">HHII", 0x0112, 3, 2**31, 8) * 2 + struct.pack(">I", 8)
    jpeg = small(random, "JPEG")
    many = io.BytesIO()
    blank, noise = Image.new("L", (7_000, 7_000)), Image.fromarray(random.integers(0, 256, (1_500, 1_500), dtype=np.uint8))
    (blank if random.random() < 0.5 else noise).save(many, "JPEG", progressive=True)
    progressive = many.getvalue()
    scan = progressive[progressive.rfind(b"\xff\xda") : -2]
    made = [
        png(4, 4, zlib.compress(bytes(20)), chunk(b"zTXt", b"a\0\0" + packed)),
        png(4, 4, zlib.compress(bytes(20)), chunk(b"iCCP", b"a\0\0" + packed)),
        png(4, 4, zlib.compress(bytes(20)), *[chunk(b"tEXt", b"a\0" + b"x" * 100)] * 50_000),
        png(4, 4, zlib.compress(bytes(20)), chunk(b"tRNS", b"\0" * 300), chunk(b"PLTE", b"\0" * 999)),
        png(4, 4, zlib.compress(bytes(20)), chunk(b"eXIf", exif)),
        png(4, 4, packed),
        jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:],
        jpeg[:2] + (b"\xff\xfe" + struct.pack(">H", 65_535) + bytes(65_533)) * 300 + jpeg[2:],
        progressive[:-2] + scan * min(2_000, 30_000_000 // len(scan)) + b"\xff\xd9",
    ]
    _place(random, folder, [made[int(random.integers(len(made)))]])


def disguised(random: Random, folder: Path) -> None:
    """What is called a picture and is none."""
    made = [
        b"",
        b"\0",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        b"\x89HDF\r\n",
        random.bytes(5_000),
        b"PK\x03\x04" * 50,
        b"#!/bin/sh\n",
    ]
    _place(random, folder, [made[int(random.integers(len(made)))] for _ in range(3)])


def _place(random: Random, folder: Path, data: list[bytes], suffix: str | None = None) -> None:
    """The pictures in class folders of a ZIP, beside sound ones or alone, or one of them by itself."""
    suffix = suffix or str(random.choice(["png", "jpg", "gif", "bmp", "webp", "tif", "pgm"]))
    if random.random() < 0.3:
        (folder / f"picture.{suffix}").write_bytes(data[0])
    else:
        beside = sound(random) if random.random() < 0.6 else {}
        named = {f"{'cat' if number % 2 else 'dog'}/h{number}.{suffix}": part for number, part in enumerate(data)}
        (folder / "pictures.zip").write_bytes(pack(beside | named))
