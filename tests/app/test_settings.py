"""Settings come from the environment, are checked at the start, and never change."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from app.settings import Settings


def test_everything_has_a_default() -> None:
    settings = Settings()
    assert settings.timezone == "UTC"
    assert settings.max_body_bytes == 20_000_000
    assert settings.not_offered == ()
    assert not settings.show_ineligible


def test_each_setting_is_an_environment_variable_with_the_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "TIMEZONE": "Asia/Shanghai",
        "NOT_OFFERED": "MedicationStatement, Device",
        "SHOW_INELIGIBLE": "true",
        "MAX_BODY_BYTES": "1000",
        "ALLOWED_ORIGINS": "https://sandbox.cds-hooks.org",
    }.items():
        monkeypatch.setenv(f"TRIALCARDS_{name}", value)
    settings = Settings()
    assert settings.zone.key == "Asia/Shanghai"
    assert settings.not_offered == ("MedicationStatement", "Device")
    assert settings.show_ineligible
    assert settings.max_body_bytes == 1000
    assert settings.allowed_origins == ("https://sandbox.cds-hooks.org",)


@pytest.mark.parametrize(
    "base",
    ["https://cds.example.org/trialcards/", "http://localhost:8000", "http://127.0.0.1", "http://[::1]:80/x"],
)
def test_the_base_is_https_or_this_machine_and_loses_its_last_slash(base: str) -> None:
    assert Settings(base_url=base).base_url == base.rstrip("/")


def test_a_password_for_redis_does_not_show_itself() -> None:
    settings = Settings(redis_url="rediss://:a-password@redis.example/0")  # type: ignore[arg-type]  # as given
    assert "a-password" not in repr(settings)


def test_settings_do_not_change_under_a_running_process() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().timezone = "Europe/Berlin"  # type: ignore[misc]  # the point of the test


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("timezone", "Middle/Earth", "IANA"),
        ("timezone", "../etc/passwd", "IANA"),
        ("max_body_bytes", 0, "greater than 0"),
        ("max_nesting", 100_000, "less than or equal to 500"),
        ("not_offered", "Observatoin", "not asked for"),
        ("not_offered", "Condition", "cannot be done without"),
        ("not_offered", "Patient,Device", "cannot be done without"),
        ("base_url", "cds.example.org", "no base URL"),
        ("base_url", "https://cds.example.org?x=1", "no base URL"),
        ("base_url", "https://user@cds.example.org", "no base URL"),
        ("base_url", "http://cds.example.org", "must be https"),
        ("base_url", "http://127.0.0.1.evil.example", "must be https"),
        ("base_url", "http://localhost.evil.example", "must be https"),
        ("database_url", "mysql://db.example/x", "postgresql://"),
        ("database_url", "sqlite://", "name a file"),
        ("database_url", "sqlite:///", "name a file"),
        ("database_url", "sqlite:///:memory:", "name a file"),
        ("database_url", "sqlite://?cache=shared", "name a file"),
        ("retention_days", 0, "greater than or equal to 1"),
        ("redis_url", "http://127.0.0.1:6379", "redis://"),
        ("upload_seconds", 0, "greater than 0"),
        ("hsts_seconds", -1, "greater than or equal to 0"),
        ("log_level", "loud", "Input should be"),
        ("language", "de", "Input should be 'en' or 'zh-CN'"),
    ],
)
def test_what_cannot_be_right_stops_the_start(setting: str, value: object, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Settings(**{setting: value})  # type: ignore[arg-type]  # as the environment would give it


def test_one_kind_of_medication_record_must_be_offered_lest_none_taken_be_concluded_from_nothing() -> None:
    every = "MedicationRequest,MedicationStatement,MedicationAdministration,MedicationDispense"
    with pytest.raises(ValidationError, match="medication"):
        Settings(not_offered=every)  # type: ignore[arg-type]  # as the environment would give it
