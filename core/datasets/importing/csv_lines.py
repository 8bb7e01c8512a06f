"""The lines of a text file, whatever its encoding, without ever holding more of it than a block of them."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import IO

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

_SAMPLED_OF_A_BLOCK = 40
_SAMPLED, _SAMPLED_CHARACTERS = 300, 1 << 21
_FEWEST = 12
"""Lines that are looked at to find out what the columns hold, and their characters: a second of work at most."""


@dataclass(frozen=True)
class Block:
    """Some lines of a file without their ends, and the number of each, from 1. Blank lines are left out."""

    numbers: list[int]
    lines: list[str]


@dataclass(frozen=True)
class Glance:
    """What a file looks like.

    Attributes:
        encoding: what to read the text as: by its byte-order mark, otherwise UTF-8 if all of it is, otherwise `FALLBACK`.
        count: lines that are not blank, about.
        lines: the first line and others from all over the file, for it may be sorted.
        names: of the columns, where an ARFF file gives them.
        skipped: lines before the table that are no part of it: comments, or what an ARFF file says of its columns.
    """

    encoding: str
    count: int = 0
    lines: list[str] = field(default_factory=list)
    names: tuple[str, ...] = ()
    skipped: int = 0


def marked_encoding(start: bytes) -> str | None:
    """The encoding that the byte-order mark at the start of a file tells; None without one."""
    return next((encoding for mark, encoding in _MARKS.items() if start.startswith(mark)), None)


def glance(stream: ByteStream, on_block: Callable[[], None] = lambda: None, *, is_brief: bool = False) -> Glance:
    """Look at all of the text or, if `is_brief`, at its beginning, without making anything of it.

    `on_block` is called every now and then. Raises `DatasetError` if the file can't be read, or is not what its mark says.
    """
    with stream.open() as file:
        start = file.read(4)
        encoding = marked_encoding(start) or "utf-8"
        try:
            return _look(file, start, encoding, stream.name, on_block, is_brief)
        except UnicodeDecodeError as error:
            if encoding != "utf-8":
                raise DatasetError(f"{stream.name} is damaged: it is not the {encoding} text that its first bytes promise.") from error
    with stream.open() as file:
        return _look(file, b"", FALLBACK, stream.name, on_block, is_brief)


def read_blocks(stream: ByteStream, encoding: str) -> Generator[Block, None, None]:
    """Read lines, some two million characters at a time. Line ends may be those of any system.

    `encoding` is what `glance` found. Raises `DatasetError`, naming the file, if a line or the file is too long.
    """
    with stream.open() as file, io.TextIOWrapper(file, encoding=encoding) as text:
        block, size, total, number = Block([], []), 0, 0, 0
        while line := text.readline(MAX_LINE + 1):
            number, size, total = number + 1, size + len(line), total + len(line)
            _check_length(len(line), number, total, stream.name)
            if not line.isspace():
                block.numbers.append(number)
                block.lines.append(line.rstrip("\n"))
            # Blank lines add up too: whoever waits for a block may want to stop.
            if size >= _BLOCK:
                yield block
                block, size = Block([], []), 0
        yield block


def _look(file: IO[bytes], start: bytes, encoding: str, name: str, on_block: Callable[[], None], is_brief: bool) -> Glance:
    decoder = codecs.getincrementaldecoder(encoding)()
    found, sample = Glance(encoding), list[str]()
    total = unended = 0
    data = start + file.read(_BLOCK)
    while data:
        text = decoder.decode(data).replace("\r\n", "\n").replace("\r", "\n")
        data = file.read(_BLOCK)
        total += len(text)
        unended = len(text) - text.rfind("\n") - 1 + (0 if "\n" in text else unended)
        if not found.lines:
            found = _read_head(text, encoding)
            unended = max(unended, *map(len, found.lines), 0)
            sample = list(found.lines)
        _check_length(unended, found.count + 1, total, name)
        if not data and total == len(text):
            # All of a small file is here: no line need be left to chance.
            lines = [line for line in text.split("\n") if line and not line.isspace() and len(line) <= MAX_LINE][found.skipped :]
            sample = [*lines[:1], *lines[1 :: max(1, len(lines) // _SAMPLED)]]
        elif found.lines:
            sample += _sample(text)
        found = replace(found, count=found.count + text.count("\n") + (not data and unended > 0))
        while len(sample) > _FEWEST and (len(sample) > 2 * _SAMPLED or sum(map(len, sample)) > _SAMPLED_CHARACTERS):
            sample = [sample[0], *sample[1::2]]
        on_block()
        if is_brief and found.lines:
            break
    else:
        decoder.decode(b"", final=True)
    return replace(found, lines=[line for line in sample if not line.startswith("%")])


def _read_head(text: str, encoding: str) -> Glance:
    """What stands before the first line of the table, and that line. ARFF: https://waikato.github.io/weka-wiki/formats_and_processing/arff/."""
    lines = [line for line in text.split("\n", 200_000)[:200_000] if line and not line.isspace()]
    words = [line.split(None, 1)[0].lower() for line in lines[:1]]
    if words and (words[0].startswith("%") or words[0] == "@relation"):
        names = []
        for place, line in enumerate(lines):
            if line.lower().startswith("@attribute"):
                names.append(_attribute_name(line))
            if line.strip().lower() == "@data":
                return Glance(encoding, 0, [line for line in lines[place + 1 :] if not line.startswith("%")][:1], tuple(names), place + 1)
    skipped = next((place for place, line in enumerate(lines) if not line.startswith("#")), 0)
    return Glance(encoding, 0, lines[skipped : skipped + 1], (), skipped)


def _attribute_name(line: str) -> str:
    rest = line[len("@attribute") :].strip()
    if rest[:1] in ("'", '"'):
        return rest[1:].partition(rest[0])[0]
    return rest.split(None, 1)[0] if rest else ""


def _sample(text: str) -> list[str]:
    """Some whole lines from all over a block."""
    starts = {text.find("\n", place * len(text) // _SAMPLED_OF_A_BLOCK) + 1 for place in range(_SAMPLED_OF_A_BLOCK)} - {0}
    lines = (text[start : text.find("\n", start)] for start in sorted(starts) if text.find("\n", start) > start)
    return [line for line in lines if not line.isspace() and len(line) <= MAX_LINE]


def _check_length(length: int, number: int, total: int, name: str) -> None:
    if length > MAX_LINE:
        raise DatasetError(
            f"{name}: line {number:,} is longer than {MAX_LINE:,} characters; expected a label and the pixels of one picture of at most"
            f" {MAX_SIDE} x {MAX_SIDE} pixels in each line."
        )
    if total > _MAX_TEXT:
        raise DatasetError(f"{name} is longer than {_MAX_TEXT:,} characters. Keep a part of its lines.")
