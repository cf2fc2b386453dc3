"""FHIR R4 Questionnaires: what a protocol asks of persons, and the forms of the scores.

They are made from the protocols and the score definitions; a filled one is read back by
``fhir_mappings.reading.questionnaires``.
"""

from __future__ import annotations

from app.questionnaires.library import Library, UnknownQuestionnaireError

__all__ = ["Library", "UnknownQuestionnaireError"]
