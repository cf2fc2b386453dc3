"""The operator's file of subscriptions: what cannot be used stops the start, and says where and why."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from app.clients.profile import ClientProfile
from app.clients.registry import Clients
from app.server import create_app
from app.subscriptions.configured import client_of, not_offered_by, screened_for, types_of
from app.subscriptions.profile import (
    Access,
    Subscribed,
    SubscriptionProfile,
    SubscriptionsError,
    read_subscriptions,
)
from app.subscriptions.subscribing import subscription_of
from tests.app.command_line import one_line, runner
from tests.app.service import TRIAL_A, screening_service
from tests.app.store.serving import settings_of
from tests.app.subscriptions.notified import NAME, SECRET, subscriptions_file

BASE = "https://ehr.example/fhir"
DOCUMENT = Path(__file__).parents[3] / "docs" / "subscriptions.md"


def refused(file: Path) -> str:
    with pytest.raises(SubscriptionsError) as error:
        read_subscriptions(file)
    assert SECRET not in str(error.value)
    return str(error.value)


def test_a_file_names_server_and_secret(tmp_path: Path) -> None:
    profile, secrets = read_subscriptions(subscriptions_file(tmp_path))[NAME]
    assert (profile.fhir_base, profile.header) == (BASE, "Authorization")
    assert [secret.get_secret_value() for secret in secrets] == [SECRET]
    assert SECRET not in repr((profile, secrets))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": "No Such"}, "name"),
        ({"fhir_base": "http://ehr.example/fhir"}, "without TLS"),
        ({"fhir_base": "https://user@ehr.example"}, "fhir_base"),
        ({"header": "X Secret"}, "header"),
        ({"secrets_file": "x"}, "there is no such element; docs/subscriptions.md lists them"),
        ({"not_offered": ["Condition"]}, "cannot be done without"),
        ({"access": {"client_id": "x"}}, "give both"),
        (
            {"access": {"bearer_token_file": "x", "client_id": "y", "private_key_file": "z"}},
            "exclude each other",
        ),
    ],
)
def test_what_cannot_be_used_is_told_with_subscription_and_element(
    tmp_path: Path, given: dict[str, Any], told: str
) -> None:
    message = refused(subscriptions_file(tmp_path, given))
    assert message.startswith(f"{tmp_path / 'subscriptions.yaml'}: subscription '{given.get('name', NAME)}'")
    assert told in message


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    assert "'ehr' is given twice" in refused(subscriptions_file(tmp_path, {}, {}))


@pytest.mark.parametrize("secret", ["", "short", "a secret of more than thirty-two characters, with blanks"])
def test_a_secret_that_can_be_guessed_or_not_be_sent_is_refused(tmp_path: Path, secret: str) -> None:
    assert "openssl rand -hex 32" in refused(subscriptions_file(tmp_path, secret=secret))


@pytest.mark.parametrize("content", ["", "[]", "subscriptions: []", "subscriptions: {a: 1}", "a: [", "\0"])
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "subscriptions.yaml"
    file.write_text(content, "utf-8")
    assert refused(file).startswith(str(file))


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path / "absent.yaml")
    file = subscriptions_file(tmp_path)
    (tmp_path / "secret").unlink()
    assert "secret_file" in refused(file)


def test_a_client_that_there_is_not_is_refused_and_one_that_there_is_gives_what_it_knows() -> None:
    client = ClientProfile(id="own", not_offered=("Device",))
    profile = SubscriptionProfile(name=NAME, fhir_base=BASE, secret_file=Path("x"), client="own")
    assert client_of(profile, Clients((client,))) is client
    assert not_offered_by(profile, client, settings_of("sqlite:////x", not_offered=("Consent",))) == {
        "Device"
    }
    with pytest.raises(SubscriptionsError, match="there is no client 'own'; there are: none"):
        client_of(profile, Clients())


def test_protocols_are_named_and_must_be_open() -> None:
    def named(*protocols: str) -> SubscriptionProfile:
        return SubscriptionProfile(name=NAME, fhir_base=BASE, secret_file=Path("x"), protocols=protocols)

    assert list(screened_for(screening_service(), named(TRIAL_A)).protocols) == [TRIAL_A]
    assert all(bound.protocol.open for bound in screened_for(screening_service(), named()).protocols.values())
    closed = next(name for name, bound in screening_service().protocols.items() if not bound.protocol.open)
    with pytest.raises(SubscriptionsError, match="is not open"):
        screened_for(screening_service(), named(closed))
    with pytest.raises(SubscriptionsError, match="there is no protocol 'nct0'"):
        screened_for(screening_service(), named("nct0"))


def test_news_matter_of_the_types_that_the_protocols_need() -> None:
    types = types_of(screening_service(), ("Device",))
    assert {"Patient", "Condition", "Observation", "MedicationRequest"} <= set(types)
    assert "Device" not in types


def test_without_the_store_there_is_nowhere_to_keep_what_comes_of_it(tmp_path: Path) -> None:
    settings = settings_of("sqlite:////x", store=False, subscriptions=subscriptions_file(tmp_path))
    with pytest.raises(SubscriptionsError, match="needs the store"):
        create_app(settings, service=screening_service())


def test_serve_says_in_one_line_what_is_wrong_and_ends_with_5(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "subscriptions.yaml"
    file.write_text(json.dumps({"subscriptions": [{"name": "x"}]}), "utf-8")
    monkeypatch.setenv("TRIALCARDS_SUBSCRIPTIONS", str(file))
    monkeypatch.setenv("TRIALCARDS_STORE", "true")
    monkeypatch.setenv("TRIALCARDS_DATA_DIR", str(tmp_path))
    ran = runner(capsys)("serve", "--port", "18765")
    assert ran.code == 5
    assert one_line(ran.err)
    assert "subscription 'x', fhir_base: Field required" in ran.err


def test_the_token_of_a_server_comes_from_a_file_and_not_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIALCARDS_CLIENT_ID", "of-the-command-line")
    (tmp_path / "token").write_text(" the-token\n", "utf-8")
    given = {"access": {"bearer_token_file": str(tmp_path / "token")}}
    profile, _ = read_subscriptions(subscriptions_file(tmp_path, given))[NAME]
    access = profile.access.of_server()
    assert (access.bearer_token, access.client_id) == (SecretStr("the-token"), None)


def test_the_document_lists_every_element_of_the_file() -> None:
    words = DOCUMENT.read_text("utf-8").partition("### The file")[2].partition("## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", words, re.MULTILINE) == list(SubscriptionProfile.model_fields)
    assert set(Access.model_fields) <= set(re.findall(r"`(\w+)`", words))


def test_the_subscription_in_the_document_is_the_one_that_is_made() -> None:
    shown = re.search(r"```json\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    assert shown
    written = json.loads(shown[1].replace("THE-SECRET", SECRET))
    profile = SubscriptionProfile(name="general-hospital", fhir_base=BASE, secret_file=Path("x"))
    subscribed = Subscribed(profile, (SecretStr(SECRET),))
    endpoint = "https://cds.example.org/subscriptions/general-hospital"
    assert written == subscription_of("Observation", subscribed, endpoint)


def test_the_file_in_the_document_can_be_used(tmp_path: Path) -> None:
    shown = re.search(r"```yaml\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    assert shown
    (tmp_path / "secret").write_text(SECRET, "utf-8")
    file = tmp_path / "subscriptions.yaml"
    told = re.sub(r"/etc/trialcards/general-hospital.secret", str(tmp_path / "secret"), shown[1])
    file.write_text(textwrap.dedent(told), "utf-8")
    assert list(read_subscriptions(file)) == ["general-hospital"]
