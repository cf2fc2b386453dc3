"""By which parameters a search may have left resources of the patient out: all but a few.

``r4_search_parameters.json`` holds the codes of HL7's definitions (FHIR R4, 4.0.1,
``search-parameters.json``) for the types that are searched, and those of all types. Special ones: FHIR R4,
search, "parameters for all resources".
"""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from app.prefetch_table import RESOURCE_TYPES
from fhir_mappings.search_results import narrows, searched_by

OFFICIAL: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "r4_search_parameters.json").read_text("utf-8")
)
FOR_ALL = [*OFFICIAL["Resource"], *OFFICIAL["DomainResource"], "_filter", "_has", "_list", "_type"]
WHOSE = {"patient", "subject", "individual"}
TYPES = sorted(set(RESOURCE_TYPES.values()) - {"Patient"})


def told(query: str, asked: str = "Condition?patient=p1&_count=1000", *, by_value: bool = True) -> bool:
    """Whether a search with this query narrows what was asked for."""
    return narrows(searched_by(f"https://ehr.example/fhir/Condition?{query}"), asked, by_value=by_value)


@pytest.mark.parametrize("kind", TYPES)
def test_every_other_search_parameter_of_r4_may_leave_resources_out(kind: str) -> None:
    codes = {*OFFICIAL[kind], *FOR_ALL} - WHOSE
    assert len(codes) > len(FOR_ALL)
    for form in ("{}=x", "{}:not=x", "{}:missing=true", "{}.name=x", "{}:Patient.name=x"):
        left = [code for code in codes if not told(f"patient=p1&{form.format(code)}", f"{kind}?patient=p1")]
        assert left == []


@pytest.mark.parametrize(
    "query",
    [
        "subject:Patient.birthdate=1990",
        "patient.name=x",
        "patient:missing=true",
        "patient:identifier=mrn|1",
        "_has:Provenance:target:agent=x",
        "_elements=code",
        "_summary=true",
        "_summary=count",
        "_contained=true",
        "_count=0",
        "_maxresults=5",
        "a-parameter-of-its-own=x",
        "patient=p1&subject=Patient/p2",
        "Category=x",
    ],
)
def test_so_may_whatever_is_not_known_to_be_harmless(query: str) -> None:
    assert told(f"patient=p1&{query}")


@pytest.mark.parametrize(
    "query",
    [
        "subject=Patient/p1",
        "subject:Patient=p1",
        "patient=https://ehr.example/fhir/Patient/p1&subject=p1",
        "individual=Patient/p1",
        "patient=p1&_count=50&_sort=-date&_format=json&_pretty=true&_total=accurate",
        "patient=p1&_include=Condition:asserter&_revinclude:iterate=Provenance:target",
        "patient=p1&_summary=false&_contained=false",
        "_sort:desc=date",
    ],
)
def test_what_names_the_patient_or_shapes_the_answer_leaves_out_nothing(query: str) -> None:
    assert not told(query)


@pytest.mark.parametrize(
    "query",
    [
        "_getpages=2f1c&_getpagesoffset=0&_count=10&_pretty=true&_bundletype=searchset",
        "patient=p1&sessionID=7-2B9F",
        "patient=p1&-pageContext=27dd&-pageDirection=NEXT",
        "patient=p1&ct=W3sidG9rZW4i",
        "_page_token=Cjj3YokQ",
        "__token=AAAA&__page-id=x&__page-offset=5",
        "patient=p1&_skip=0&_offset=0&_snapshot=x&cursor=x&searchContinuationToken=x",
    ],
)
def test_by_what_servers_find_their_pages_again_leaves_out_nothing(query: str) -> None:
    assert not told(query)
    assert not told(query, by_value=False)


def test_what_the_template_asks_for_itself_leaves_out_nothing_more() -> None:
    asked = "ServiceRequest?patient=p1&status=active"
    assert not told("patient=p1&status=active", asked)
    assert not told("patient=p1&status=active,completed", asked)
    assert not told(f"patient=p1&status={quote('http://hl7.org/fhir/request-status|active')}", asked)
    assert told("patient=p1&status=completed", asked)
    assert told("patient=p1&status:not=active", asked)
    assert not told("patient=p1&status=completed", asked, by_value=False)


def test_a_patient_who_is_read_is_found_by_whatever_search() -> None:
    assert not told("_id=p1&identifier=mrn|1", "Patient/p1")
