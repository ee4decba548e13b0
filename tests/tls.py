"""Servers of every kind that a service endpoint can be, on loopback, with certificates made on the spot."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

LOOPBACK = "127.0.0.1"
NAME = "dich-vu.example"
SHORT = 1024
NGINX = """
{main}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {servers}
}}
"""


@dataclass(frozen=True)
class Pair:
    """A certificate with its key, as files."""

    certificate: Path
    key: Path


@cache
def key(bits: int) -> rsa.RSAPrivateKey:
    """A key of this length; one serves all, since it takes long to make."""
    return rsa.generate_private_key(65537, bits)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _names(names: Sequence[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_general(name) for name in names])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the test's own."""

    folder: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def issue(
        self,
        label: str,
        names: Sequence[str] = (NAME,),
        days: tuple[float, float] = (-10, 90),
        bits: int = 2048,
        self_signed: bool = False,
    ) -> Pair:
        """A certificate for `names`, valid from and to so many days from now."""
        own, subject = key(bits), _name(label)
        now = datetime.now(UTC)
        built = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if self_signed else self.certificate.subject)
            .public_key(own.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=days[0]))
            .not_valid_after(now + timedelta(days=days[1]))
            .add_extension(_names(names), critical=False)
            .sign(own if self_signed else self.key, hashes.SHA256())
        )
        return _write(self.folder, label, built, own)


def authority(folder: Path, label: str = "Test CA") -> Authority:
    """An authority; its certificate stands in `folder/authorities`."""
    own, subject, now = ec.generate_private_key(ec.SECP256R1()), _name(label), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=20))
        .not_valid_after(now + timedelta(days=900))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(own, hashes.SHA256())
    )
    trusted = folder / "authorities"
    trusted.mkdir(parents=True, exist_ok=True)
    (trusted / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(folder, certificate, own)


def _write(folder: Path, label: str, certificate: x509.Certificate, own: Any) -> Pair:
    pair = Pair(folder / f"{label}.pem", folder / f"{label}.key")
    pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pair.key.write_bytes(own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return pair


@contextmanager
def nginx(folder: Path, servers: str, ports: Sequence[int], main: str = "") -> Iterator[None]:
    """A real nginx with these server blocks, and `main` before all, once it takes connections at `ports`."""
    folder.mkdir(exist_ok=True)
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, servers=servers, main=main))
    with (folder / "out").open("wb") as out:
        server = subprocess.Popen(["/usr/sbin/nginx", "-e", folder / "error.log", "-c", config], stderr=out)
    try:
        for port in ports:
            _await(port, folder / "out")
        yield
    finally:
        server.terminate()
        server.wait()


def _await(port: int, log: Path) -> None:
    end = time.monotonic() + 10
    while True:
        with suppress(OSError), socket.create_connection((LOOPBACK, port), 1):
            return
        assert time.monotonic() < end, log.read_text(errors="replace")
        time.sleep(0.02)


@contextmanager
def tls_server(pair: Pair, versions: tuple[ssl.TLSVersion, ssl.TLSVersion], ciphers: str) -> Iterator[int]:
    """A server that ends every connection after its handshake; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(ciphers)
    context.load_cert_chain(pair.certificate, pair.key)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the old versions are what this server is for
        context.minimum_version, context.maximum_version = versions
    with socket.create_server((LOOPBACK, 0)) as listener:
        port: int = listener.getsockname()[1]
        thread = threading.Thread(target=_greet, args=(listener, context), daemon=True)
        thread.start()
        yield port
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _greet(listener: socket.socket, context: ssl.SSLContext) -> None:
    with suppress(OSError):
        while True:
            caller, _ = listener.accept()
            caller.settimeout(5)
            with suppress(OSError, ssl.SSLError), context.wrap_socket(caller, server_side=True) as secure:
                secure.recv(1 << 12)
            caller.close()
