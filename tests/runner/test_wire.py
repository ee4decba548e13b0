"""The wire format: whatever a command prints, and however it arrives, every answer ends where it ended."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.sessions import wire

MARK = "0123456789abcdef" * 2
OTHER = "fedcba9876543210" * 2
NOISE = (b"\n", b" 1 0\n", MARK[:-1].encode(), f"{OTHER} 1 0\n".encode(), b"\xff\x00", b"x" * 40)
output = st.lists(st.sampled_from(NOISE) | st.binary(max_size=30)).map(b"".join)
outputs = st.lists(output.filter(lambda data: MARK.encode() not in data), max_size=5)


def framed(parts: Sequence[bytes]) -> bytes:
    return b"".join(part + f"{MARK} {number} 7\n".encode() for number, part in enumerate(parts))


def frames(data: bytes, cuts: Sequence[int], limit: int = 1 << 20) -> list[wire.Frame]:
    stream = wire.Stream(MARK, limit)
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [frame for a, b in itertools.pairwise(edges) for frame in stream.feed(data[a:b])]


@given(outputs, st.lists(st.integers(0, 1000)))
def test_any_output_in_any_pieces_is_cut_where_it_ended(parts: list[bytes], cuts: list[int]) -> None:
    assert frames(framed(parts), cuts) == [wire.Frame(n, 7, part, cut=False) for n, part in enumerate(parts)]


@given(outputs, st.integers(0, 1000))
def test_a_stream_that_breaks_off_gives_whole_frames_only(parts: list[bytes], cut: int) -> None:
    data = framed(parts)
    found = frames(data[: cut % (len(data) + 1)], ())
    assert found == [wire.Frame(n, 7, part, cut=False) for n, part in enumerate(parts)][: len(found)]


@given(outputs, st.lists(st.integers(0, 1000)), st.integers(1, 50))
def test_too_much_output_is_cut_at_the_limit_and_said_to_be(parts: list[bytes], cuts: list[int], limit: int) -> None:
    found = frames(framed(parts), cuts, limit)
    assert [(frame.data, frame.cut) for frame in found] == [(part[:limit], len(part) > limit) for part in parts]


@pytest.mark.parametrize("end", [b" x 0\n", b"", b" 1 0" + b" " * wire.LONGEST_FRAME, b" 1 99999\n"])
def test_a_mark_that_our_shell_did_not_print_is_told(end: bytes) -> None:
    stream = wire.Stream(MARK, 100)
    with pytest.raises(wire.Garbled):
        list(stream.feed(MARK.encode() + end + b"\n" * wire.LONGEST_FRAME))


@pytest.mark.parametrize("command", ["printf '%s' \"it's\" '$x'", "echo a; false", "cat", "exit 9 # it's"])
def test_a_real_shell_answers_what_is_written_to_it(command: str) -> None:
    script = wire.preamble(MARK) + wire.line(1, 0.2, command) + wire.line(2, 5, "echo last >&2")
    done = subprocess.run(["/bin/sh"], input=script.encode(), capture_output=True, check=True)
    alone = subprocess.run(["/bin/sh", "-c", command], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    out, err = frames(done.stdout, ()), frames(done.stderr, ())
    assert [frame.number for frame in out] == [frame.number for frame in err] == [0, 1, 2]
    assert (out[1].data, out[1].status, err[1].data) == (alone.stdout, alone.returncode, alone.stderr)
    assert (out[0].status, err[2].data) == (0, b"last\n")


def test_no_command_can_learn_the_mark() -> None:
    commands = ("env; set; export -p", "cat /proc/self/cmdline /proc/self/environ", "cat /proc/$PPID/cmdline")
    script = wire.preamble(MARK) + "".join(wire.line(n, 5, command) for n, command in enumerate(commands, 1))
    done = subprocess.run(["/bin/sh"], input=script.encode(), capture_output=True, check=True, env={"m": "x"})
    assert len(frames(done.stdout, ())) == len(commands) + 1  # a mark in an output would be no frame
    assert done.stdout.count(MARK.encode()) == len(commands) + 1


def test_a_host_without_timeout_says_so() -> None:
    script = wire.preamble(MARK).replace(f"PATH={wire.PATH}", "PATH=/nowhere")
    done = subprocess.run(["/bin/sh"], input=script.encode(), capture_output=True, check=False)
    assert frames(done.stdout, ())[0].status != 0
