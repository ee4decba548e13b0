"""Interconnection: is a site's path to its parent proven from both ends, and do the shared services answer from it."""

from __future__ import annotations

from collections.abc import Iterator

from reports.document import Link, Service
from reports.index import Index
from reports.judging import Lens, Verdict, all_of, any_of, not_good, verdict

LINK = "link."
HUB = "route.hub"
FROM_SERVER = "route.from_server"
SERVICE = "service.answers"
NO_MEANS = "unsupported_platform"


def proven(index: Index, site: str, lens: Lens) -> Verdict:
    """One link to the parent holds at both its ends, its device reaches the hub, every service that it uses answers.

    Where the site has no device that can be asked, a server there reaches the hub.

    A service must answer from every asset of the site that asks for it: were an asset that cannot be asked left out,
    cutting it off could raise the score (law 2).
    """
    links = (_link_holds(index, link, lens) for link in index.links_up.get(site, ()))
    path = any_of((*links, *(_holds(index, owed, lens) for owed in observed(index, site))))
    services = (
        answers(index, site, service["id"], lens)
        for service in index.document["services"]
        if used(index, site, service)
    )
    return all_of((path, *services))


def not_proven(index: Index, site: str) -> tuple[str, ...]:
    """What is not good on the way, as `asset/check`."""
    keys = [
        f"{asset}/{check}"
        for link in index.links_up.get(site, ())
        for asset, expected in _ends(index, link)
        for check in not_good(index.found.get(asset, {}), expected)
    ]
    for asset, check in observed(index, site):
        keys += [f"{asset}/{one}" for one in not_good(index.found.get(asset, {}), (check,))]
    for service in index.document["services"]:
        for asset, check in askers(index, site, service["id"]):
            keys += [f"{asset}/{one}" for one in not_good(index.found.get(asset, {}), (check,))]
    return tuple(dict.fromkeys(keys))


def observed(index: Index, site: str) -> Iterator[tuple[str, str]]:
    """(asset, check) of the server that measures the path of a site without a device."""
    observer = index.observer(site)
    if observer is not None:
        yield from ((observer, check) for check in index.expected_of(index.all_assets[observer], FROM_SERVER))


def used(index: Index, site: str, service: Service) -> bool:
    """The site must reach the service: a shared one always, an outside end where something there uses it."""
    return not service.get("used_by") or any(askers(index, site, service["id"]))


def _holds(index: Index, owed: tuple[str, str], lens: Lens) -> Verdict:
    asset, check = owed
    return verdict(index.found.get(asset, {}), (check,), lens)


def _link_holds(index: Index, link: Link, lens: Lens) -> Verdict:
    return all_of(verdict(index.found.get(asset, {}), expected, lens) for asset, expected in _ends(index, link))


def _ends(index: Index, link: Link) -> Iterator[tuple[str, list[str]]]:
    """The assets at both ends, each with what is expected of it for this link; the hub is the child's to reach."""
    for end in ("child", "parent"):
        asset = index.all_assets[link[end]["asset"]]
        yield asset["id"], [check for check in index.expected(asset) if _about(check, link["id"])]
    child = index.all_assets[link["child"]["asset"]]
    yield child["id"], list(index.expected_of(child, HUB))


def seen(index: Index, link: Link) -> Iterator[tuple[str, str]]:
    """(asset, check) of everything that is owed about the link, from both its ends."""
    yield from ((asset, check) for asset, expected in _ends(index, link) for check in expected)


def _about(check: str, link: str) -> bool:
    return check.startswith(LINK) and check.endswith(f"@{link}")


def answers(index: Index, site: str, service: str, lens: Lens) -> Verdict:
    """As one verdict over all assets of the site that ask for the service."""
    asked = {f"{asset}/{check}": index.found.get(asset, {}).get(check) for asset, check in askers(index, site, service)}
    return verdict({key: finding for key, finding in asked.items() if finding}, asked, lens)


def askers(index: Index, site: str, service: str) -> Iterator[tuple[str, str]]:
    """(asset, check) of everything at the site that owes an answer about the service.

    A device whose platform has no means to try is left out where another asset can: its answer could never come.
    """
    owed = [
        (asset["id"], check)
        for asset in index.at_site.get(site, ())
        for check in index.expected_of(asset, SERVICE)
        if check == f"{SERVICE}@{service}"
    ]
    able = [(asset, check) for asset, check in owed if not _has_no_means(index, asset, check)]
    yield from able or owed


def _has_no_means(index: Index, asset: str, check: str) -> bool:
    finding = index.found.get(asset, {}).get(check)
    return finding is not None and finding["cause"] == NO_MEANS
