"""A file written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from inventory.faults import BadInput, Fault


def keep(file: Path, content: bytes) -> Path:
    """Write `file`, with the folders above it: first under a name that no loader reads, then moved to its place.

    Raises `BadInput` where that cannot be; an earlier file is left as it was then.
    """
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(file)
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise BadInput(
            [Fault(file, None, problem, "Name a place that you may write, with room on its disk.")]
        ) from error
    finally:
        if beside.is_file():
            beside.unlink()
    return file
