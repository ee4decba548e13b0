"""One headless Chromium for all tests, and sites of the practice city to look at with it."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from playwright.sync_api import Browser, sync_playwright

from reports.document import Document
from reports.formats import Report, html
from reports.site import folder, pages
from reports.words import LANGUAGES, Language, Words
from tests.reports import documents, evidenced, sighted

CHROMIUM = os.environ.get("RASOAT_CHROMIUM", "/usr/bin/chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync")  # fmt: skip


@pytest.fixture(scope="session")
def thread() -> Iterator[ThreadPoolExecutor]:
    """Where the browser is spoken to: its library's event loop and greenlets leave a thread unfit for other tests."""
    with ThreadPoolExecutor(1, "browser") as found:
        yield found


@pytest.fixture(scope="session")
def browser(thread: ThreadPoolExecutor) -> Iterator[Browser]:
    play = thread.submit(lambda: sync_playwright().start()).result()
    chromium = partial(play.chromium.launch, executable_path=CHROMIUM, args=list(QUIET))
    found = thread.submit(chromium).result()
    yield found
    thread.submit(found.close).result()
    thread.submit(play.stop).result()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """A test that looks with the browser runs in its thread."""
    if "browser" not in pyfuncitem.fixturenames:
        return None
    given = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    thread = cast(ThreadPoolExecutor, pyfuncitem.funcargs["thread"])
    thread.submit(pyfuncitem.obj, **given).result()
    return True


def write(document: Document, out: Path, lang: Language, previous: Document | None = None) -> Path:
    """The site of a document with its evidence; where it lies."""
    run = evidenced.run(document, out / f"runs-{lang}")
    html.render(Report(document, previous, Words(lang), runs=(run,)), out)
    return out / f"site-{lang}"


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[Language, Path]:
    """The practice city's site in both languages, with an earlier run in which other things failed."""
    out = tmp_path_factory.mktemp("sites")
    earlier = documents.practice()
    earlier["run"]["id"] = "20261021T021500Z"
    documents.judge(earlier, {("td-edge-1", "device.time_sync"): "", ("q1-web-1", "ssh.root_login_off"): ""}, {})
    return {lang: write(sighted.practice(), out, lang, earlier) for lang in LANGUAGES}


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(documents.hostile(), tmp_path_factory.mktemp("hostile"), "vi")


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The search page of a city of 5,000 assets."""
    site = tmp_path_factory.mktemp("large") / "site-vi"
    folder.replace(site, pages.search(Report(documents.large(5000), None, Words("vi"))))
    return site
