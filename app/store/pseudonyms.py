"""Pseudonyms: keyed hashes in the place of what names a patient.

HMAC-SHA256 (RFC 2104, FIPS 198-1) with the operator's secret, so that nobody without it can try ids out. Ids
of patients are unique within one FHIR server only, so the server and the client go into the hash; two clients
never share what is known of a patient.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path
from typing import Literal

_STAFF = re.compile(r"(?:Practitioner|PractitionerRole)/[A-Za-z0-9.\-]{1,64}")
_OWN_PORT = re.compile(r"^(?:(https://[^/]+):443|(http://[^/]+):80)(?=/|$)")
KEY_FILE = "pseudonym.key"
LEAST_KEY_LENGTH = 32
"""Characters that a secret has at least."""


class Pseudonyms:
    """Makes pseudonyms with one secret: 32 hexadecimal characters (128 bits) each."""

    def __init__(self, secret: str, users: Literal["named", "pseudonymous"] = "named") -> None:
        self._secret = secret.encode()
        self._users = users

    def of_patient(self, client: str, fhir_server: str | None, patient_id: str) -> str:
        """The patient's, for this client."""
        return self._keyed("patient", client, _base(fhir_server), patient_id)

    def of_encounter(self, client: str, fhir_server: str | None, encounter_id: str | None) -> str | None:
        """The encounter's, for this client; ``None`` where there is none."""
        if not encounter_id:
            return None
        return self._keyed("encounter", client, _base(fhir_server), encounter_id)

    def of_closing(self, client: str, fhir_server: str | None, patient_id: str, closing: str) -> str:
        """Of what an order would close, for this patient: it names a drug, which is not to be kept."""
        return self._keyed("closing", client, _base(fhir_server), patient_id, closing)

    def of_user(self, client: str, fhir_server: str | None, user: str | None) -> str | None:
        """A reference to a practitioner as it came, where the operator wants users named; else a pseudonym.

        A patient or a relative who is the user is never named.
        """
        if not user:
            return None
        if self._users == "named" and _STAFF.fullmatch(user):
            return user
        return self._keyed("user", client, _base(fhir_server), user)

    def key_for(self, purpose: str) -> bytes:
        """32 bytes for another purpose, from which the secret cannot be told."""
        return hmac.new(self._secret, f"key for {purpose}".encode(), hashlib.sha256).digest()

    def _keyed(self, *parts: str) -> str:
        # Lengths before the parts, so that no two lists of parts read the same.
        told = b"".join(b"%d:%s" % (len(part.encode()), part.encode()) for part in parts)
        return hmac.new(self._secret, told, hashlib.sha256).hexdigest()[:32]


def _base(fhir_server: str | None) -> str:
    """The server, however its address is spelt: scheme and host in any case, with or without the port that
    the scheme has by itself (RFC 3986, 6.2).

    The path too counts in any case: that two servers differ by it alone is unheard of, and what is kept under
    the pseudonyms must be found again.
    """
    return _OWN_PORT.sub(r"\1\2", (fhir_server or "").rstrip("/").lower())


def kept_secret(folder: Path, *, make: bool = True) -> str:
    """The secret in the folder's key file, readable by its owner alone; ``make``: made where there is none.

    Raises:
        OSError: it cannot be read or written, or is too short to be one.
    """
    path = folder / KEY_FILE
    if make:
        _make_secret(folder, path)
    secret = path.read_text("utf-8", "replace").strip()
    if len(secret) < LEAST_KEY_LENGTH:  # of a disk that was full; with it anybody could try ids out
        raise OSError(
            errno.EINVAL, f"it has fewer than {LEAST_KEY_LENGTH} characters; restore or remove it", str(path)
        )
    return secret


def _make_secret(folder: Path, path: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written aside and linked: of several processes that start at once, one wins and none reads half a file.
    aside = folder / f".{KEY_FILE}.{os.getpid()}.{secrets.token_hex(4)}"
    if not path.exists():
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_hex(32))
                file.flush()
                os.fsync(file.fileno())
            os.link(aside, path)
        except FileExistsError:
            pass
        finally:
            aside.unlink()
