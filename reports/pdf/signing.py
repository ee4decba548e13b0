"""Digital signatures of reports (PAdES, ETSI EN 319 142): made with the city's key, examined with its authorities.

The only module that knows pyHanko. A signature is added behind the report: its first bytes stay as they were drawn.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from asn1crypto.x509 import Certificate
from pyhanko.keys import load_certs_from_pemder
from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner, fields
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_cms import Signer
from pyhanko.sign.timestamps import HTTPTimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko.sign.validation import (
    EmbeddedPdfSignature,
    PdfSignatureStatus,
    SignatureCoverageLevel,
    validate_pdf_signature,
)
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext

from inventory import secrets
from inventory.faults import BadInput
from inventory.signing import Signing, Token
from reports.document import VIETNAM
from reports.pdf import stamp
from reports.pdf.page import Drawn
from reports.words import Words

FIELD = "ChuKySo"
logging.getLogger("pyhanko").addHandler(logging.NullHandler())  # what it would say comes back as an exception
logging.getLogger("pyhanko_certvalidator").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class Seal:
    """How reports are signed: the city's settings, and the workspace that their paths are below."""

    settings: Signing
    workspace: Path

    def sign(self, drawn: Drawn, agency: str, words: Words) -> bytes:
        """The report with its signature. Raises `BadInput` where key, passphrase or time stamp cannot be had."""
        with _signer(self.settings, self.workspace) as signer:
            return _signed(drawn, signer, self.settings, agency, words)


@dataclass(frozen=True, slots=True)
class Signature:
    """What a signature is found to be. `at` is the time stamp's, or what the signer says (`stamped` tells which).

    `whole`: nothing was changed and nothing follows what was signed. `trusted`: one of the authorities vouches for the
    signer, at that time.
    """

    signer: str
    at: datetime | None
    stamped: bool
    whole: bool
    trusted: bool


class _Picture(PdfContent):
    """The only page of a PDF as the appearance of a signature."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._content = content

    def render(self) -> bytes:
        page = self._ensure_writer.import_page_as_xobject(PdfFileReader(io.BytesIO(self._content)))
        self.resources.xobject["/Mark"] = page
        left, bottom, right, top = page.get_object()["/BBox"]
        self.box = BoxConstraints(width=right - left, height=top - bottom)
        return b"/Mark Do"


def _signed(drawn: Drawn, signer: Signer, settings: Signing, agency: str, words: Words) -> bytes:
    left, bottom, right, top = (round(edge) for edge in drawn.place.box)
    name = str(signer.signing_cert.subject.native.get("common_name", "")) if signer.signing_cert else ""
    lines = stamp.lines(name, agency, datetime.now(VIETNAM), words)
    mark = _Picture(stamp.draw(lines, right - left, top - bottom))
    writer = IncrementalPdfFileWriter(io.BytesIO(drawn.content))
    field = fields.SigFieldSpec(FIELD, on_page=drawn.place.page, box=(left, bottom, right, top))
    metadata = PdfSignatureMetadata(FIELD, md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES, name=name)
    signing = PdfSigner(
        metadata,
        signer,
        timestamper=HTTPTimeStamper(settings.timestamp) if settings.timestamp else None,
        stamp_style=StaticStampStyle(background=mark, border_width=0),
        new_field_spec=field,
    )
    try:
        return bytes(signing.sign_pdf(writer).getvalue())
    except TimestampRequestError as error:
        raise BadInput(
            f"The time stamp service {settings.timestamp} gave none ({error}). Nothing was signed."
        ) from error
    except SigningError as error:
        raise BadInput(f"The report cannot be signed ({error}). Check 'signing' in city.yaml.") from error


@contextmanager
def _signer(settings: Signing, workspace: Path) -> Iterator[Signer]:
    """The key, for as long as it is needed; its passphrase is fetched now and kept nowhere."""
    passphrase = secrets.resolve(settings.passphrase, workspace) if settings.passphrase else None
    if settings.pkcs11 is not None:
        with _on_token(settings.pkcs11, passphrase) as signer:
            yield signer
    else:
        yield _in_file(workspace / str(settings.pkcs12), passphrase)


def _in_file(path: Path, passphrase: str | None) -> Signer:
    try:
        secret = passphrase.encode() if passphrase is not None else None
        signer: Signer = SimpleSigner.load_pkcs12_data(path.read_bytes(), [], passphrase=secret)
    except OSError as error:
        raise BadInput(f"{path}: the key cannot be read ({error.strerror}). Check 'signing' in city.yaml.") from error
    except ValueError:  # its text may tell of the passphrase
        mend = "Check the file, and what the passphrase's place holds."
        raise BadInput(f"{path}: the key cannot be opened. {mend}") from None
    return signer


@contextmanager
def _on_token(token: Token, pin: str | None) -> Iterator[Signer]:
    # The driver is loaded into this process: only for those who have such a token.
    from pkcs11.exceptions import PKCS11Error  # noqa: PLC0415
    from pyhanko.config.pkcs11 import TokenCriteria  # noqa: PLC0415
    from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session  # noqa: PLC0415

    try:
        with open_pkcs11_session(token.module, token_criteria=TokenCriteria(token.token), user_pin=pin) as session:
            key = partial(PKCS11Signer, session, cert_label=token.key, key_label=token.key)
            certificate = key().signing_cert
            # many tokens sign digests with elliptic curves, but do not digest for them
            raw = certificate is not None and certificate.public_key.algorithm == "ec"
            yield key(use_raw_mechanism=raw)
    except (PKCS11Error, PdfError, RuntimeError) as error:
        why = type(error).__name__  # its text may tell of the secret
        raise BadInput(f"The key '{token.key}' on the token '{token.token}' cannot be used ({why}).") from None


def examine(content: bytes, authorities: Sequence[Path]) -> list[Signature]:
    """Every signature that a PDF bears. Raises `BadInput` where an authority's file cannot be read."""
    roots = [root for path in authorities for root in _certificates(path)]
    try:
        found = PdfFileReader(io.BytesIO(content), strict=False).embedded_signatures
        return [_examined(signature, roots) for signature in found]
    except (PdfError, SignatureValidationError, ValueError, LookupError, TypeError, AttributeError) as error:
        return [Signature(f"({type(error).__name__})", None, stamped=False, whole=False, trusted=False)]


def _certificates(path: Path) -> list[Certificate]:
    try:
        return list(load_certs_from_pemder([str(path)]))  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: is no certificate that can be read. Check 'authorities' in city.yaml.") from error


def _examined(signature: EmbeddedPdfSignature, roots: Sequence[Certificate]) -> Signature:
    """Judged for the time at which it was made: that of its time stamp if it has a good one, else what it says."""
    said = signature.self_reported_timestamp
    status = _status(signature, roots, said)
    stamped = status.timestamp_validity
    good = stamped is not None and stamped.valid and stamped.intact and stamped.trusted
    if stamped is not None and good:
        status = _status(signature, roots, stamped.timestamp)
    return Signature(
        signer=str(signature.signer_cert.subject.native.get("common_name", "?")),
        at=stamped.timestamp if stamped is not None and good else said,
        stamped=good,
        whole=bool(status.intact and status.valid and _nothing_follows(status)),
        trusted=status.bottom_line,
    )


def _status(signature: EmbeddedPdfSignature, roots: Sequence[Certificate], at: datetime | None) -> PdfSignatureStatus:
    context = ValidationContext(trust_roots=list(roots), allow_fetching=False, moment=at)
    either = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)
    return validate_pdf_signature(signature, context, key_usage_settings=either)


def _nothing_follows(status: PdfSignatureStatus) -> bool:
    """What was signed is the whole file, or is followed by further signatures alone."""
    level = status.modification_level
    return status.coverage == SignatureCoverageLevel.ENTIRE_FILE or (
        level is not None and level <= ModificationLevel.FORM_FILLING and bool(status.docmdp_ok)
    )
