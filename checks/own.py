"""A city's own probes: ordinary testinfra files in its workspace, each test a check `own.FILE.TEST` of every server.

What such a file would send nobody has declared, so its owner vouches for it first: `probes/trusted.sha256` names files
with their digests, in the form that `sha256sum -c` reads. A file that is not named there, or is another one by now, is
not run, and its checks are unknown. Files are read here, never executed.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from checks.catalogue import Card, Catalogue, Check, Probe
from checks.model import Cause, Unknown, Verdict, Want
from inventory.faults import BadInput, Fault
from inventory.fields import Words
from inventory.model import AssetKind

TRUSTED = "trusted.sha256"
FAMILY = "own"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
TEST = "test_"
HOSTS = "testinfra_hosts"
LINE = re.compile(r"([0-9a-f]{64}) [ *](\S+\.py)")
WHY = Words(
    vi="Yêu cầu riêng của đơn vị, do đơn vị viết thành phép thử và chịu trách nhiệm về nội dung.",
    en="A demand of the city's own, which it has written as a probe and vouches for.",
)


def added(catalogue: Catalogue, folder: Path) -> Catalogue:
    """The catalogue with the probes in `folder`, if there are any. Raises `BadInput` for a file that is none."""
    files = sorted(folder.glob("*.py")) if folder.is_dir() else []
    if not files:
        return catalogue
    trust = trusted(folder)
    own = {check.id: check for file in files for check in _checks(file, trust)}
    digest = hashlib.sha256(catalogue.sha256.encode())
    for check in own.values():
        assert check.probe is not None  # noqa: S101 - `_checks` makes no other
        digest.update(f"\0{check.id}\0{check.probe.sha256}\0{check.probe.trouble}".encode())
    return replace(catalogue, checks={**catalogue.checks, **own}, own=tuple(own), sha256=digest.hexdigest())


def trusted(folder: Path) -> Mapping[str, str]:
    """file name → the digest that its owner vouched for. Raises `BadInput` for a line that is none."""
    path, found = folder / TRUSTED, {}
    if path.is_file():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            read = LINE.fullmatch(line)
            if read is None:
                raise BadInput([Fault(path, number, "is not DIGEST  FILE", "Trust the file: rasoat probes trust FILE")])
            found[read[2]] = read[1]
    return found


def trust(folder: Path, names: Sequence[str]) -> Mapping[str, str]:
    """Vouch for these files as they are now; their digests. Raises `BadInput` for one that is no probe there."""
    for name in names:
        if not (folder / name).is_file() or Path(name).name != name:
            raise BadInput([Fault(folder / name, None, "there is no such probe", f"Put the file into {folder}.")])
        for _ in _checks(folder / name, {}):  # a file that cannot be read is not to be trusted either
            pass
    known = {**trusted(folder), **{name: digest_of(folder / name) for name in names}}
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(known.items()) if (folder / name).is_file())
    (folder / TRUSTED).write_text(lines, encoding="utf-8")
    return {name: known[name] for name in names}


def digest_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _checks(file: Path, trust_: Mapping[str, str]) -> Iterator[Check]:
    if not NAME.fullmatch(file.stem):
        raise BadInput(
            [Fault(file, None, "its name cannot be part of a check's", "Use small letters, digits, _ and -.")]
        )
    content = file.read_bytes()
    try:
        tree = ast.parse(content, str(file))
    except (SyntaxError, ValueError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        raise BadInput([Fault(file, line, f"is no Python ({error})", "Mend the file, or take it away.")]) from error
    digest = hashlib.sha256(content).hexdigest()
    trouble, hosts = _trouble(file.name, digest, trust_), _hosts(tree)
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            mend = "Make each of its tests a function of the file."
            raise BadInput([Fault(file, node.lineno, f"the tests of class {node.name} would not be run", mend)])
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(TEST):
            probe = Probe(file, node.name, digest, trouble, hosts)
            id_ = f"{FAMILY}.{file.stem}.{node.name.removeprefix(TEST)}"
            yield Check(id_, _card(node), _only_live, (), (), probe)


def _trouble(name: str, digest: str, trust_: Mapping[str, str]) -> str:
    if name not in trust_:
        return f"probes/{name} is not trusted yet: rasoat probes trust {name}"
    if trust_[name] != digest:
        return f"probes/{name} is not what was trusted: rasoat probes trust {name}"
    return ""


def _hosts(tree: ast.Module) -> tuple[str, ...]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == HOSTS for t in node.targets):
            try:
                return tuple(str(one) for one in ast.literal_eval(node.value))
            except ValueError:
                return ()  # made at run time: it is for all
    return ()


def _card(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Card:
    """Its words: the first line of what the test says of itself, else its name."""
    said = (ast.get_docstring(node) or node.name.removeprefix(TEST).replace("_", " ")).partition("\n")[0].strip()[:200]
    title = Words(vi=said or node.name, en=said or node.name)
    place = Words(
        vi="Xem tệp trong thư mục probes/ của kho dữ liệu.", en="See the file in the workspace's folder probes/."
    )
    return Card(kind=AssetKind.SERVER, severity="medium", title=title, why=WHY, remedy=place)


def _only_live(_host: object, _want: Want) -> Verdict:
    raise Unknown(Cause.NOT_RUN, "a probe of the city's own is run, not judged from replies")
