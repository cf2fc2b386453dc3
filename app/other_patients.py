"""Resources that do not belong to the one patient of an input."""

from __future__ import annotations

from fhir_mappings.bundles import split_documents
from fhir_mappings.gathering import gather
from fhir_mappings.patient import READERS


def of_other_patients(body: bytes) -> list[str]:
    """References of the resources that name a Patient who is not in the body, in their order.

    What is about a relative, a group or a device names no Patient.

    Raises:
        fhir_mappings.errors.UnreadableInputError: not JSON, not FHIR, or empty.
    """
    groups, rest = gather(split_documents(body), READERS)
    everything = groups if rest in groups else [*groups, rest]
    return [source.reference for group in everything for source, holder in group.others if holder.stranger]
