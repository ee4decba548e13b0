"""Makes `lab/recordings/` anew from audits of real practice cities: `python -m lab.recorder WORKSPACE...`.

Give the workspace of a city with its faults and that of one without, each with one whole audit; the newest run counts.
The same runs make the same files, byte for byte. Evidence is masked already; what is left of the machine underneath,
its kernel, is replaced here.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import sys
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from inventory.faults import BadInput
from inventory.workspace import Workspace
from lab.simulated.recordings import CITY, FOLDER, HEALTHY, PLANTED, SHARED, Said, Unreached, answer

KERNEL = re.compile(r"Linux version .*")
NO_KERNEL = "Linux version 6.1.0"
NAME_LENGTH = 12
ENDPOINT = "endpoint"

Answers = Mapping[str, Any]


@dataclass(frozen=True)
class Audited:
    """A city's newest run, as it will be written: `answers` of each host by the names of their content."""

    folder: str
    city: Mapping[str, Any]
    unreached: Mapping[str, str | None]
    answers: Mapping[str, Answers]


def record(workspaces: Sequence[Path], folder: Path = FOLDER) -> None:
    """Write the recordings of the cities of `workspaces` into `folder`, in the place of what it holds.

    Raises `BadInput` for a workspace whose newest run is not a whole audit of a whole real practice city.
    """
    cities = [_audited(workspace) for workspace in workspaces]
    shutil.rmtree(folder, ignore_errors=True)
    times = Counter(name for city in cities for host in city.answers.values() for name in host)
    everything = {name: said for city in cities for host in city.answers.values() for name, said in host.items()}
    shared = {name: said for name, said in everything.items() if times[name] > 1}
    _write(folder / SHARED, dict(sorted(shared.items(), key=lambda item: (item[1]["sent"], item[0]))))
    for city in cities:
        _write(folder / city.folder / CITY, city.city)
        for host, cause in city.unreached.items():
            own = city.answers.get(host, {})
            content = {
                "unreached": cause,
                "shared": [name for name in own if name in shared],
                "own": [said for name, said in own.items() if name not in shared],
            }
            _write(folder / city.folder / f"{host}.json", content)


def _audited(workspace: Path) -> Audited:
    note = json.loads((workspace / "lab.json").read_bytes())
    run = _newest(workspace)
    results = json.loads((run / "results.json").read_bytes())
    selection = [value for value in results["run"]["selection"].values() if value]
    if results["run"]["mode"] != "lab" or not results["run"]["complete"] or selection:
        raise BadInput(f"{run}: not a whole audit of a real practice city. Make one: rasoat run")
    hosts = sorted((one for one in results["assets"] if one["kind"] != ENDPOINT), key=lambda one: str(one["id"]))
    city = {
        "recorded": results["run"]["started"],
        "servers": note["servers"],
        "wards": note["wards"],
        "faults": note["faults"],
        "hosts": [host["id"] for host in hosts],
    }
    unreached = {host["id"]: _acted_out(host, run) for host in hosts}
    return Audited(PLANTED if note["faults"] else HEALTHY, city, unreached, _answers(run, {one["id"] for one in hosts}))


def _newest(workspace: Path) -> Path:
    """The newest audit; what was only judged again from one has no replies of its own."""
    found = Workspace(workspace).runs.glob("[0-9]*/results.json")
    runs = [path.parent for path in found if "judged_again" not in json.loads(path.read_bytes())["run"]]
    if not runs:
        raise BadInput(f"{workspace} has no run yet. Make one: rasoat run --workspace {workspace}")
    return max(runs, key=lambda run: (run.name.partition("-")[0], len(run.name), run.name))


def _acted_out(host: Mapping[str, Any], run: Path) -> str | None:
    """Why `host` was not reached, if it was not: something that a simulated host knows how to act out."""
    cause: str | None = host["cause"] if host["state"] == "unreached" else None
    if cause not in (None, *get_args(Unreached)):
        raise BadInput(f"{run}: {host['id']}: a simulated host cannot act out '{cause}'")
    return cause


def _answers(run: Path, hosts: Container[str]) -> Mapping[str, Answers]:
    """host → what it answered. Endpoints are not among `hosts`: a simulated city acts them out."""
    found: dict[str, dict[str, Any]] = {}
    for host, said in sorted(_replies(run, hosts), key=lambda reply: (reply[0], str(reply[1]["sent"]))):
        content = json.dumps(said, ensure_ascii=False, sort_keys=True)
        name = hashlib.sha256(content.encode()).hexdigest()[:NAME_LENGTH]
        found.setdefault(host, {})[name] = said
    return found


def _replies(run: Path, hosts: Container[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for bundle in (run / "evidence").glob("*.json.gz"):
        for reply in json.loads(gzip.decompress(bundle.read_bytes())):
            if reply["asset"] not in hosts:
                continue
            if reply["cause"] is not None:
                raise BadInput(f"{run}: {reply['asset']}: not answered ({reply['cause']}): {reply['sent']}")
            out, err = (KERNEL.sub(NO_KERNEL, reply[stream]) for stream in ("stdout", "stderr"))
            yield reply["asset"], answer(reply["sent"], Said(out, err, reply["exit_status"]))


def _write(file: Path, content: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(__doc__)
    record([Path(argument) for argument in sys.argv[1:]])
