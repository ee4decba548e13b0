"""A folder of many files that appears whole: built aside, then put in the place of the one before."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from runner.files import CannotKeep


def replace(folder: Path, files: Iterable[tuple[str, str]]) -> None:
    """Make `files` (path below the folder, text) all that `folder` holds. Raises `CannotKeep`."""
    try:
        aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
        try:
            _fill(aside, files)
            if folder.exists():
                shutil.rmtree(folder)
            aside.rename(folder)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
    except OSError as error:
        raise CannotKeep(folder, error) from error


def _fill(folder: Path, files: Iterable[tuple[str, str]]) -> None:
    made: set[Path] = set()
    for name, text in files:
        path = folder / name
        if path.parent not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        path.write_text(text, encoding="utf-8")
