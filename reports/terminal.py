"""How an audit's progress is shown: a bar on a terminal, a line for each asset elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from reports.text import printable
from reports.words import Words

Progress = Callable[[str, str, Mapping[str, int]], None]
TELLING = ("fail", "unknown")


@contextmanager
def progress(words: Words, *, quiet: bool) -> Iterator[Progress]:
    """A function to be told of each asset that is done (asset, state, counts). It writes to standard error."""
    if quiet:
        yield lambda _asset, _state, _counts: None
    elif sys.stderr.isatty():
        with _bar(words) as show:
            yield show
    else:
        yield lambda asset, state, counts: _write(_line(asset, state, counts, words))


@contextmanager
def _bar(words: Words) -> Iterator[Progress]:
    # rich takes longer to load than a run that is refused takes in all
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("")

        def show(asset: str, _state: str, counts: Mapping[str, int]) -> None:
            text = f"{printable(asset)} · {_tally(counts, words)}"
            bar.update(task, completed=counts["done"], total=counts["total"], description=text)

        yield show


def _write(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _line(asset: str, state: str, counts: Mapping[str, int], words: Words) -> str:
    done = f"{counts['done']}/{counts['total']}"
    return f"{done}  {printable(asset)}  {words(f'state.{state}')}"


def _tally(counts: Mapping[str, int], words: Words) -> str:
    return " · ".join(f"{words(f'status.{status}')} {counts.get(status, 0)}" for status in TELLING)
