"""The screening service: one patient's record against the protocols that this installation holds.

Every surface goes through it – the hook, ``POST /screenings``, the command line – so that all say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache, partial

from app import __version__
from app.language import Language
from eligibility.bound import BoundProtocol
from eligibility.changes import screen_with_changes
from eligibility.closing import Closed, Part, closed_by
from eligibility.course import Anchors
from eligibility.findings import Screening, ScreeningReport
from eligibility.loading import load_bundled
from eligibility.overview.build import overview_of
from eligibility.overview.shapes import Overview
from eligibility.protocol import Protocol
from eligibility.reported import reported_conflict
from eligibility.screening import applies, screen
from eligibility.unknown_questions import unknown_questions
from eligibility.work_list import work_list
from fhir_mappings.draft_orders import ended, told_apart, with_drafts
from fhir_mappings.facts import Event, Exposure
from fhir_mappings.phrases import in_language
from fhir_mappings.record import PatientRecord
from fhir_mappings.vocabulary import vocabulary

ONE_BY_ONE = 20
"""So many different drafts are judged one by one as well; the others of an order as one."""

ENGINE = f"trialcards {__version__}"


class UnknownProtocolError(LookupError):
    """A protocol id that this installation does not hold; the message names those that it does."""


class ScreeningService:
    """Protocols, bound once, and the screenings against them. Holds nothing of any patient.

    Attributes:
        protocols: by id, in the order in which they are reported.
    """

    def __init__(self, protocols: Mapping[str, BoundProtocol]) -> None:
        self.protocols = protocols

    @classmethod
    def bundled(cls) -> ScreeningService:
        """The service with the protocols that come with the package.

        Raises:
            eligibility.errors.ProtocolError: one of them cannot be used.
        """
        return cls(load_bundled(vocabulary()))

    def chosen(self, protocol_ids: Sequence[str] | None) -> list[BoundProtocol]:
        """The named protocols (case does not matter, each once); where none is named, the open ones.

        A trial that no longer enrols is screened for when it is named, and only then.

        Raises:
            UnknownProtocolError: one of the ids is not known.
        """
        if not protocol_ids:
            return [bound for bound in self.protocols.values() if bound.protocol.open]
        ids = dict.fromkeys(identifier.lower() for identifier in protocol_ids)
        for identifier in ids:
            if identifier not in self.protocols:
                known = ", ".join(self.protocols) or "none"
                raise UnknownProtocolError(f"there is no protocol '{identifier}'; there are: {known}")
        return [self.protocols[identifier] for identifier in ids]

    def screen_record(
        self,
        record: PatientRecord,
        as_of: date,
        anchors: Anchors = Anchors(),  # noqa: B008  # immutable
        protocol_ids: Sequence[str] | None = None,
        language: Language = "en",
    ) -> ScreeningReport:
        """Every chosen protocol judged, whether or not the patient has its disease.

        Raises:
            UnknownProtocolError: one of ``protocol_ids`` is not known.
        """
        screenings = [
            screen_with_changes(bound, record, as_of, anchors, language)
            for bound in self.chosen(protocol_ids)
        ]
        return self._report(record, as_of, screenings, language)

    def overview(
        self,
        record: PatientRecord,
        as_of: date,
        screening: Screening,
        language: Language = "en",
        anchors: Anchors = Anchors(),  # noqa: B008  # immutable
    ) -> Overview:
        """The chart over time as the protocol of this screening, which is of the same day, sees it."""
        bound = self.protocols[screening.protocol]
        return overview_of(bound, record, as_of, screening, language, anchors)

    def screen_applicable(
        self,
        record: PatientRecord,
        as_of: date,
        anchors: Anchors = Anchors(),  # noqa: B008  # immutable
        language: Language = "en",
    ) -> ScreeningReport:
        """Only open trials whose disease the living patient has; the others are not even judged.

        Of scores, the bounds are told and not the items.
        """
        screenings = [
            screen(bound, record, as_of, anchors, language, detailed=False)
            for bound in self.applicable(record, as_of, anchors)
        ]
        return self._report(record, as_of, screenings, language)

    def applicable(
        self,
        record: PatientRecord,
        as_of: date,
        anchors: Anchors = Anchors(),  # noqa: B008  # immutable
    ) -> list[BoundProtocol]:
        """The open trials whose disease the living patient has."""
        return [
            bound
            for bound in self.protocols.values()
            if bound.protocol.open and applies(bound, record, as_of, anchors)
        ]

    def closed_by(
        self,
        trials: Iterable[BoundProtocol],
        record: PatientRecord,
        drafts: Sequence[Event],
        as_of: date,
        language: Language = "en",
    ) -> list[tuple[Protocol, Closed]]:
        """Those of the trials that are open to the patient and that draft orders would close, and how."""
        different = told_apart(drafts)
        parts = [_part(record, drafts, [group]) for group in different[:ONE_BY_ONE]]
        if different[ONE_BY_ONE:]:
            parts.append(_part(record, drafts, different[ONE_BY_ONE:]))
        whole = _part(record, drafts, different)
        later = whole.later()
        found = (
            (bound.protocol, closed_by(bound, record, later, whole.done_until, as_of, language, parts))
            for bound in trials
        )
        return [(protocol, closed) for protocol, closed in found if closed is not None]

    def _report(
        self, record: PatientRecord, as_of: date, screenings: Iterable[Screening], language: Language
    ) -> ScreeningReport:
        judged = tuple(screenings)
        unread = (*record.facts.unread, *unknown_questions(record.facts.answers, self.protocols))
        conflicts = tuple(reported_conflict(conflict) for conflict in record.conflicts())
        return ScreeningReport(
            patient=record.reference,
            as_of=as_of.isoformat(),
            engine=ENGINE,
            screenings=judged,
            work_list=work_list(judged),
            unread=tuple(in_language(each, language) for each in unread),
            contradictions=tuple(in_language(each, language) for each in conflicts),
        )


def _part(record: PatientRecord, drafts: Sequence[Event], groups: Sequence[Sequence[Sequence[int]]]) -> Part:
    """The drafts of the groups. All that are alike are on record: perhaps each is to be carried out."""
    chosen = [drafts[i] for group in groups for same in group for i in same]

    @cache
    def chart(last: date | None) -> PatientRecord:
        events = chosen if last is None else [_done_until(event, last) for event in chosen]
        return PatientRecord(with_drafts(record.facts, events))

    return Part(
        of=tuple(i for group in groups for same in group for i in same),
        later=partial(chart, None),
        done_until=chart,
        together=len(groups) > 1,
    )


def _done_until(event: Event, last: date) -> Event:
    """A draft that says itself when it ends goes on until then."""
    return ended(event, last) if isinstance(event, Exposure) and event.ongoing else event
