"""A hook request is read leniently, except where its meaning would be in doubt."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from cds_hooks import errors
from cds_hooks.errors import (
    CdsHooksError,
    InvalidRequestError,
    MissingElementError,
    NotJsonError,
    UnservedHookError,
    WrongPatientError,
)
from cds_hooks.hooks import HOOKS, OrderSelectContext, OrderSignContext
from cds_hooks.requests import HookRequest, read_request

AUTHORIZATION = {
    "access_token": "secret-token",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "user/Patient.read",
    "subject": "client",
}


def body(**changed: Any) -> bytes:
    request: dict[str, Any] = {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/1", "patientId": "123"},
    }
    request.update(changed)
    return json.dumps({key: value for key, value in request.items() if value is not ...}).encode()


def read(**changed: Any) -> HookRequest:
    return read_request(body(**changed), HOOKS)


def test_a_request_tells_hook_instance_patient_and_user() -> None:
    request = read()
    assert (request.hook.name, request.context.patient_id) == ("patient-view", "123")
    assert request.context.user_id == "Practitioner/1"
    assert request.prefetch == {}
    assert request.authorization is None


@pytest.mark.parametrize("element", ["hook", "hookInstance", "context"])
@pytest.mark.parametrize("value", [..., None, ""])
def test_a_required_element_that_lacks_is_named(element: str, value: Any) -> None:
    if element == "context" and value == "":
        with pytest.raises(NotJsonError, match="'context' is not a JSON object"):
            read(context="")
        return
    with pytest.raises(MissingElementError) as raised:
        read(**{element: value})
    assert raised.value.expression == element
    assert raised.value.status == 400


@pytest.mark.parametrize("lacking", ["userId", "patientId"])
def test_a_required_element_of_the_context_that_lacks_is_named(lacking: str) -> None:
    context = {"userId": "Practitioner/1", "patientId": "123"}
    del context[lacking]
    with pytest.raises(MissingElementError, match=f"context.{lacking}"):
        read(context=context)


@pytest.mark.parametrize("hook", [name for name in HOOKS if name != "patient-view"])
def test_every_hook_of_the_library_wants_its_own_context(hook: str) -> None:
    with pytest.raises(MissingElementError, match=r"context\."):
        read(hook=hook)


def test_order_hooks_carry_selections_and_draft_orders() -> None:
    context = {
        "userId": "Practitioner/1",
        "patientId": "123",
        "selections": ["MedicationRequest/1"],
        "draftOrders": {"resourceType": "Bundle", "entry": []},
    }
    selected = read(hook="order-select", context=context).context
    assert isinstance(selected, OrderSelectContext)
    assert selected.selections == ("MedicationRequest/1",)
    signed = read(hook="order-sign", context=context).context
    assert isinstance(signed, OrderSignContext)
    assert msgspec.json.decode(signed.draft_orders)["resourceType"] == "Bundle"


def test_nothing_may_be_selected() -> None:
    context = {"userId": "Practitioner/1", "patientId": "123", "selections": [], "draftOrders": {"entry": []}}
    selected = read(hook="order-select", context=context).context
    assert isinstance(selected, OrderSelectContext)
    assert selected.selections == ()


@pytest.mark.parametrize("selections", [None, "", {}])
def test_selections_that_are_no_list_are_lacking(selections: object) -> None:
    context = {"userId": "Practitioner/1", "patientId": "123", "draftOrders": {"entry": []}}
    with pytest.raises(MissingElementError, match=r"context\.selections"):
        read(hook="order-select", context={**context, "selections": selections})


def test_a_hook_that_is_not_served_is_named_with_those_that_are() -> None:
    with pytest.raises(UnservedHookError, match=r"'order-sign' is not served here; served: patient-view"):
        read_request(body(hook="order-sign"), ("patient-view",))


def test_a_resource_type_before_an_id_is_taken_off() -> None:
    context = {"userId": "Practitioner/1", "patientId": "Patient/123", "encounterId": "Encounter/9"}
    read_context = read(context=context).context
    assert (read_context.patient_id, read_context.encounter_id) == ("123", "9")


@pytest.mark.parametrize("patient", ["Practitioner/1", "http://ehr.example/Patient/1", "Patient/", "a/b"])
def test_what_is_not_the_id_of_one_patient_is_refused(patient: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"context\.patientId"):
        read(context={"userId": "Practitioner/1", "patientId": patient})


def test_members_that_are_not_known_are_ignored_everywhere() -> None:
    context = {"userId": "Practitioner/1", "patientId": "123", "com.example.room": {"a": [None]}}
    request = read(context=context, extension={"com.example": {"x": None}}, foo=[1])
    assert request.context.patient_id == "123"


def test_an_access_token_without_a_server_is_refused() -> None:
    with pytest.raises(MissingElementError) as raised:
        read(fhirAuthorization=AUTHORIZATION)
    assert raised.value.expression == "fhirServer"


def test_an_access_token_with_its_server_is_read_and_never_shown() -> None:
    request = read(fhirAuthorization=AUTHORIZATION, fhirServer="https://ehr.example/fhir")
    assert request.authorization is not None
    assert request.authorization.access_token == "secret-token"
    assert "secret-token" not in repr(request)


@pytest.mark.parametrize("scope", ["user/Patient.rs launch", "Observation.Read (Labs) (R4) PATIENT.READ", ""])
def test_a_scope_is_not_parsed_because_clients_write_what_they_like(scope: str) -> None:
    request = read(fhirAuthorization={**AUTHORIZATION, "scope": scope}, fhirServer="https://ehr.example")
    assert request.authorization is not None
    assert request.authorization.scope == scope


def test_an_access_token_for_another_patient_is_refused() -> None:
    with pytest.raises(WrongPatientError):
        read(fhirAuthorization={**AUTHORIZATION, "patient": "456"}, fhirServer="https://ehr.example")
    read(fhirAuthorization={**AUTHORIZATION, "patient": "123"}, fhirServer="https://ehr.example")


def test_the_patient_of_an_access_token_may_be_written_as_a_reference() -> None:
    read(fhirAuthorization={**AUTHORIZATION, "patient": "Patient/123"}, fhirServer="https://ehr.example")
    with pytest.raises(WrongPatientError):
        read(fhirAuthorization={**AUTHORIZATION, "patient": "Patient/456"}, fhirServer="https://ehr.example")


@pytest.mark.parametrize("seconds", [300, "300", 300.0])
def test_the_life_of_an_access_token_is_read_however_the_number_is_written(seconds: Any) -> None:
    request = read(
        fhirAuthorization={**AUTHORIZATION, "expires_in": seconds}, fhirServer="https://ehr.example"
    )
    assert request.authorization is not None
    assert request.authorization.expires_in == 300


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"access_token": 5}, "fhirAuthorization"),
        ({"expires_in": "soon"}, "fhirAuthorization"),
        ({"token_type": "MAC"}, "fhirAuthorization.token_type"),
    ],
)
def test_a_malformed_authorization_is_refused_by_place(changed: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        read(fhirAuthorization={**AUTHORIZATION, **changed}, fhirServer="https://ehr.example")
    assert raised.value.expression == place


def test_a_number_beyond_all_bounds_is_refused_and_not_crashed_upon() -> None:
    text = body(fhirServer="https://ehr.example", fhirAuthorization=AUTHORIZATION)
    with pytest.raises(InvalidRequestError):
        read_request(text.replace(b"300", b"1e999999"), HOOKS)


@pytest.mark.parametrize("prefetch", [[], "x", 1])
def test_a_prefetch_that_is_no_object_is_refused(prefetch: Any) -> None:
    with pytest.raises(NotJsonError, match="'prefetch'"):
        read(prefetch=prefetch)


@pytest.mark.parametrize("prefetch", [..., None, {}])
def test_a_prefetch_may_lack_be_null_or_be_empty(prefetch: Any) -> None:
    assert read(prefetch=prefetch).prefetch == {}


@pytest.mark.parametrize(
    "text",
    [
        b'{"hook": "patient-view", "hook": "order-sign", "hookInstance": "1", "context": {}}',
        b'{"hook": "patient-view", "hookInstance": "1", "context": {"patientId": "1", "patientId": "2"}}',
    ],
)
def test_a_doubled_key_of_the_envelope_is_refused(text: bytes) -> None:
    with pytest.raises(NotJsonError, match="twice"):
        read_request(text, HOOKS)


def test_a_doubled_prefetch_key_is_refused() -> None:
    text = body(prefetch={"patient": {"resourceType": "Patient"}})
    doubled = text.replace(b'"prefetch": {', b'"prefetch": {"patient": null, ')
    with pytest.raises(NotJsonError, match="'prefetch' has the key 'patient' twice"):
        read_request(doubled, HOOKS)


def kinds_of(kind: type[CdsHooksError]) -> list[type[CdsHooksError]]:
    return [below for sub in kind.__subclasses__() for below in (sub, *kinds_of(sub))]


@pytest.mark.parametrize("kind", kinds_of(CdsHooksError))
def test_every_error_is_drawn_in_the_tree_with_its_status_and_issue_code(kind: type[CdsHooksError]) -> None:
    drawn = [line.split() for line in (errors.__doc__ or "").splitlines() if f" {kind.__name__} " in line]
    assert len(drawn) == 1
    name = drawn[0].index(kind.__name__)
    assert drawn[0][name + 1 : name + 3] == [str(kind.status), kind.issue_code]
