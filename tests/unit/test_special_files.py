"""A pipe, a socket or a device among files is told as such, and never waited for."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from core.datasets.catalog import Catalog, DatasetState
from core.datasets.importing.detect import open_source
from core.datasets.importing.source import SourceFile
from core.datasets.streams import ByteStream
from core.drawing.picture import open_picture
from core.errors import DatasetError, DrawingError, StorageError
from core.settings import load_settings
from core.shipped.making import measure_again

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")

ROOT = Path(__file__).parents[2]


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "scans" / "fifo.png"
    path.parent.mkdir()
    os.mkfifo(path)
    return path


def run(home: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command, ended where it waits: what hangs here would otherwise hang the tests."""
    command = [sys.executable, "-m", "core", *map(str, arguments)]
    environment = os.environ | {"INKLING_HOME": str(home)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


def draw_seven(path: Path) -> None:
    picture = Image.new("L", (280, 280), 255)
    ImageDraw.Draw(picture).line([(75, 60), (205, 60), (160, 140), (125, 225)], fill=0, width=20, joint="curve")
    picture.save(path)


@pytest.mark.slow
@pytest.mark.parametrize("named", ["scans", "scans/*", "scans/*.png"])
def test_classify_tells_of_a_pipe_in_a_folder_or_a_pattern_and_reads_the_rest(tmp_path: Path, pipe: Path, named: str) -> None:
    draw_seven(pipe.parent / "seven.png")
    finished = run(tmp_path / "home", "classify", tmp_path / named)
    assert finished.returncode == 2
    assert "seven.png: 7 (" in finished.stdout
    assert finished.stderr.splitlines() == [
        f"inkling: {pipe}: The picture can't be read: it is a named pipe, and only files are read."
        " Expected a picture, PNG, JPEG, GIF, BMP, WebP, TIFF or PGM."
    ]


@pytest.mark.parametrize("path", ["fifo", pytest.param("/dev/zero", marks=pytest.mark.slow)])
def test_classify_and_import_open_no_pipe_and_no_device_that_is_named(tmp_path: Path, pipe: Path, path: str) -> None:
    named = pipe if path == "fifo" else Path(path)
    for command in (["classify", named], ["import", named, "--name", "z", "--preview"], ["import", named, "--name", "z"]):
        finished = run(tmp_path / "home", *command)
        assert (finished.returncode, finished.stdout) == (2, "")
        assert f"it is a {'named pipe' if path == 'fifo' else 'device'}, and only files are read" in finished.stderr


def test_import_leaves_a_pipe_out_of_a_folder_and_says_so(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(4):
            Image.effect_noise((8, 8), 50 + number).save(tmp_path / "pets" / name / f"{number}.png")
    os.mkfifo(tmp_path / "pets" / "cat" / "fifo.png")
    os.mkfifo(tmp_path / "pets" / "labels.csv")
    finished = run(tmp_path / "home", "import", tmp_path / "pets", "--name", "pets", "--preview")
    assert finished.returncode == 0, finished.stderr
    assert "8 pictures" in finished.stdout
    for name in ("pets/cat/fifo.png", "pets/labels.csv"):
        assert f"left out: {name} (1): {name} can't be read: it is a named pipe" in finished.stdout


def test_a_socket_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The name of a socket may not be long.
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s.png")
        with pytest.raises(DrawingError, match="it is a socket, and only files are read"):
            open_picture(Path("s.png"))
        with pytest.raises(DatasetError, match="it is a socket, and only files are read"):
            open_source([SourceFile(Path("s.png"), "s.png")])


def test_what_becomes_a_device_after_it_was_listed_is_not_read_either() -> None:
    with pytest.raises(DatasetError, match="it is a device"), ByteStream("zero", Path("/dev/zero")).open():
        pass


def test_a_set_or_a_network_that_is_a_pipe_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pets.npz")
    os.mkfifo(tmp_path / "card.json")
    settings = load_settings({"INKLING_HOME": str(tmp_path / "home"), "INKLING_DATASETS": str(tmp_path)})
    [entry] = [entry for entry in Catalog(settings).entries() if entry.name == "pets"]
    assert entry.state == DatasetState.UNUSABLE
    assert entry.reason is not None and "is not a file" in entry.reason
    with pytest.raises(StorageError, match="it is a named pipe"):
        measure_again(settings, lambda sha256: None, tmp_path)
