"""A store behind TLS for tests: fresh certificates, and a proxy that terminates TLS in front of a plain server."""

import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificates:
    """Files of an authority and of a certificate for 127.0.0.1 that it signed, for both server and client."""

    ca: Path
    certificate: Path
    key: Path


def make_certificates(folder: Path) -> Certificates:
    folder.mkdir()
    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    files = Certificates(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    ca = _certificate("Test authority", authority.public_key(), "Test authority", authority, ca=True)
    files.ca.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    leaf = _certificate("store", own.public_key(), "Test authority", authority, ca=False)
    files.certificate.write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        own.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return files


def _certificate(subject, key, issuer, signer, *, ca: bool) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    )
    return builder.sign(signer, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class TlsProxy:
    """Listens with TLS on a free port, requires a client certificate and forwards all bytes to a Unix socket."""

    def __init__(self, certificates: Certificates, socket_path: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.certificate, certificates.key)
        context.load_verify_locations(certificates.ca)
        context.verify_mode = ssl.CERT_REQUIRED
        self._context, self._socket_path = context, socket_path
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._forward, args=(connection,), daemon=True).start()

    def _forward(self, raw: socket.socket) -> None:
        with (
            suppress(OSError),
            raw,
            socket.socket(socket.AF_UNIX) as server,
            self._context.wrap_socket(raw, server_side=True) as client,
        ):
            server.connect(str(self._socket_path))
            threading.Thread(target=_copy_stream, args=(server, client), daemon=True).start()
            _copy_stream(client, server)


def _copy_stream(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_RDWR)
