"""Tables: endless numbers, millions of bad lines, quotes without an end, no text at all."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

from tests.hostile.archives import Random, damaged

_CELLS = (
    "",
    " ",
    "x",
    "nan",
    "inf",
    "1e999",
    "-1",
    "1e-400",
    "٣",
    "0x10",
    "1_000",
    "1,5",
    '"',
    '""',
    "\0",
    "\ufeff",
    "NULL",
    "1 2",
    "+",
    ".",
    "1e",
)


def _rows(random: Random, count: int = 60, side: int = 4, separator: str = ",") -> list[str]:
    pixels = random.integers(0, 256, (count, side * side))
    return [separator.join([str(number % 4), *map(str, row)]) for number, row in enumerate(pixels.tolist())]


def _write(random: Random, folder: Path, data: bytes) -> None:
    name = str(random.choice(["table.csv", "table.data", "train.txt", "a.tsv"]))
    if random.random() < 0.2:
        name, data = f"{name}.gz", gzip.compress(data, 1, mtime=0)
    (folder / name).write_bytes(data)


def long_numbers(random: Random, folder: Path) -> None:
    """Cells of 20,000 to 780,000 digits, as pixel or as label, one or many, with points, signs and powers."""
    digits = str(random.choice(["1", "9", "0", "7."])) * int(random.choice([50, 20_000, 200_000, 380_000]))
    tail = str(random.choice(["", "x", "e5", "e-999999", ".5", "-"]))
    rows = _rows(random)
    for row in random.choice(len(rows), int(random.choice([1, 4, 30])), replace=False).tolist():
        cells = rows[row].split(",")
        cells[int(random.choice([0, 3, len(cells) - 1]))] = str(random.choice(["", "-", " "])) + digits + tail
        rows[row] = ",".join(cells)
    _write(random, folder, "\n".join(rows).encode())


def bad_cells(random: Random, folder: Path) -> None:
    rows = [row.split(",") for row in _rows(random)]
    share = float(random.choice([0.001, 0.05, 0.9]))
    for row in rows:
        for place in np.flatnonzero(random.random(len(row)) < share).tolist():
            row[place] = str(random.choice(_CELLS))
    separator = str(random.choice([",", ";", "\t", " ", "|"]))
    end = str(random.choice(["\n", "\r\n", "\r", "\n\n", "\u2028"]))
    _write(random, folder, end.join(separator.join(row) for row in rows).encode())


def many_bad_lines(random: Random, folder: Path) -> None:
    """Two million of them, or three hundred million characters."""
    line = str(random.choice(["1,x", "x", "1,2,3", ",", "1," * 300 + "x", '"', "a;b"])) + "\n"
    size = int(random.choice([2_000_000 * len(line), 300_000_000], p=[0.8, 0.2]))
    header = "\n".join(_rows(random, int(random.choice([1, 60])))) + "\n"
    with (folder / "lines.csv").open("w") as file:
        file.write(header)
        block = line * (1_000_000 // len(line))
        for _ in range(min(size, 300_000_000) // len(block)):
            file.write(block)


def mixed_lines(random: Random, folder: Path) -> None:
    """Good lines, and bad ones by the dozen among them."""
    rows, bad = _rows(random, 20_000), ["1,x", ",,,", "1" * 5_000, '"' + "1," * 40, ",".join(["256"] * 17), ",".join(["-1"] * 17)]
    share = float(random.choice([0.02, 0.3, 0.95]))
    for place in np.flatnonzero(random.random(len(rows)) < share).tolist():
        rows[place] = bad[int(random.integers(len(bad)))]
    _write(random, folder, "\n".join(rows).encode())


def shapes(random: Random, folder: Path) -> None:
    """Headers without lines, a million columns, one line without an end, blank lines, columns that never agree."""
    made = [
        lambda: ",".join(f"pixel{number}" for number in range(int(random.choice([3, 100_000])))),
        lambda: ",".join(["1"] * int(random.choice([390_000, 3_000_000]))),
        lambda: "\n" * int(random.choice([10, 20_000_000])),
        lambda: "\n".join(",".join(["1"] * int(width)) for width in random.integers(1, 60, 500)),
        lambda: "\n".join(_rows(random, 30)) + "\n" + "9" * 20_000_000,
        lambda: "\n".join(f"{number},{number}" for number in range(300_000)),
        lambda: "\n".join(["label", *("\t" * 50 for _ in range(100))]),
        lambda: "\n".join('"' * int(count) for count in random.integers(1, 90, 300)),
        lambda: "emotion,pixels,Usage\n" + "\n".join(f"{number % 3},{'1 ' * int(random.integers(1, 80))},Train" for number in range(200)),
        lambda: "@relation x\n" + "@attribute a numeric\n" * int(random.choice([5, 90_000])) + str(random.choice(["", "@data\n{0 1}\n"])),
        lambda: "#" * int(random.choice([10, 2_000_000])) + "\n" + "\n".join(_rows(random, 30)),
    ]
    _write(random, folder, made[int(random.integers(len(made)))]().encode())


def no_text(random: Random, folder: Path) -> None:
    """Bytes of other encodings, marks that lie, zeros, half of a character."""
    text = "\n".join(_rows(random))
    made = [
        lambda: b"\xff\xfe" + text.encode(),
        lambda: text.encode("utf-16") + b"\0",
        lambda: b"\xef\xbb\xbf" * 5 + text.encode(),
        lambda: text.replace("3", "\xe9").encode("latin-1"),
        lambda: text.replace(",", "\0").encode(),
        lambda: text.encode("utf-32"),
        lambda: random.bytes(20_000),
        lambda: text.encode().replace(b"2", b"\xed\xa0\x80"),
        lambda: gzip.compress(text.encode(), mtime=0)[:-6],
        lambda: gzip.compress((text + "\n").encode() * 100, 1, mtime=0) * 2,
        lambda: damaged(random, text.encode()),
    ]
    _write(random, folder, made[int(random.integers(len(made)))]())


def labels(random: Random, folder: Path) -> None:
    """Names that no class may have, and far too many of them."""
    rows = _rows(random, 400)
    words = ["", "x" * 200, "\x1b[0m", "<b>", "../..", "\u202e", "1" * 30, "a\tb", "None", str(2**70), "=cmd()"]
    many = bool(random.random() < 0.5)
    for place, row in enumerate(rows):
        word = f"name{place}" if many else str(random.choice(words))
        rows[place] = ",".join([word, *row.split(",")[1:]])
    _write(random, folder, "\n".join(["label," + ",".join(f"p{number}" for number in range(16)), *rows] * (3 if many else 1)).encode())
