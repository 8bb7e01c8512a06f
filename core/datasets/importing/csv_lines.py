"""The lines of a text file, whatever its encoding, without ever holding more of it than a block of them."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Generator
from dataclasses import dataclass

from core.datasets.streams import ByteStream
from core.errors import DatasetError
from core.settings import MAX_SET_BYTES, MAX_SIDE

MAX_LINE = MAX_SIDE * MAX_SIDE * 3 * 4 + 1_000
"""Characters in a line: three digits and a comma for each number of the largest colour image, and its label."""

FALLBACK = "latin-1"
"""The encoding of text that says nothing of itself and is not UTF-8. It can read anything, though not always rightly."""

_MAX_TEXT = 4 * MAX_SET_BYTES
_BLOCK = 1 << 21
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True)
class Block:
    """Some lines of a file without their ends, and the number of each, from 1. Blank lines are left out."""

    numbers: list[int]
    lines: list[str]


def marked_encoding(start: bytes) -> str | None:
    """The encoding that the byte-order mark at the start of a file tells; None without one."""
    return next((encoding for mark, encoding in _MARKS.items() if start.startswith(mark)), None)


def find_encoding(stream: ByteStream, on_block: Callable[[], None] = lambda: None) -> str:
    """What to read the text as: by its byte-order mark, otherwise UTF-8 if all of it is, otherwise `FALLBACK`.

    `on_block` is called every now and then. Raises `DatasetError` if the file can't be read, or is not what its mark says.
    """
    with stream.open() as file:
        start = file.read(4)
        encoding = marked_encoding(start) or "utf-8"
        decoder = codecs.getincrementaldecoder(encoding)()
        total, data = 0, start
        try:
            while data:
                total += len(decoder.decode(data))
                _check_total(total, stream.name)
                on_block()
                data = file.read(_BLOCK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            if encoding != "utf-8":
                raise DatasetError(f"{stream.name} is damaged: it is not the {encoding} text that its first bytes promise.") from error
            return FALLBACK
    return encoding


def read_blocks(stream: ByteStream, encoding: str) -> Generator[Block, None, None]:
    """Read lines, some two million characters at a time. Line ends may be those of any system.

    `encoding` is what `find_encoding` found. Raises `DatasetError`, naming the file, if a line or the file is too long.
    """
    with stream.open() as file, io.TextIOWrapper(file, encoding=encoding) as text:
        block, size, total, number = Block([], []), 0, 0, 0
        while line := text.readline(MAX_LINE + 1):
            number, size, total = number + 1, size + len(line), total + len(line)
            _check_length(line, number, total, stream.name)
            if not line.isspace():
                block.numbers.append(number)
                block.lines.append(line.rstrip("\n"))
            if size >= _BLOCK:
                yield block
                block, size = Block([], []), 0
        yield block


def _check_length(line: str, number: int, total: int, name: str) -> None:
    if len(line) > MAX_LINE:
        raise DatasetError(
            f"{name}: line {number:,} is longer than {MAX_LINE:,} characters; expected a label and the pixels of one picture of at most"
            f" {MAX_SIDE} x {MAX_SIDE} pixels in each line."
        )
    _check_total(total, name)


def _check_total(total: int, name: str) -> None:
    if total > _MAX_TEXT:
        raise DatasetError(f"{name} is longer than {_MAX_TEXT:,} characters. Keep a part of its lines.")
