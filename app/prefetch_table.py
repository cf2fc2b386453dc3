"""What the hook asks the EHR to send along: one query per resource type that some fact is read from.

The table serves discovery, the printed table for analysts who type templates in by hand, and the reading
of what arrives: which resource type each key answers for.

The templates keep to what CDS Hooks 2.0.1 recommends: a read, or a type-level search by a reference and by
tokens. Relative dates are not in 2.0, so that whole histories are asked for; most exclusions need them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import msgspec

from fhir_mappings.record import RESOURCE_TYPES as EVENTS


class PrefetchQuery(msgspec.Struct, frozen=True, kw_only=True):
    """One prefetch key.

    Attributes:
        key: name of the key in a request's ``prefetch``.
        resource_type: what it answers for.
        template: the FHIR read or search, with CDS Hooks tokens.
        purpose: what the screening reads from it, in words for whoever configures the client.
        by_category: the search for servers that take none without a category; ``None`` where none is needed.
    """

    key: str
    resource_type: str
    template: str
    purpose: str
    by_category: str | None = None

    def for_client(self, *, by_category: bool) -> str:
        """The template for a client whose server demands categories, or for any other."""
        return (self.by_category if by_category else None) or self.template


# Servers page searches as they like, and few clients follow the pages of a prefetch; asking for long pages
# makes a cut-off record the exception.
_PAGE = "_count=1000"


def _search(key: str, resource_type: str, purpose: str, narrowing: str = "") -> PrefetchQuery:
    template = f"{resource_type}?patient={{{{context.patientId}}}}{narrowing}&{_PAGE}"
    return PrefetchQuery(key=key, resource_type=resource_type, template=template, purpose=purpose)


def searched(resource_type: str) -> PrefetchQuery:
    """The plain search for a type that has no query of its own below."""
    plural = f"{resource_type.removesuffix('y')}ies" if resource_type.endswith("y") else f"{resource_type}s"
    key = f"{plural[0].lower()}{plural[1:]}"
    return _search(key, resource_type, "criteria of the protocols at hand")


_CATEGORIES = "category=laboratory,vital-signs,survey,exam,procedure,imaging,social-history,clinical-test"
"""Those of US Core 4 and later that results, scores and findings have."""


def _observations(narrowing: str) -> PrefetchQuery:
    purpose = "laboratory results, vital signs, scores, questionnaires, biopsy findings"
    return _search("observations", "Observation", purpose, narrowing)


_LISTED = (
    PrefetchQuery(
        key="patient",
        resource_type="Patient",
        template="Patient/{{context.patientId}}",
        purpose="age, sex, and whether the patient is alive",
    ),
    _search("conditions", "Condition", "diagnoses, present and past"),
    # R4 leaves the category of an Observation optional and its codes free: a search by category misses some.
    msgspec.structs.replace(
        _observations("&_sort=-date"), by_category=_observations(f"&{_CATEGORIES}&_sort=-date").template
    ),
    _search("medicationRequests", "MedicationRequest", "drugs ordered, with doses"),
    _search("medicationStatements", "MedicationStatement", "drugs as taken, also those from elsewhere"),
    _search("medicationAdministrations", "MedicationAdministration", "drugs as given, infusions above all"),
    _search("medicationDispenses", "MedicationDispense", "drugs as handed out"),
    _search("procedures", "Procedure", "plasma exchange, transplants, operations, biopsies"),
    _search("allergies", "AllergyIntolerance", "allergies to biological products and to trial drugs"),
    _search("immunizations", "Immunization", "live vaccines"),
    _search("encounters", "Encounter", "admissions, also for infection"),
    _search("reports", "DiagnosticReport", "biopsy and imaging reports"),
    _search("researchSubjects", "ResearchSubject", "participation in other trials"),
    _search("questionnaireResponses", "QuestionnaireResponse", "scores and answers to attestation questions"),
    _search("consents", "Consent", "consent to a trial"),
    _search("serviceRequests", "ServiceRequest", "procedures that are planned", "&status=active"),
    _search("devices", "Device", "implants"),
)

PREFETCH: tuple[PrefetchQuery, ...] = (
    *_LISTED,
    *(
        searched(kind)
        for kind in sorted({kind for kinds in EVENTS.values() for kind in kinds})
        if kind not in {query.resource_type for query in _LISTED}
    ),
)
"""One query for each type that is read; what an event is read from is asked for even if it is not listed."""


def templates_of(queries: Iterable[PrefetchQuery], *, by_category: bool = False) -> dict[str, str]:
    """Templates by key, as discovery publishes them to a client whose server demands categories, or not."""
    return {query.key: query.for_client(by_category=by_category) for query in queries}


TEMPLATES: Mapping[str, str] = MappingProxyType(templates_of(PREFETCH))
"""All templates by key, for clients that nothing else is known of."""

BY_CATEGORY: Mapping[str, str] = MappingProxyType(templates_of(PREFETCH, by_category=True))
"""The same for those whose server takes no search for Observations without a category."""

RESOURCE_TYPES: Mapping[str, str] = MappingProxyType({query.key: query.resource_type for query in PREFETCH})
"""The resource type that each key answers for."""
