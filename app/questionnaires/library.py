"""All Questionnaires of an installation: one for each protocol, one for each score."""

from __future__ import annotations

from collections.abc import Iterable

from app.questionnaires.protocols import protocol_questionnaire
from app.questionnaires.resources import Json
from app.questionnaires.scores import score_questionnaire
from eligibility.bound import BoundProtocol
from fhir_mappings.scores.blank_forms import blank_forms


class UnknownQuestionnaireError(LookupError):
    """A questionnaire id that this installation does not hold; the message names those that it does."""


class Library:
    """The Questionnaires, made once.

    Attributes:
        resources: by id; those of protocols first.
    """

    def __init__(self, protocols: Iterable[BoundProtocol]) -> None:
        made = [protocol_questionnaire(bound) for bound in protocols if bound.questions]
        made += [score_questionnaire(form) for form in blank_forms().values()]
        self.resources: dict[str, Json] = {resource["id"]: resource for resource in made}

    def one(self, identifier: str) -> Json:
        """The Questionnaire of that id; case does not matter.

        Raises:
            UnknownQuestionnaireError: there is none.
        """
        found = self.resources.get(identifier.lower())
        if found is None:
            known = ", ".join(self.resources)
            raise UnknownQuestionnaireError(
                f"there is no such questionnaire '{identifier}'; there are: {known}"
            )
        return found
