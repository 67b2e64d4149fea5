"""A store behind TLS for tests: certificates made on the spot, and a endpoint that ends TLS before an ordinary server."""

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
class Papers:
    """Files of one authority and of what it signed for 127.0.0.1: good for the server and for the client."""

    ca: Path
    certificate: Path
    key: Path


def papers(folder: Path) -> Papers:
    folder.mkdir()
    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    made = Papers(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    ca = _certificate("Test authority", authority.public_key(), "Test authority", authority, ca=True)
    made.ca.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    leaf = _certificate("store", own.public_key(), "Test authority", authority, ca=False)
    made.certificate.write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        own.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return made


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


class TlsDoor:
    """Listens with TLS on a port of its own and passes all on to a unix socket. It asks for the client's certificate."""

    def __init__(self, known: Papers, inside: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(known.certificate, known.key)
        context.load_verify_locations(known.ca)
        context.verify_mode = ssl.CERT_REQUIRED
        self._context, self._inside = context, inside
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                outside, _ = self._listener.accept()
                threading.Thread(target=self._pass, args=(outside,), daemon=True).start()

    def _pass(self, raw: socket.socket) -> None:
        with (
            suppress(OSError),
            raw,
            socket.socket(socket.AF_UNIX) as server,
            self._context.wrap_socket(raw, server_side=True) as client,
        ):
            server.connect(str(self._inside))
            threading.Thread(target=_pump, args=(server, client), daemon=True).start()
            _pump(client, server)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_RDWR)
