"""Files that are there whole or not at all, and of which several programs make only one."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import StorageError
from core.files import held_alone, remove_left_overs, replacing, write_atomically

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys
from pathlib import Path
from core.files import held_alone
with held_alone(Path(sys.argv[1])) as is_alone:
    print(is_alone, flush=True)
    sys.stdin.read()
"""


WRITER = """
import sys
from pathlib import Path
from core.files import replacing
with replacing(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    print("writing", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_program_had_half_written_is_removed_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    weights = tmp_path / "runs" / "a1" / "weights"
    weights.mkdir(parents=True)
    others = [weights / ".mine.tmp", weights / "epoch-0001.npz", tmp_path / ".notes.1-2-3.tmp"]
    for other in others:
        other.write_bytes(b"kept")
    command = [sys.executable, "-c", WRITER, str(weights / "final.npz")]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None and writer.stdout.readline().strip() == b"writing"
        half = set(weights.iterdir()) - set(others)
        assert len(half) == 1
        remove_left_overs(tmp_path)
        assert half < set(weights.iterdir())
        writer.kill()
        writer.wait()
        remove_left_overs(tmp_path)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == set(others)


def test_a_file_that_another_has_made_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    with pytest.raises(FileExistsError), replacing(path, if_new=True) as file:
        file.write(b"late")
        path.write_bytes(b"early")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("set.npz", b"early")]


def test_a_new_file_is_made_also_where_there_are_no_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    path = tmp_path / "set.npz"
    with replacing(path, if_new=True) as file:
        file.write(b"new")
    with pytest.raises(FileExistsError), replacing(path, if_new=True) as file:
        file.write(b"newer")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("set.npz", b"new")]


def test_only_one_holds_a_file_and_it_is_gone_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with held_alone(path) as first, held_alone(path) as second:
        assert (first, second) == (True, False)
    with held_alone(path) as again:
        assert again
    assert list(tmp_path.iterdir()) == []


def test_another_program_holds_it_until_it_dies(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], cwd=ROOT, text=True, **pipes) as holder:
        assert holder.stdout.readline() == "True\n"
        with held_alone(path) as is_alone:
            assert not is_alone
        holder.kill()
    with held_alone(path) as is_alone:
        assert is_alone


def test_a_full_disk_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("core.files.os.fsync", refuse)
    with pytest.raises(StorageError, match="the disk is full"):
        write_atomically(tmp_path / "file", b"x")
    assert list(tmp_path.iterdir()) == []
