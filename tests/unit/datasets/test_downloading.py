from __future__ import annotations

import hashlib
import resource
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from core.datasets.catalog import Catalog, DatasetState
from core.datasets.downloading import Downloader, DownloadProgress, DownloadState
from core.datasets.image_set import ImageSet
from core.datasets.npz_files import load_npz, save_npz
from core.datasets.sources import RemoteFile, Source
from core.errors import Cancelled, DatasetError, DownloadError, StorageError
from core.settings import Settings


@pytest.fixture
def content(tmp_path: Path, make_set) -> bytes:
    """A set as a publisher would offer it: some 30 kB that hardly shrink."""
    save_npz(tmp_path / "published.npz", make_set(training=60, test=20, classes=10, shape=(20, 20)))
    return (tmp_path / "published.npz").read_bytes()


def remote(url: str, data: bytes, **changed: object) -> RemoteFile:
    return RemoteFile(**{"url": url, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), **changed})


def convert(paths: Mapping[str, Path]) -> ImageSet:
    (path,) = paths.values()
    return load_npz(path, name="mnist")


@pytest.fixture
def make_downloader(settings: Settings, server, content: bytes) -> Callable[..., Downloader]:
    """A downloader of one set, `mnist`, from one address; keywords change what is expected of the file."""

    def make(
        url: str = f"{server.url}small.bin",
        patience: float = 5.0,
        convert: Callable[[Mapping[str, Path]], ImageSet] = convert,
        **changed: object,
    ) -> Downloader:
        return Downloader(settings, {"mnist": Source((remote(url, content, **changed),), convert)}, patience=patience)

    return make


@pytest.fixture
def served(server, content: bytes):
    """What the server has at the address of the set; to be made worse by a test."""
    return server.offer("small.bin", content)


def wait_for(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "this did not happen in time"
        time.sleep(0.01)


def left_behind(settings: Settings) -> set[str]:
    return {path.name for path in settings.downloads.iterdir()} if settings.downloads.exists() else set()


def test_a_download_ends_as_a_set_of_the_catalogue_and_leaves_nothing_else(settings: Settings, served, make_downloader, make_set) -> None:
    steps: list[DownloadProgress] = []
    path = make_downloader().download("mnist", steps.append)
    assert path == settings.downloads / "mnist.npz"
    assert left_behind(settings) == {"mnist.npz"}
    assert Catalog(settings).entries()[1].state == DatasetState.READY
    assert Catalog(settings).load("mnist").sha256 == make_set(training=60, test=20, classes=10, shape=(20, 20)).sha256
    sizes = [step.bytes for step in steps]
    assert sizes == sorted(sizes) and sizes[-1] == steps[-1].total == len(served.data)
    assert steps[-1].state == DownloadState.FINISHED and str(path) in steps[-1].message


def test_a_slow_download_shows_its_progress_and_can_be_called_off(settings: Settings, served, make_downloader) -> None:
    served.seconds_per_chunk = 0.05
    downloader = make_downloader()
    assert downloader.progress("mnist").state == DownloadState.IDLE
    downloader.start("mnist")
    downloader.start("mnist")
    wait_for(lambda: downloader.progress("mnist").bytes > 3_000)
    progress = downloader.progress("mnist")
    assert (progress.state, progress.file, progress.total) == (DownloadState.RUNNING, "small.bin", len(served.data))
    assert 1_000 < progress.bytes_per_second < 100_000
    downloader.cancel("mnist")
    downloader.cancel("mnist")
    wait_for(lambda: downloader.progress("mnist").state == DownloadState.CANCELLED, seconds=1.0)
    assert left_behind(settings) == set()
    assert len(served.requests) == 1


@pytest.mark.parametrize("stall_after", [0, 5_000])
def test_a_stalled_download_is_called_off_at_once(settings: Settings, served, make_downloader, stall_after: int) -> None:
    served.stall_after = stall_after
    downloader = make_downloader(patience=30)
    downloader.start("mnist")
    wait_for(lambda: downloader.progress("mnist").bytes >= stall_after and bool(served.requests))
    downloader.cancel("mnist")
    wait_for(lambda: downloader.progress("mnist").state == DownloadState.CANCELLED, seconds=1.0)
    assert left_behind(settings) == set()


def test_a_stalled_server_is_given_up_after_a_while_and_what_came_is_kept(settings: Settings, served, make_downloader) -> None:
    served.stall_after = 5_000
    with pytest.raises(DownloadError, match=r"127.0.0.1:\d+ sent nothing for 0.5 seconds"):
        make_downloader(patience=0.5).download("mnist")
    assert (settings.downloads / "small.bin.part").stat().st_size == 5_000


def test_a_broken_download_goes_on_where_it_broke_even_in_another_program(settings: Settings, served, make_downloader) -> None:
    served.break_after = 10_000
    with pytest.raises(DownloadError, match=r"broke off after 10,000 of .* bytes. These are kept"):
        make_downloader().download("mnist")
    assert "mnist.npz" not in left_behind(settings)
    served.break_after = None
    steps: list[DownloadProgress] = []
    make_downloader().download("mnist", steps.append)
    assert served.requests[-1]["Range"] == "bytes=10000-"
    assert served.requests[-1]["If-Range"] == '"one"'
    assert min(step.bytes for step in steps if step.bytes) >= 10_000
    assert left_behind(settings) == {"mnist.npz"}


def test_a_download_whose_file_changed_meanwhile_starts_over(settings: Settings, served, make_downloader, content: bytes) -> None:
    served.data = bytes(len(content))
    served.break_after = 10_000
    with pytest.raises(DownloadError):
        make_downloader().download("mnist")
    served.data, served.etag, served.break_after = content, '"two"', None
    make_downloader().download("mnist")
    assert left_behind(settings) == {"mnist.npz"}


def test_a_server_without_ranges_sends_the_whole_file_again(settings: Settings, served, make_downloader) -> None:
    served.ranges, served.etag, served.break_after = False, None, 10_000
    with pytest.raises(DownloadError):
        make_downloader().download("mnist")
    served.break_after = None
    make_downloader().download("mnist")
    assert "Range" in served.requests[-1] and "If-Range" not in served.requests[-1]
    assert left_behind(settings) == {"mnist.npz"}


def test_a_server_that_can_not_continue_from_there_is_asked_for_all_of_it(
    settings: Settings, served, make_downloader, content: bytes
) -> None:
    settings.downloads.mkdir(parents=True)
    (settings.downloads / "small.bin.part").write_bytes(content[:-10])
    served.data = content[:-10]
    downloader = make_downloader()
    with pytest.raises(DownloadError, match=r"broke off"):
        downloader.download("mnist")
    assert [request.get("Range") for request in served.requests] == [f"bytes={len(content) - 10}-", None]
    served.data = content
    downloader.download("mnist")
    assert left_behind(settings) == {"mnist.npz"}


def test_a_partial_file_longer_than_the_whole_is_started_over(settings: Settings, served, make_downloader, content: bytes) -> None:
    settings.downloads.mkdir(parents=True)
    (settings.downloads / "small.bin.part").write_bytes(content + b"more")
    make_downloader().download("mnist")
    assert "Range" not in served.requests[0]


def test_a_partial_file_that_is_whole_is_not_fetched_again(settings: Settings, served, make_downloader, content: bytes) -> None:
    settings.downloads.mkdir(parents=True)
    (settings.downloads / "small.bin.part").write_bytes(content)
    make_downloader().download("mnist")
    assert served.requests == []
    assert left_behind(settings) == {"mnist.npz"}


def test_an_original_placed_by_hand_is_used_and_stays(settings: Settings, served, make_downloader, content: bytes) -> None:
    settings.downloads.mkdir(parents=True)
    (settings.downloads / "small.bin").write_bytes(content)
    make_downloader().download("mnist")
    assert served.requests == []
    assert left_behind(settings) == {"mnist.npz", "small.bin"}


def test_a_file_with_another_hash_is_removed(settings: Settings, served, make_downloader) -> None:
    with pytest.raises(DownloadError, match=r"its SHA-256 is not 000.*What came was removed"):
        make_downloader(sha256="0" * 64).download("mnist")
    assert left_behind(settings) == set()


def test_a_server_that_sends_too_much_is_cut_off(settings: Settings, served, make_downloader, content: bytes) -> None:
    served.data = content + bytes(10_000_000)
    with pytest.raises(DownloadError, match=r"is longer than the .* bytes expected"):
        make_downloader().download("mnist")
    assert left_behind(settings) == set()


def test_a_missing_file_is_told_with_every_way_to_go_on(settings: Settings, server, make_downloader) -> None:
    downloader = make_downloader()
    with pytest.raises(DownloadError) as caught:
        downloader.download("mnist")
    message = str(caught.value)
    assert message.startswith(f"MNIST could not be downloaded: the server answered 404 (Not Found) for {server.url}small.bin.")
    assert f"place mnist.npz with x_train, y_train, x_test, y_test in {settings.downloads}" in message
    assert "INKLING_DATASETS" in message and "The bundled digits keep working." in message
    assert (downloader.progress("mnist").state, downloader.progress("mnist").message) == (DownloadState.FAILED, message)


def test_a_redirect_is_followed(settings: Settings, server, served, make_downloader) -> None:
    server.offer("old.bin", redirect=f"{server.url}small.bin")
    make_downloader(f"{server.url}old.bin").download("mnist")
    assert left_behind(settings) == {"mnist.npz"}


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/small.bin", "file:///etc/passwd"])
def test_a_redirect_to_anything_but_the_web_is_refused(server, make_downloader, target: str) -> None:
    server.offer("small.bin", redirect=target)
    with pytest.raises(DownloadError, match=r"could not be downloaded: .*answered 302 .*is not allowed"):
        make_downloader().download("mnist")


def test_without_a_connection_the_network_is_named(make_downloader) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(DownloadError, match=rf"there is no connection to 127.0.0.1:{port} \(Connection refused\)"):
            make_downloader(f"http://127.0.0.1:{port}/small.bin").download("mnist")


def test_a_full_disk_is_told_and_nothing_half_written_stays(settings: Settings, served, make_downloader) -> None:
    downloader = make_downloader()
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, old[1]))
    try:
        with pytest.raises(StorageError, match=r"small.bin could not be written to"):
            downloader.download("mnist")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert left_behind(settings) == set()
    assert downloader.progress("mnist").state == DownloadState.FAILED


def test_a_home_that_is_a_file_is_told(settings: Settings, served, make_downloader) -> None:
    settings.home.write_text("in the way", encoding="utf-8")
    with pytest.raises(StorageError, match=r"could not be made"):
        make_downloader().download("mnist")


def test_a_damaged_file_of_before_is_replaced(settings: Settings, served, make_downloader) -> None:
    settings.downloads.mkdir(parents=True)
    (settings.downloads / "mnist.npz").write_bytes(b"half of it")
    make_downloader().download("mnist")
    assert Catalog(settings).entries()[1].state == DatasetState.READY


def test_should_stop_calls_a_waited_for_download_off(settings: Settings, served, make_downloader) -> None:
    served.stall_after = 5_000
    began = time.monotonic()
    with pytest.raises(Cancelled, match=r"The download of MNIST was called off"):
        make_downloader(patience=30).download("mnist", should_stop=lambda: time.monotonic() > began + 0.3)
    assert time.monotonic() - began < 1.5
    assert left_behind(settings) == set()


def test_the_same_set_is_not_downloaded_twice_at_once(served, make_downloader) -> None:
    served.stall_after = 5_000
    downloader = make_downloader()
    downloader.start("mnist")
    with pytest.raises(DownloadError, match=r"mnist is being downloaded already"):
        downloader.download("mnist")
    downloader.cancel("mnist")
    wait_for(lambda: downloader.progress("mnist").state == DownloadState.CANCELLED)


def test_a_download_begun_right_after_a_cancel_is_not_called_off_with_it(settings: Settings, served, make_downloader) -> None:
    served.stall_after = 5_000
    downloader = make_downloader(patience=30)
    downloader.start("mnist")
    wait_for(lambda: downloader.progress("mnist").bytes >= 5_000)
    served.stall_after = None
    downloader.cancel("mnist")
    downloader.start("mnist")
    wait_for(lambda: downloader.progress("mnist").state != DownloadState.RUNNING)
    assert downloader.progress("mnist").state == DownloadState.FINISHED
    assert left_behind(settings) == {"mnist.npz"}


@pytest.mark.parametrize("name", ["digits", "nothing", "../mnist"])
def test_a_name_without_a_source_is_refused(settings: Settings, name: str) -> None:
    downloader = Downloader(settings)
    for begin in (downloader.start, downloader.download):
        with pytest.raises(DatasetError, match=r"expected one of mnist, fashion_mnist, cifar10"):
            begin(name)
    downloader.cancel(name)


def test_a_fault_in_the_program_ends_as_failed_and_is_not_hidden(served, make_downloader) -> None:
    def broken(paths: Mapping[str, Path]) -> ImageSet:
        raise KeyError("a bug")

    downloader = make_downloader(convert=broken)
    with pytest.raises(KeyError):
        downloader.download("mnist")
    assert downloader.progress("mnist").state == DownloadState.FAILED


def test_whoever_sees_the_end_can_begin_again_at_once(server, make_downloader) -> None:
    served = server.offer("small.bin", status=503)
    downloader = make_downloader()
    for attempt in range(1, 6):
        downloader.start("mnist")
        wait_for(lambda: downloader.progress("mnist").state == DownloadState.FAILED)
        assert len(served.requests) == attempt
    assert "503" in downloader.progress("mnist").message


def test_another_inkling_that_downloads_the_same_set_is_not_disturbed(settings: Settings, served, make_downloader) -> None:
    served.seconds_per_chunk = 0.01
    first, second = make_downloader(), make_downloader()
    first.start("mnist")
    wait_for(lambda: first.progress("mnist").bytes > 0)
    with pytest.raises(DownloadError, match="another Inkling"):
        second.download("mnist")
    wait_for(lambda: first.progress("mnist").state == DownloadState.FINISHED)
    assert left_behind(settings) == {"mnist.npz"}
