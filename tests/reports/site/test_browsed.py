"""The site in a real browser, opened from its folder: by mouse, by keyboard, on a phone, without script."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from reports.text import printable
from reports.words import LANGUAGES, Language, Words
from tests.reports import documents, sighted

AXE = Path(__file__).parents[3] / ".venv/npm/node_modules/axe-core/axe.min.js"
PAGES = (
    "index.html",
    "search.html",
    "matrix.html",
    "systems.html",
    "unlisted.html",
    "checks.html",
    "changes.html",
    "fixes.html",
    "scores/infrastructure_upgraded.html",
    "sites/760.html",
    "assets/q1-web-1.html",
    "assets/w26956-web-1.html",
    "replies/q1-web-1.html",
    "systems/tthc.html",
    "checks/ssh.root_5f_login_5f_off.html",
    "fixes/769.html",
)
KEYSTROKE = 200  # milliseconds


@contextmanager
def opened(browser: Browser, site: Path, page: str, **how: Any) -> Iterator[Page]:
    """A page in a fresh context; nothing may be said on its console, and nothing may be asked of the network."""
    context = browser.new_context(**how)
    faults: list[str] = []
    context.set_default_timeout(10_000)
    shown = context.new_page()
    shown.on("console", lambda message: faults.append(message.text))
    shown.on("pageerror", lambda error: faults.append(str(error)))
    shown.on("request", lambda one: None if one.url.startswith("file://") else faults.append(one.url))
    shown.on("requestfailed", lambda one: faults.append(one.url))
    shown.goto(f"file://{site}/{page}")
    yield shown
    context.close()
    assert faults == []


def test_from_the_city_down_to_the_reply_of_a_machine(browser: Browser, sites: dict[Language, Path]) -> None:
    with opened(browser, sites["vi"], "index.html") as page:
        main = page.locator("main")
        main.get_by_role("link", name="Quận 1").first.click()
        expect(page.locator("h1")).to_have_text("Quận 1")
        main.get_by_role("link", name="q1-web-1").click()
        failing = page.locator("article", has_text="Không cho phép root đăng nhập từ xa qua SSH")
        expect(failing).to_contain_text("PermitRootLogin yes")
        failing.locator("dd a code").click()
        reply = page.locator(f"section{page.evaluate('location.hash')}")
        expect(reply).to_be_in_viewport()
        for said in ("show ssh.root_login_off <i>", "rasoat-audit", "2026-11-21T02:15:07.250Z", "thụt vào <b>đậm</b>",
                     "warning: <script>alert(1)</script>", "sudo"):  # fmt: skip
            expect(reply).to_contain_text(said)
        reply.get_by_role("link", name="ssh.root_login_off").click()
        expect(page.locator("h1")).to_have_text("q1-web-1")


def test_each_number_opens_to_its_list(browser: Browser, sites: dict[Language, Path]) -> None:
    document = documents.practice()
    with opened(browser, sites["en"], "index.html") as page:
        for number, name in enumerate(
            ("infrastructure_reviewed", "infrastructure_upgraded", "infrastructure_interconnected",
             "systems_classified", "plans_implemented")
        ):  # fmt: skip
            page.goto(f"file://{sites['en']}/index.html")
            page.get_by_role("link", name="Open the list").nth(number).click()
            score = document["scores"][name]  # type: ignore[literal-required]
            expect(page.locator("h1")).to_contain_text(f"{score['percent']:g}%")
            missed = page.locator("main tbody tr").count()
            met = page.locator("main details li").count()
            assert (missed, met) == (score["total"] - score["met"], score["met"])


def test_what_is_beyond_the_list_is_a_page_away(browser: Browser, sites: dict[Language, Path]) -> None:
    with opened(browser, sites["en"], "index.html") as page:
        page.get_by_role("link", name="3 things that are not in the inventory").click()
        expect(page.locator("main tbody tr")).to_have_count(3)
        page.get_by_role("link", name="Phường 13").first.click()
        expect(page.locator("main")).to_contain_text(sighted.PRINTER.hardware)
        page.get_by_role("link", name="w26905-edge-1 dhcp").click()
        expect(page.locator("h1")).to_have_text("w26905-edge-1")


def test_the_matrix_opens_to_the_finding_that_decides(browser: Browser, sites: dict[Language, Path]) -> None:
    with opened(browser, sites["en"], "matrix.html") as page:
        row = page.get_by_role("row", name="Phường 13")
        expect(row.locator("td").first).to_have_text("fail")
        row.locator("td a").first.click()
        expect(page.locator("h1")).to_have_text("w26905-edge-1")
        expect(page.locator("article:target")).to_contain_text("w26905-up")


def test_changes_name_what_is_new_and_what_is_put_right(browser: Browser, sites: dict[Language, Path]) -> None:
    with opened(browser, sites["en"], "changes.html") as page:
        fixed = page.locator("h2", has_text="Put right").locator("+ ul")
        expect(fixed).to_contain_text("td-edge-1")
        expect(fixed).not_to_contain_text("q1-web-1")
        expect(page.locator("main tbody tr")).to_have_count(5)


def test_search_finds_without_accents_and_filters(browser: Browser, sites: dict[Language, Path]) -> None:
    with opened(browser, sites["vi"], "search.html") as page:
        rows = page.locator("#rows tr")
        expect(rows).to_have_count(24)
        page.get_by_label("Từ cần tìm").fill("ben thanh")
        expect(rows).to_have_count(3)
        for first in (0, 1):
            expect(rows.nth(first)).to_contain_text("Phường Bến Thành")
        page.get_by_label("Tìm trong").select_option("findings")
        page.get_by_label("Kết quả", exact=True).select_option(label="không đạt")
        expect(rows).to_have_count(1)
        expect(rows.first).to_contain_text("chấp nhận rủi ro")
        page.reload()
        expect(rows).to_have_count(1)
        rows.first.get_by_role("link").first.click()
        expect(page.locator(":target")).to_contain_text("Tệp bí mật không ai khác đọc được")


def test_search_agrees_with_the_document(browser: Browser, sites: dict[Language, Path]) -> None:
    document = sighted.practice()
    with opened(browser, sites["en"], "search.html#view=findings") as page:
        for status in ("fail", "unknown", "pass"):
            page.get_by_label("Result", exact=True).select_option(label=Words("en")(f"status.{status}"))
            count = sum(finding["status"] == status for finding in document["findings"])
            expect(page.locator("#count")).to_contain_text(f"Results found: {count}." if count else "Nothing")


def test_a_keystroke_among_5000_assets_is_quick(browser: Browser, large: Path) -> None:
    """Measured in the page, from the input event until the new rows are laid out.

    The best of three for each stroke: the page's own cost, not that of whatever else this machine does.
    """
    with opened(browser, large, "search.html") as page:
        for view in ("assets", "findings"):
            page.get_by_label("Tìm trong").select_option(view)
            spent = page.evaluate(
                """() => {
                    const text = document.getElementById('text');
                    const stroke = (typed) => {
                        text.value = typed;
                        const begun = performance.now();
                        text.dispatchEvent(new Event('input', { bubbles: true }));
                        document.body.getBoundingClientRect();
                        return performance.now() - begun;
                    };
                    const typed = [...'phuong 12 may-4'].map((_, end, all) => all.slice(0, end + 1).join(''));
                    return typed.map((one) => Math.min(stroke(one), stroke(one), stroke(one)));
                }"""
            )
            assert max(spent) < KEYSTROKE, spent
            assert page.locator("#rows tr").count() > 0


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_page_type_has_a_serious_fault_of_accessibility(
    browser: Browser, sites: dict[Language, Path], lang: Language
) -> None:
    with opened(browser, sites[lang], "index.html", bypass_csp=True) as page:
        for path in PAGES:
            page.goto(f"file://{sites[lang]}/{path}")
            page.add_script_tag(path=AXE)
            assert grave(page) == [], path
            if lang == "vi":  # the colours are the same in both
                page.emulate_media(color_scheme="dark")
                assert grave(page, runOnly=["color-contrast"]) == [], path
                page.emulate_media(color_scheme="light")


def grave(page: Page, **options: Any) -> list[Any]:
    """The serious and critical faults that axe finds on the page."""
    options = {"preload": False, "resultTypes": ["violations"], **options}
    found = page.evaluate("(options) => axe.run(options).then((all) => all.violations)", options)
    return [
        (one["id"], [node["html"] for node in one["nodes"]][:3])
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]


def test_a_phone_scrolls_one_way_only(browser: Browser, sites: dict[Language, Path], hostile: Path) -> None:
    for site in (sites["vi"], hostile):
        with opened(browser, site, "index.html", viewport={"width": 360, "height": 740}) as page:
            for path in PAGES:
                page.goto(f"file://{site}/{path}")
                assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_the_keyboard_goes_everywhere(browser: Browser, sites: dict[Language, Path]) -> None:
    with opened(browser, sites["vi"], "search.html") as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "text"
        page.keyboard.type("q1-web")
        expect(page.locator("#rows tr")).to_have_count(1)
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent") == "q1-web-1":
                break
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("q1-web-1")


def test_without_script_the_tree_still_leads_to_the_reply(browser: Browser, sites: dict[Language, Path]) -> None:
    with opened(browser, sites["vi"], "search.html", java_script_enabled=False) as page:
        expect(page.locator("#finder")).to_be_hidden()
        page.locator("noscript a").click()
        for link in ("Quận 1", "q1-web-1"):
            page.locator("main").get_by_role("link", name=link).first.click()
        page.locator("article dd a code").first.click()
        expect(page.locator("section:target pre").first).to_contain_text("show ")


def test_hostile_text_is_only_text(browser: Browser, hostile: Path) -> None:
    with opened(browser, hostile, "index.html") as page:
        page.on("dialog", lambda one: pytest.fail(f"a script of the city's ran: {one.message}"))
        for path in PAGES:
            page.goto(f"file://{hostile}/{path}")
            assert page.locator("main script, main b, main img").count() == 0
        page.goto(f"file://{hostile}/search.html")
        expect(page.locator("#rows tr").first).to_contain_text(printable(documents.HOSTILE))
        expect(page.locator("#unit option").nth(1)).to_have_text(printable(documents.HOSTILE))
