"""HTML from templates: what machines and files say is escaped, and nothing in it can hide or turn its direction."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from reports import export
from reports.text import measured, printable, verification

TEMPLATES = Path(__file__).parent / "templates"


def _shown(value: object) -> object:
    """Text without characters that could turn its direction or hide it; markup of our own as it is."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@lru_cache
def templates() -> Environment:
    """All templates. A name that a template does not get is an error."""
    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.globals.update(measured=measured, token=token, verbatim=verbatim, verification=verification)
    found.globals["style"] = Markup(style())  # noqa: S704 - our own style sheet
    found.globals["style_digest"] = "sha256-" + base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return found


@lru_cache
def style() -> str:
    """The style sheet of every page."""
    return (TEMPLATES / "style.css").read_text(encoding="utf-8")


def verbatim(text: str) -> Markup:
    """The text with its line breaks, for `<pre>`: all else that is not to be seen is spelt out."""
    return Markup("\n").join(escape(printable(line)) for line in text.expandtabs(8).split("\n"))


@lru_cache(maxsize=4096)
def token(id_: str) -> str:
    """The id as a file name or anchor, whatever it is made of: no two share one, and none is `index`."""
    return export.file_name(id_, "html").removesuffix(".html")


def file_name(id_: str) -> str:
    """A file name for what has this id."""
    return f"{token(id_)}.html"
