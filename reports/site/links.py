"""Where each page of the site is, as seen from a page that lies in `root`."""

from __future__ import annotations

from dataclasses import dataclass

from reports.html import file_name, token
from reports.index import Index

SHORT = 16


def path(kind: str, id_: str) -> str:
    """A page's file below the site's folder: `sites/760.html`."""
    return f"{kind}/{file_name(id_)}"


def anchor(digest: str) -> str:
    """Where a reply (`sha256:…`) stands on its page."""
    return f"e-{digest.removeprefix('sha256:')[:SHORT]}"


@dataclass(frozen=True)
class At:
    """Links from a page; `root` is the way from it to the site's folder (`../` or nothing)."""

    index: Index
    root: str

    def has(self, asset: str) -> bool:
        """Whether the asset has a page: it is in scope."""
        return asset in self.index.assets

    def page(self, name: str) -> str:
        return f"{self.root}{name}.html"

    def site(self, id_: str) -> str:
        return self.root + path("sites", id_)

    def asset(self, id_: str) -> str:
        return self.root + path("assets", id_)

    def finding(self, asset: str, check: str) -> str:
        return f"{self.asset(asset)}#{token(check)}"

    def reply(self, asset: str, digest: str) -> str:
        return f"{self.root}{path('replies', asset)}#{anchor(digest)}"

    def system(self, id_: str) -> str:
        return self.root + path("systems", id_)

    def requirement(self, system: str, id_: str) -> str:
        return f"{self.system(system)}#{token(id_)}"

    def check(self, id_: str) -> str:
        return self.root + path("checks", id_)

    def score(self, name: str) -> str:
        return f"{self.root}scores/{name}.html"

    def fixes(self, unit: str) -> str:
        return self.root + path("fixes", unit)
