"""A PDF read back: what it carries and what its pages say. Such a file may come from anyone."""

from __future__ import annotations

import io
import logging
import re

from pypdf import PdfReader
from pypdf.errors import PyPdfError

logging.getLogger("pypdf").addHandler(
    logging.NullHandler()
)  # what it would say of a bad file comes back as an exception


class NotReadable(Exception):
    """The file is no PDF that can be read."""


def attachment(content: bytes, name: str) -> bytes | None:
    """The file of this name that the PDF carries. Raises `NotReadable`."""
    try:
        found = PdfReader(io.BytesIO(content), strict=True).attachments.get(name)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise NotReadable(str(error)) from error
    return found[0] if found else None


def pages(content: bytes) -> list[list[str]]:
    """The words of each page, in the order drawn. Raises `NotReadable`."""
    try:
        texts = [page.extract_text() for page in PdfReader(io.BytesIO(content), strict=True).pages]
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise NotReadable(str(error)) from error
    return [re.sub(r"\s+", " ", text).split(" ") for text in texts]
