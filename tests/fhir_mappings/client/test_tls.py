"""TLS: the certificate is checked against the name, though the connection goes to an address."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.fhir_mappings.client.asking import CONDITIONS, as_json, ask, page
from tests.fhir_mappings.client.misbehaving import always, answer, serving
from tests.fhir_mappings.client.names import invented

Certified = tuple[ssl.SSLContext, str]
SERVER = always(answer(as_json(page("a"))))


@pytest.fixture
def certified(tmp_path: Path) -> Callable[[str], Certified]:
    """A server's side of TLS for a name, and the file of the authority that vouches for it."""

    def make(host: str) -> Certified:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        ca_file, both = tmp_path / "ca.pem", tmp_path / "server.pem"
        ca_file.write_bytes(pem)
        both.write_bytes(private + pem)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(both)
        return context, str(ca_file)

    return make


def ask_as(
    name: str, tls: Certified, ca_file: str | None, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, str | None, int]:
    """State and reason, and how many requests arrived."""
    invented(monkeypatch).answers = [["127.0.0.1"]]
    with serving(SERVER, tls[0]) as server:
        base = f"https://{name}:{server.port}/fhir"
        found = ask(CONDITIONS, base=base, private_allowed=True, ca_file=ca_file).fetched["0"]
        return found.state, found.why, len(server.heads)


def test_a_server_whose_name_an_authority_vouches_for_is_asked(
    certified: Callable[[str], Certified], monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = certified("ehr.example")
    assert ask_as("ehr.example", tls, tls[1], monkeypatch) == ("complete", None, 1)


def test_a_server_with_the_certificate_of_another_is_sent_nothing(
    certified: Callable[[str], Certified], monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = certified("other.example")
    assert ask_as("ehr.example", tls, tls[1], monkeypatch) == ("failed", "unreachable", 0)


def test_a_server_that_nobody_known_vouches_for_is_sent_nothing(
    certified: Callable[[str], Certified], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask_as("ehr.example", certified("ehr.example"), None, monkeypatch) == ("failed", "unreachable", 0)
