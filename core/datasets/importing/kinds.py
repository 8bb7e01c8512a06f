"""What a file is that Inkling does not read, told by how it begins or by how it is called, and what to do about it."""

from __future__ import annotations

from core.datasets.importing.inventory import Entry, find_document

_UNPACK = "unpack it and bring the folder, or pack that as a ZIP"
_ARRAYS = "save its arrays with numpy.savez and bring that file"
_TABLE = "save the table as CSV (in the spreadsheet program: File, Save as, CSV) and bring that"
_PNG = "export it as PNG"
_PHOTO = "convert it to JPEG: on the iPhone choose Settings, Camera, Formats, Most Compatible; on a Mac export it in Preview"
_DRAWING_ON = "pages and drawings have to become pictures first: export them as PNG"
_NETWORK = "that is a network and not images; bring the images"
_BY_PANDAS = "read it with pandas.read_{0} and save it as CSV, or its arrays with numpy.savez"

_KINDS: tuple[tuple[str, str, str, tuple[bytes, ...]], ...] = (
    ("a RAR archive", _UNPACK, "rar", (b"Rar!",)),
    ("a 7z archive", _UNPACK, "7z", (b"7z\xbc\xaf\x27\x1c",)),
    ("a TAR archive", _UNPACK, "tar tgz tar.gz tbz2 txz", ()),
    ("packed with bzip2", _UNPACK, "", (b"BZh",)),
    ("packed with xz", _UNPACK, "", (b"\xfd7zXZ",)),
    ("packed with zstd", _UNPACK, "", (b"\x28\xb5\x2f\xfd",)),
    ("a HEIC photo", _PHOTO, "heic", ()),
    ("a HEIF photo", _PHOTO, "heif", ()),
    ("an AVIF picture", _PNG, "avif", ()),
    ("a JPEG 2000 picture", _PNG, "jp2", (b"\0\0\0\x0cjP  ",)),
    ("a JPEG XL picture", _PNG, "jxl", ()),
    ("an icon", _PNG, "ico", ()),
    ("an SVG drawing", _PNG, "svg", (b"<svg",)),
    ("a Photoshop document", _PNG, "psd", (b"8BPS",)),
    ("a GIMP document", _PNG, "", (b"gimp xcf",)),
    ("a DICOM picture", _PNG, "dcm", ()),
    ("a NIfTI volume", "save its slices as PNG", "nii", ()),
    ("a camera's raw photo", "develop it to JPEG", "cr2 cr3 nef arw dng raf orf rw2", ()),
    ("a film", "save its frames as pictures", "mp4 mov avi mkv webm", ()),
    ("a PDF document", _DRAWING_ON, "", (b"%PDF",)),
    ("a Word document", _DRAWING_ON, "docx", ()),
    ("a PowerPoint presentation", _DRAWING_ON, "pptx", ()),
    ("an Excel workbook", _TABLE, "xlsx xls", ()),
    ("an OpenDocument file", _TABLE, "ods", ()),
    ("an old Office document", _TABLE, "", (b"\xd0\xcf\x11\xe0",)),
    ("an SQLite database", _TABLE, "", (b"SQLite format 3",)),
    ("an ARFF table of Weka", _TABLE, "arff", ()),
    ("an HDF5 file", _ARRAYS, "h5 hdf5", (b"\x89HDF",)),
    ("a MATLAB file", "load it with scipy.io.loadmat, save the arrays with numpy.savez and bring that file", "mat", (b"MATLAB",)),
    ("a Parquet file", _BY_PANDAS.format("parquet"), "parquet", (b"PAR1",)),
    ("an Arrow (Feather) file", _BY_PANDAS.format("feather"), "feather", (b"ARROW1",)),
    ("TensorFlow records", "read them with tf.data and save the arrays with numpy.savez", "tfrecord", ()),
    (
        "a Python pickle",
        f"it could run any code when it is opened, so {_ARRAYS}",
        "pkl pickle",
        (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"),
    ),
    ("PyTorch's", _ARRAYS, "pt pth ckpt", ()),
    ("a trained network", _NETWORK, "keras tflite onnx", ()),
    ("a web page or another marked-up text", "bring the data itself; the address may lead to a page and not to the file", "", (b"<",)),
    ("JSON", _TABLE, "", (b"{", b"[")),
)
"""What it is, what to do about it, its suffixes, and how it begins. TAR archives have their mark further on, as have HEIC, AVIF, films."""

_SUFFIXES = {suffix: (what, advice) for what, advice, suffixes, _ in _KINDS for suffix in suffixes.split()}
_SIGNATURES = {mark: (what, advice) for what, advice, _, marks in _KINDS for mark in marks}
ASIDE = frozenset({"JSON", "a web page or another marked-up text", "a PDF document"})
"""What often lies beside pictures to say something of them, and is not meant to be read as a set."""

_TAR_PLACE, _TAR_MARK = 257, b"ustar"
_BRANDS = {b"heic": "heic", b"heix": "heic", b"mif1": "heic", b"msf1": "heic", b"hevc": "heic", b"avif": "avif", b"avis": "avif"}


def tell_kind(entry: Entry, start: bytes) -> tuple[str, str] | None:
    """What a file that begins so is, and what to do about it, each without its subject; None if nothing is known of it."""
    if start.startswith(b"PK") and entry.info is None and (document := find_document(entry.place)):
        is_table = "network" not in document and "Word" not in document and "PowerPoint" not in document
        return document, _TABLE if is_table else _NETWORK if "network" in document else _DRAWING_ON
    if start[_TAR_PLACE:].startswith(_TAR_MARK):
        return _SUFFIXES["tar"]
    if start[4:8] == b"ftyp":
        return _SUFFIXES[_BRANDS.get(start[8:12], "mp4")]
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    found = next((kind for mark, kind in _SIGNATURES.items() if start.startswith(mark) or (len(mark) < 5 and text.startswith(mark))), None)
    by_name = _SUFFIXES.get(entry.suffix.lstrip("."))
    return by_name or found if found is None or found[0] in ASIDE else found
