"""Files as they are, and as text."""

from .. import compat, compat_files


def read_bytes(path):
    """Return `(bytes, None)`, or `(None, why the file cannot be read)`."""
    try:
        return compat_files.read_file(path), None
    except OSError as error:
        return None, compat.error_text(error)
    except MemoryError:
        return None, "too large"


def read_text(path):
    """Return `(text, None)`, or `(None, why the file cannot be read)`."""
    data, problem = read_bytes(path)
    return (None, problem) if data is None else (compat.decode(data), None)
