"""Pseudonyms tell the same patient again, and nothing else, to nobody without the secret."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest

from app.store.pseudonyms import KEY_FILE, Pseudonyms, kept_secret

NAMES = Pseudonyms("a secret")
SERVER = "https://ehr.example/fhir"


def test_a_pseudonym_is_hmac_sha256_of_length_prefixed_parts() -> None:
    told = b"7:patient6:clinic24:https://ehr.example/fhir1:1"
    expected = hmac.new(b"a secret", told, hashlib.sha256).hexdigest()[:32]
    assert NAMES.of_patient("clinic", SERVER, "1") == expected


def test_it_differs_by_secret_client_server_and_id() -> None:
    made = {
        names.of_patient(client, server, patient)
        for names in (NAMES, Pseudonyms("another"))
        for client in ("a", "b")
        for server in (SERVER, None)
        for patient in ("1", "2")
    }
    assert len(made) == 16


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (SERVER, "https://EHR.example:443/fhir", True),
        (SERVER, "HTTPS://ehr.example/fhir/", True),
        ("http://ehr.example", "http://ehr.example:80/", True),
        ("https://[::1]/r4", "https://[::1]:443/r4", True),
        (SERVER, "https://ehr.example:8443/fhir", False),
        (SERVER, "https://ehr.example:80/fhir", False),
        (SERVER, "http://ehr.example/fhir", False),
        (SERVER, "https://ehr.example/fhir:443", False),
        (SERVER, "https://ehr.example/other", False),
    ],
)
def test_a_server_is_the_same_however_its_address_is_spelt(one: str, other: str, same: bool) -> None:
    assert (NAMES.of_patient("a", one, "1") == NAMES.of_patient("a", other, "1")) == same


def test_parts_do_not_run_together() -> None:
    assert NAMES.of_patient("ab", None, "c") != NAMES.of_patient("a", None, "bc")
    assert NAMES.of_patient("a", SERVER, "1") != NAMES.of_encounter("a", SERVER, "1")


@pytest.mark.parametrize("user", ["Practitioner/123", "PractitionerRole/a-1.b"])
def test_practitioners_are_named_unless_the_operator_wants_otherwise(user: str) -> None:
    assert NAMES.of_user("a", SERVER, user) == user
    hidden = Pseudonyms("a secret", "pseudonymous").of_user("a", SERVER, user)
    assert hidden is not None
    assert "1" not in hidden or user not in hidden
    assert len(hidden) == 32


@pytest.mark.parametrize(
    "user", ["Patient/1", "RelatedPerson/1", "Practitioner/Mei Lin", "Practitioner/" + "1" * 65, "Lin Mei"]
)
def test_patients_relatives_and_whatever_is_no_reference_are_never_named(user: str) -> None:
    hidden = NAMES.of_user("a", SERVER, user)
    assert hidden is not None
    assert len(hidden) == 32
    assert hidden.isalnum()


def test_where_there_is_no_encounter_or_user_there_is_no_pseudonym() -> None:
    assert NAMES.of_encounter("a", SERVER, None) is None
    assert NAMES.of_user("a", SERVER, None) is None


def test_the_kept_secret_is_made_once_long_and_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    secret = kept_secret(folder)
    assert len(secret) == 64
    assert kept_secret(folder) == secret
    assert (folder / KEY_FILE).stat().st_mode & 0o077 == 0
    assert [path.name for path in folder.iterdir()] == [KEY_FILE]


@pytest.mark.parametrize("content", [b"", b"\n", b"too short", b"\xff\xfe"])
def test_a_key_file_that_holds_no_key_is_not_taken_for_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / KEY_FILE).write_bytes(content)
    with pytest.raises(OSError, match="fewer than 32 characters"):
        kept_secret(tmp_path)


def test_a_key_that_could_not_be_written_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            kept_secret(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert len(kept_secret(tmp_path)) == 64
