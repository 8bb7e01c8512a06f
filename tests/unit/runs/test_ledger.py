"""Opened test sets and votes on labels, whoever uses the file at the same time."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.datasets.image_set import Split
from core.errors import StorageError
from core.runs.ledger import Ledger, Verdict

ROOT = Path(__file__).parents[3]


@pytest.fixture
def ledger(tmp_path: Path):
    ledger = Ledger(tmp_path / "home")
    yield ledger
    ledger.close()


def test_nothing_is_touched_before_it_is_used(tmp_path: Path) -> None:
    Ledger(tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_a_set_is_opened_for_each_run_once(ledger: Ledger) -> None:
    assert not ledger.is_open("set", "one") and ledger.count_openings("set") == 0
    for run_id in ("one", "two", "one"):
        ledger.open_test("set", run_id)
    assert ledger.is_open("set", "one") and not ledger.is_open("set", "three")
    assert ledger.count_openings("set") == 2


def test_openings_belong_to_the_content_of_a_set(ledger: Ledger) -> None:
    ledger.open_test("set", "one")
    assert not ledger.is_open("changed set", "one") and ledger.count_openings("changed set") == 0


def test_what_was_noted_is_there_after_a_restart(ledger: Ledger, tmp_path: Path) -> None:
    ledger.open_test("set", "one")
    ledger.vote("set", Split.TEST, 7, Verdict.AMBIGUOUS, "one")
    ledger.close()
    ledger.close()
    again = Ledger(tmp_path / "home")
    assert again.is_open("set", "one") and len(again.votes("set")) == 1
    again.close()
    # A closed one opens its file again.
    assert ledger.count_openings("set") == 1


def test_a_later_verdict_replaces_an_earlier_one_and_none_takes_it_back(ledger: Ledger) -> None:
    ledger.vote("set", Split.TEST, 7, Verdict.LABEL_WRONG, "one")
    ledger.vote("set", Split.TEST, 7, Verdict.NETWORK_WRONG, "two")
    [vote] = ledger.votes("set")
    assert (vote.verdict, vote.run_id, vote.position) == (Verdict.NETWORK_WRONG, "two", 7)
    ledger.vote("set", Split.TEST, 7, None, "two")
    assert ledger.votes("set") == ()


def test_votes_come_in_the_order_of_the_file_the_test_half_first(ledger: Ledger) -> None:
    for split, position in ((Split.TRAINING, 3), (Split.TEST, 12), (Split.TEST, 5)):
        ledger.vote("set", split, position, Verdict.AMBIGUOUS, "one")
    ledger.vote("other", Split.TEST, 1, Verdict.AMBIGUOUS, "one")
    assert [(vote.split, vote.position) for vote in ledger.votes("set")] == [(Split.TEST, 5), (Split.TEST, 12), (Split.TRAINING, 3)]


def test_threads_may_share_one(ledger: Ledger) -> None:
    def use(number: int) -> None:
        ledger.open_test("set", f"run {number % 4}")
        ledger.vote("set", Split.TEST, number, Verdict.AMBIGUOUS, "one")

    threads = [threading.Thread(target=use, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.count_openings("set") == 4 and len(ledger.votes("set")) == 16


def test_processes_may_share_the_file(ledger: Ledger, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from core.runs.ledger import Ledger\n"
        "ledger = Ledger(Path(sys.argv[1]))\n"
        "for number in range(20): ledger.open_test('set', f'{sys.argv[2]} {number}')\n"
    )
    home = str(tmp_path / "home")
    others = [subprocess.Popen([sys.executable, "-c", code, home, name], cwd=ROOT) for name in ("first", "second")]
    for number in range(20):
        ledger.open_test("set", f"own {number}")
    assert [other.wait(timeout=120) for other in others] == [0, 0]
    assert ledger.count_openings("set") == 60


def test_a_file_that_is_no_ledger_is_told_with_its_name(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "ledger.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(StorageError, match=r"ledger\.sqlite"):
        ledger.count_openings("set")


def test_a_home_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    with pytest.raises(StorageError):
        Ledger(tmp_path / "home").open_test("set", "one")


def test_a_vote_that_fails_leaves_the_earlier_one(ledger: Ledger, tmp_path: Path) -> None:
    ledger.vote("set", Split.TEST, 7, Verdict.LABEL_WRONG, "one")
    with sqlite3.connect(tmp_path / "home" / "ledger.sqlite") as other:
        other.execute("CREATE TRIGGER refuse BEFORE INSERT ON votes BEGIN SELECT RAISE(ABORT, 'no room'); END")
    other.close()
    with pytest.raises(StorageError):
        ledger.vote("set", Split.TEST, 7, Verdict.AMBIGUOUS, "two")
    assert [vote.verdict for vote in ledger.votes("set")] == [Verdict.LABEL_WRONG]
