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
_PICKLE = ("a Python pickle", "it could run any code when it is opened, so save its arrays with numpy.savez and bring that file")

# By how it begins. A TAR archive has its mark further on, as has the family that HEIC, AVIF and films belong to.
_SIGNATURES: dict[bytes, tuple[str, str]] = {
    b"Rar!": ("a RAR archive", _UNPACK),
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", _UNPACK),
    b"BZh": ("packed with bzip2", _UNPACK),
    b"\xfd7zXZ": ("packed with xz", _UNPACK),
    b"\x28\xb5\x2f\xfd": ("packed with zstd", _UNPACK),
    b"%PDF": ("a PDF document", _DRAWING_ON),
    b"8BPS": ("a Photoshop document", _PNG),
    b"gimp xcf": ("a GIMP document", _PNG),
    b"\x89HDF": ("an HDF5 file", _ARRAYS),
    b"MATLAB": ("a MATLAB file", "load it with scipy.io.loadmat, save the arrays with numpy.savez and bring that file"),
    b"PAR1": ("a Parquet file", "read it with pandas.read_parquet and save it as CSV, or its arrays with numpy.savez"),
    b"ARROW1": ("an Arrow (Feather) file", "read it with pandas.read_feather and save it as CSV, or its arrays with numpy.savez"),
    b"SQLite format 3": ("an SQLite database", _TABLE),
    b"\xd0\xcf\x11\xe0": ("an old Office document", _TABLE),
    b"\x80\x02": _PICKLE,
    b"\x80\x03": _PICKLE,
    b"\x80\x04": _PICKLE,
    b"\x80\x05": _PICKLE,
    b"<svg": ("an SVG drawing", _PNG),
    b"<": ("a web page or another marked-up text", "bring the data itself; the address may lead to a page and not to the file"),
    b"{": ("JSON", _TABLE),
    b"[": ("JSON", _TABLE),
    b"\0\0\0\x0cjP  ": ("a JPEG 2000 picture", _PNG),
}
_SUFFIXES: dict[str, tuple[str, str]] = {
    "heic": ("a HEIC photo", _PHOTO),
    "heif": ("a HEIF photo", _PHOTO),
    "avif": ("an AVIF picture", _PNG),
    "jp2": ("a JPEG 2000 picture", _PNG),
    "jxl": ("a JPEG XL picture", _PNG),
    "ico": ("an icon", _PNG),
    "svg": ("an SVG drawing", _PNG),
    "psd": ("a Photoshop document", _PNG),
    "dcm": ("a DICOM picture", _PNG),
    "nii": ("a NIfTI volume", "save its slices as PNG"),
    **dict.fromkeys(("cr2", "cr3", "nef", "arw", "dng", "raf", "orf", "rw2"), ("a camera's raw photo", "develop it to JPEG")),
    **dict.fromkeys(("mp4", "mov", "avi", "mkv", "webm"), ("a film", "save its frames as pictures")),
    "xlsx": ("an Excel workbook", _TABLE),
    "docx": ("a Word document", _DRAWING_ON),
    "pptx": ("a PowerPoint presentation", _DRAWING_ON),
    "xls": ("an Excel workbook", _TABLE),
    "ods": ("an OpenDocument file", _TABLE),
    "mat": ("a MATLAB file", "load it with scipy.io.loadmat, save the arrays with numpy.savez and bring that file"),
    "arff": ("an ARFF table of Weka", _TABLE),
    "parquet": ("a Parquet file", "read it with pandas.read_parquet and save it as CSV, or its arrays with numpy.savez"),
    "feather": ("an Arrow (Feather) file", "read it with pandas.read_feather and save it as CSV, or its arrays with numpy.savez"),
    "tfrecord": ("TensorFlow records", "read them with tf.data and save the arrays with numpy.savez"),
    **dict.fromkeys(("h5", "hdf5"), ("an HDF5 file", _ARRAYS)),
    **dict.fromkeys(("pkl", "pickle"), _PICKLE),
    **dict.fromkeys(("pt", "pth", "ckpt"), ("PyTorch's", _ARRAYS)),
    **dict.fromkeys(("keras", "tflite", "onnx"), ("a trained network", _NETWORK)),
    "rar": ("a RAR archive", _UNPACK),
    "7z": ("a 7z archive", _UNPACK),
    **dict.fromkeys(("tar", "tgz", "tar.gz", "tbz2", "txz"), ("a TAR archive", _UNPACK)),
}
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
