"""Files that are whole or not there: written aside, made durable, then moved into place."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


class CannotKeep(Exception):
    """The disk does not take what must be kept. What was kept before is whole."""

    exit_status = 4

    def __init__(self, path: Path, error: OSError) -> None:
        self.path = path
        self.why = error.strerror or str(error)
        super().__init__(f"{path} cannot be kept: {self.why}")


def replace(path: Path, content: bytes) -> None:
    """Make `content` the whole of `path`: a reader sees the old file or the new one. Raises `CannotKeep`."""
    with whole(path) as file:
        file.write(content)


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write into, that becomes `path` when all of it is written. Raises `CannotKeep`."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CannotKeep(path, error) from error
