"""A chart as it was when it was opened: enough to screen it again, the same way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from fhir_mappings.facts import Retrieval
from fhir_mappings.patient import read_patient
from fhir_mappings.record import PatientRecord


class OpenedChart(msgspec.Struct, frozen=True, kw_only=True):
    """What was at hand of one patient, and by whom it was opened.

    Attributes:
        patient_id: FHIR id of the patient.
        client: id of the profile of the client that asked.
        fhir_server: base URL of the EHR's FHIR server, where the client told it; source links lead there.
        user: reference of the user, e.g. ``Practitioner/1``, where the client told it.
        as_of: the day of which the chart was judged.
        resources: FHIR resources as they came.
        rehearsed: whether it was opened for a rehearsal, of which nothing outlives the link.
        retrieval: by resource type; a type that is not named counts as not asked for.
    """

    patient_id: str
    client: str
    as_of: date
    resources: tuple[msgspec.Raw, ...]
    retrieval: Mapping[str, Retrieval]
    fhir_server: str | None = None
    user: str | None = None
    rehearsed: bool = False

    def record(self, beside: Iterable[bytes] = ()) -> PatientRecord:
        """The facts, with those of the resources ``beside``: answers that persons have given, or what if.

        Raises:
            fhir_mappings.errors.InputError: no patient's record can be read from it.
        """
        facts = read_patient(
            [*self.resources, *(msgspec.Raw(raw) for raw in beside)],
            patient_id=self.patient_id,
            retrieval=self.retrieval,
            default_retrieval="not-asked",
        )
        return PatientRecord(facts)
