"""Keys made for one test: an authority, signers that it vouches for, a time stamp service of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, cast

from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

SIGNER = "Nguyễn Thị Ánh Tuyết"
PASSPHRASE = "một-mật-khẩu-chỉ-để-thử"
DER = serialization.Encoding.DER
SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
_PUT_CERTIFICATE = """
import sys, pathlib, pkcs11
from asn1crypto import x509
module, label, pin, file = sys.argv[1:]
content = pathlib.Path(file).read_bytes()
subject = x509.Certificate.load(content).subject.dump()
with pkcs11.lib(module).get_token(token_label=label).open(rw=True, user_pin=pin) as session:
    session.create_object({
        pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE,
        pkcs11.Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
        pkcs11.Attribute.TOKEN: True, pkcs11.Attribute.LABEL: label, pkcs11.Attribute.ID: bytes([1]),
        pkcs11.Attribute.SUBJECT: subject, pkcs11.Attribute.VALUE: content})
"""
# without types of their own
_KEY, _CERTIFICATE, _REQUEST, _STORE = cast(
    tuple[Any, Any, Any, Any], (keys.PrivateKeyInfo, asn1.Certificate, tsp.TimeStampReq, SimpleCertificateStore)
)
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Held:
    """A key with its certificate and that of who vouches for it."""

    key: Key
    certificate: x509.Certificate
    issuer: x509.Certificate

    def pkcs12(self) -> bytes:
        kept = serialization.BestAvailableEncryption(PASSPHRASE.encode())
        return pkcs12.serialize_key_and_certificates(b"ky-so", self.key, self.certificate, [self.issuer], kept)

    def token(self, folder: Path, label: str) -> Mapping[str, str]:
        """Put key and certificate on a software token (SoftHSM) in `folder`; the environment that finds it there."""
        folder.mkdir()
        settings = folder / "softhsm2.conf"
        settings.write_text(f"directories.tokendir = {folder}\nobjectstore.backend = file\n")
        environment = {**os.environ, "SOFTHSM2_CONF": str(settings)}
        plain = serialization.NoEncryption()
        pem = self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        (folder / "key.pem").write_bytes(pem)
        (folder / "certificate.der").write_bytes(self.certificate.public_bytes(DER))
        pins = ["--so-pin", PASSPHRASE, "--pin", PASSPHRASE]
        init = ["softhsm2-util", "--init-token", "--free", "--label", label, *pins]
        key = ["softhsm2-util", "--import", str(folder / "key.pem"), "--token", label, "--label", label, "--id", "01"]
        put = [sys.executable, "-c", _PUT_CERTIFICATE, SOFTHSM, label, PASSPHRASE, str(folder / "certificate.der")]
        for command in (init, [*key, "--pin", PASSPHRASE], put):
            subprocess.run(command, env=environment, check=True, capture_output=True)
        (folder / "key.pem").unlink()
        return {"SOFTHSM2_CONF": str(settings)}

    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def authority(name: str) -> Held:
    """A certificate that vouches for itself and others."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(name, key, None)
    return Held(key, certificate, certificate)


def signer(by: Held, name: str = SIGNER, *, stamps: bool = False) -> Held:
    """A signer, or a time stamp service, that `by` vouches for."""
    key: Key = rsa.generate_private_key(65537, 2048) if stamps else ec.generate_private_key(ec.SECP256R1())
    return Held(key, _certificate(name, key, by, stamps=stamps), by.certificate)


def _certificate(name: str, key: Key, by: Held | None, *, stamps: bool = False) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    usage = dict.fromkeys(
        ("data_encipherment", "key_agreement", "key_encipherment", "encipher_only", "decipher_only"), False
    )
    own = by is None
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=own, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not own, content_commitment=not own, key_cert_sign=own, crl_sign=own, **usage
            ),
            critical=True,
        )
    )
    if stamps:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return made.sign(by.key if by else key, hashes.SHA256())


def keep(workspace: Path, held: Held, *authorities: Held, timestamp: str = "", how: str = "") -> None:
    """Put key and authorities into the workspace, and into its city.yaml how reports are signed."""
    folder = workspace / "keys"
    folder.mkdir(exist_ok=True)
    (folder / "ky-so.p12").write_bytes(held.pkcs12())
    for number, one in enumerate(authorities):
        (folder / f"ca-{number}.pem").write_bytes(one.pem())
    named = ", ".join(f"keys/ca-{number}.pem" for number in range(len(authorities)))
    key = how or "pkcs12: keys/ky-so.p12"
    stamps = f", timestamp: '{timestamp}'" if timestamp else ""
    signing = f"signing: {{{key}, passphrase: 'env:KY_SO', authorities: [{named}]{stamps}}}\n"
    (workspace / "city.yaml").write_text(
        f"format: 1\nname: Thành phố\ntree: hcmc-2025\nmode: lab\n{signing}", encoding="utf-8"
    )


@contextmanager
def time_stamps(held: Held) -> Iterator[str]:
    """The URL of a service on loopback that stamps with this key."""
    key = held.key.private_bytes(DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    store = _STORE()
    store.register(_CERTIFICATE.load(held.issuer.public_bytes(DER)))
    stamper = DummyTimeStamper(
        tsa_cert=_CERTIFICATE.load(held.certificate.public_bytes(DER)),
        tsa_key=_KEY.load(key),
        certs_to_embed=store,
    )

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = _REQUEST.load(self.rfile.read(int(self.headers["Content-Length"])))
            response: Any = stamper.request_tsa_response(request)
            answer = response.dump()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """A test says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
