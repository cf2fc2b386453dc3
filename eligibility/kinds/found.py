"""``found``: something is in the record – a diagnosis, a drug, a procedure, a vaccine, an admission …

Nothing found means "presumably not" only where the record was wholly retrieved; else it is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import product
from typing import ClassVar

import msgspec

from eligibility.answers import Answer, State, at_least, disjoin, unique
from eligibility.binding import Binding, Evaluate
from eligibility.context import Context
from eligibility.episodes import Judged, different, most
from eligibility.errors import BindingError
from eligibility.kinds.found_body import FoundBody, Value
from eligibility.kinds.half_lives import HalfLifeRule, widened
from eligibility.last_days import last_day, proven_until
from eligibility.looks import Lasting, WashOut
from eligibility.messages import Message, in_words, joined, message
from eligibility.model import Model
from eligibility.suggestions import did_you_mean
from eligibility.ways import Opposite, Step, Ways, either, one
from eligibility.windows import Span
from fhir_mappings.facts import (
    EVENT_TYPES,
    Coding,
    Event,
    EventKind,
    Events,
    Exposure,
    Need,
    Participation,
    Planned,
    Procedure,
    WhyMissing,
)
from fhir_mappings.intervals import DateSpan, Duration
from fhir_mappings.phrases import listed, term

_CHANGING = frozenset({"clinical", "status", "severity"})
"""Attributes that are of the present: what was active can be resolved."""


_A_DAY = Duration(1, "d")
"""A window of so long asks what is so now."""


class FoundNode(Model):
    """Such an event is in the record."""

    kind_name: ClassVar[str] = "found"
    found: FoundBody

    def bind(self, binding: Binding) -> Evaluate:
        """Resolve code sets and window.

        Raises:
            BindingError: unknown code set, attribute or window.
        """
        body = self.found
        concepts = binding.concepts(body.of, "found", "of") if body.of is not None else None
        for name in body.of or ():
            _check_kind(binding, name, body.kind)
        excepted = binding.concepts(body.except_, "found", "except")
        for key, attributes in (("where", body.where), ("where_not", body.where_not)):
            for name, kind in product(attributes, body.kind):
                known = EVENT_TYPES[kind].__struct_fields__
                if name not in known:
                    close = did_you_mean(name, known)
                    raise BindingError(f"a {kind} has no attribute '{name}'{close}", "found", key, name)
        span_of = binding.events_window(body.during, "found", "during")
        words = [binding.vocabulary.concept_label(name) for name in body.of or ()]
        label = body.label or listed("names", words) or listed("names", map(term, body.kind))
        half_lives: HalfLifeRule | None = None
        if body.or_half_lives:
            unknown_until = binding.duration(body.or_half_lives.unknown_until, "found", "or_half_lives")
            half_lives = HalfLifeRule(
                body.or_half_lives.count, unknown_until, binding.vocabulary.half_life_days
            )
        order: Coding | None = None
        if body.needs is not None:
            described = binding.vocabulary.input(body.needs)
            order = described.order if described else None
        search = _Search(
            body=body,
            apart=binding.duration(body.apart, "found", "apart") if body.apart is not None else None,
            concepts=concepts,
            excepted=excepted,
            wanted=_listed(body.where),
            unwanted=_listed(body.where_not),
            span_of=span_of,
            label=label,
            conservative=binding.conservative,
            need_name=body.needs or (body.of or body.kind)[0],
            order=order,
            half_lives=half_lives,
        )
        if not binding.positive and body.during is not None and body.count == 1:
            binding.looks.wash_outs.append(WashOut(binding.criterion_id, label, search.lasting))
        if body.absent == "presumed" or body.unconfirmed == "review":
            binding.may_be_judged()
        return search.evaluate


def _check_kind(binding: Binding, name: str, kinds: Sequence[EventKind]) -> None:
    """Raises BindingError where no event of these kinds can ever belong to a code set or class."""
    members = binding.vocabulary.expand(name) or frozenset()
    possible = frozenset[str]().union(*(binding.vocabulary.event_kinds(member) for member in members))
    if possible.isdisjoint(kinds):
        asked, found = " or ".join(kinds), " or ".join(sorted(possible)) or "nothing"
        raise BindingError(f"no {asked} can be of '{name}'; it is found as {found}", "found", "of")


def _listed(attributes: Mapping[str, Value | list[Value]]) -> dict[str, tuple[Value, ...]]:
    return {name: tuple(v) if isinstance(v, list) else (v,) for name, v in attributes.items()}


def _has(event: Event, name: str, values: tuple[Value, ...]) -> bool:
    """Whether an attribute has one of the values; for a set of values, whether it holds one of them."""
    value = getattr(event, name, None)
    held = value if isinstance(value, (frozenset, tuple)) else (value,)
    return any(item in values for item in held)


def _leaves(span: Span, last: DateSpan, inside: bool | None) -> date | None:
    """From which anchor date on a window no longer surely holds a day; one that is open, surely not."""
    return span.leaves_on(last.first if inside else last.last)


class _Search(msgspec.Struct, frozen=True, kw_only=True):
    body: FoundBody
    apart: Duration | None
    concepts: frozenset[str] | None
    excepted: frozenset[str]
    wanted: Mapping[str, tuple[Value, ...]]
    unwanted: Mapping[str, tuple[Value, ...]]
    span_of: Callable[[Context], Span]
    label: str
    conservative: State
    need_name: str
    order: Coding | None
    half_lives: HalfLifeRule | None

    def evaluate(self, context: Context) -> Answer:
        span = self.span_of(context)
        found = context.chart.events(self.body.kind, self.concepts)
        judged = [(e, self._judge(e, span, context)) for e in found.events if self._concerns(e)]
        present = [(event, answer) for event, answer in judged if answer.state is not State.FALSE]
        combined = self._combined(present) if len(present) >= self.body.count else None
        if combined is not None and combined.state is not State.FALSE:
            return combined
        return self._nothing(found, [answer for _, answer in judged])

    def lasting(self, context: Context) -> Iterator[Lasting]:
        """The treatments that it finds, unless it asks what is so now."""
        span = self.span_of(context)
        if span.before is None or span.before == _A_DAY:
            return
        for event in context.chart.events(self.body.kind, self.concepts).events:
            treatment = isinstance(event, (Exposure, Procedure, Participation)) and self._concerns(event)
            if treatment and self._attributes(event) is not False:
                inside, until = self._position(event, span, context)
                until = self._cleared(event, span, context) if inside is False else until
                yield Lasting(event, inside, until, str(span.before))

    def _cleared(self, event: Event, span: Span, context: Context) -> date | None:
        """The anchor date from which on what is over no longer counted."""
        ended = getattr(event, "last_dose", None) or last_day(event, context.as_of)
        last = event.start if self.body.timing == "start" else ended
        if last is None or (event.start is not None and event.start.first > span.last):
            return None
        rule = self.half_lives
        windows = [span, *(rule.windows(event, span, context) if rule is not None else ())]
        leaves = [day for window in windows if (day := window.leaves_on(last.last)) is not None]
        return max(leaves, default=None)

    def _combined(self, present: Sequence[Judged]) -> Answer | None:
        """What those that may count say together; ``None`` if they are fewer events than are asked for."""
        count = self.body.count
        answers = [answer for _, answer in present]
        if count == 1:
            return disjoin(answers)
        if self.apart is None:
            return at_least(count, answers)
        apart = different(present, count, self.apart)
        if apart is not None:
            return at_least(count, apart)
        if most([event for event, _ in present], self.apart) < count:
            return None
        told = joined([self._told("found.yes", event) for event, _ in present])
        reason = message("found.same", told=told, count=str(count))
        return Answer(
            state=State.MISSING,
            reason=reason,
            evidence=unique(e for _, answer in present for e in answer.evidence),
            needs=(self._need("too-coarse", reason),),
            notes=unique(note for _, answer in present for note in answer.notes),
        )

    def _concerns(self, event: Event) -> bool:
        if self.excepted and not self.excepted.isdisjoint(event.concepts):
            return False
        if any(_has(event, name, values) for name, values in self.unwanted.items()):
            return False
        return event.confirmed or self.body.unconfirmed != "ignored"

    # -- one event ------------------------------------------------------------------------------

    def _judge(self, event: Event, span: Span, context: Context) -> Answer:
        matches = self._attributes(event)
        if matches is False:
            return Answer(state=State.FALSE, reason=self._told("found.attribute", event))
        inside, flips = self._position(event, span, context)
        other = event.by_the_other_word() if isinstance(event, Exposure) else None
        if other is not None:
            stated, over = self._position(other, span, context)
            if stated is not inside:
                return self._at_odds(event)
            flips = min((day for day in (flips, over) if day is not None), default=None) if inside else flips
        if inside is False:
            return Answer(
                state=State.FALSE, reason=self._told("found.outside", event), evidence=(event.evidence,)
            )
        notes = (
            *event.notes,
            *((in_words(message("note.by-words", what=event.label)),) if event.by_text else ()),
        )
        if matches is None or inside is None:
            key = "found.unrecorded" if matches is None else "found.when"
            reason = self._told(key, event)
            unsure = Answer(
                state=State.MISSING,
                reason=reason,
                evidence=(event.evidence,),
                needs=(self._need("too-coarse", reason),),
                notes=notes,
            )
            if inside is None and flips is not None:
                return msgspec.structs.replace(unsure, mend=self._until_over(unsure, event, span, flips))
            return unsure
        last = proven_until(event) if self.body.timing == "overlap" else event.start
        if flips is not None and last is not None:
            notes += span.remark(event.label, last)
        answer = Answer(
            state=State.TRUE,
            reason=self._told("found.yes", event),
            evidence=(event.evidence,),
            flips_on=flips,
            notes=notes,
            opposite=self._gone(event, span, flips),
        )
        if not event.confirmed and self.body.unconfirmed == "review":
            return msgspec.structs.replace(
                answer,
                state=self.conservative,
                reason=self._told("found.unconfirmed", event),
                flips_on=None,
            )
        return answer

    def _at_odds(self, event: Event) -> Answer:
        """Two records of which one tells that it counts and the other does not: which holds is open."""
        reason = self._told("found.at-odds", event)
        other = event.otherwise if isinstance(event, Exposure) else None
        return Answer(
            state=State.MISSING,
            reason=reason,
            evidence=(event.evidence, other.evidence) if other is not None else (event.evidence,),
            needs=(self._need("conflicting", reason),),
            notes=event.notes,
        )

    def _until_over(self, unsure: Answer, event: Event, span: Span, flips: date) -> Callable[[bool], Ways]:
        """Whenever it was, it is over for the window on that day; sooner, its dates have to be known."""
        data = Step("data", unsure.reason, needs=unsure.needs)
        time = Step("time", self._gone(event, span, flips).what, flips, evidence=unsure.evidence)
        return lambda wanted: one(data) if wanted else either([one(time), one(data)])

    def _gone(self, event: Event, span: Span, flips: date | None) -> Opposite:
        """What would have to be so for the event not to count."""
        last = event.end or event.start
        if flips is not None and last is not None:
            return Opposite(message("change.found.since", what=event.label, date=last.last.isoformat()))
        if span.before is not None and span.before != _A_DAY:
            over = message("change.found.over", what=event.label, length=str(span.before))
            return Opposite(over, lasts=True)
        if span.first is not None or isinstance(event, Planned) or not _CHANGING.isdisjoint(self.wanted):
            return Opposite(message("change.found.state", what=event.label))
        return Opposite(self._told("found.yes", event), "never")

    def _attributes(self, event: Event) -> bool | None:
        result: bool | None = True
        for name, wanted in self.wanted.items():
            value = getattr(event, name, None)
            if value is None or (isinstance(value, (frozenset, tuple)) and not value):
                if self.body.unrecorded == "no":
                    return False
                if self.body.unrecorded == "missing":
                    result = None
                continue
            if not _has(event, name, wanted):
                return False
        return result

    def _position(self, event: Event, span: Span, context: Context) -> tuple[bool | None, date | None]:
        """Whether the event touches the window, and the anchor date from which on that is otherwise.

        Of one that surely does: from which on it no longer surely does. Where it is open: from which on it
        surely does not.
        """
        if self.half_lives is not None:
            return self._washed_out(event, span, self.half_lives, context)
        if self.body.during is None and isinstance(event, Planned):
            return True, None  # what is planned lies ahead
        if self.body.timing == "start":
            if event.start is None:
                if span.first is not None and event.end is not None and event.end.last < span.first:
                    return False, None
                return (True if span.first is None else None), None
            inside = span.contains(event.start)
            return inside, _leaves(span, event.start, inside)
        inside = span.overlaps(event.start, event.end, event.ongoing)
        taken_on = event.taken_on if isinstance(event, Exposure) else None
        if inside is None and taken_on is not None and span.contains(taken_on):
            inside = True
        last = proven_until(event)
        return inside, _leaves(span, last, inside) if last is not None else None

    def _washed_out(
        self, event: Event, span: Span, rule: HalfLifeRule, context: Context
    ) -> tuple[bool | None, date | None]:
        """The longer of the window and so many half-lives after the last dose."""
        last = getattr(event, "last_dose", None) or last_day(event, context.as_of)
        if last is None:
            return (True if event.ongoing else None), None
        lives = rule.windows(event, span, context)
        windows = [span, *lives]
        inside = [window.overlaps(event.start, last, False) for window in windows]
        if any(inside):
            own = proven_until(event) if isinstance(event, Exposure) else None
            proven = (own or last).first
            leaves = [day for window in windows if (day := window.leaves_on(proven)) is not None]
            return True, max(leaves, default=None)
        if None in inside:
            return None, None
        if lives:
            return False, None
        doubtful = widened(span, rule.unknown_until, context).overlaps(event.start, last, False)
        return (False if doubtful is False else None), None

    # -- nothing found --------------------------------------------------------------------------

    def _nothing(self, found: Events, answers: Sequence[Answer]) -> Answer:
        if found.retrieval != "complete":
            reason = message(
                f"found.{found.retrieval}", label=self.label, types=", ".join(found.resource_types)
            )
            return Answer(state=State.MISSING, reason=reason, needs=(self._need("not-retrieved", reason),))
        outside = [answer for answer in answers if answer.reason.key == "found.outside"]
        reason = outside[0].reason if outside else message("found.none", label=self.label)
        evidence = outside[0].evidence if outside else ()
        if self.body.absent == "missing":
            return Answer(
                state=State.MISSING,
                reason=reason,
                needs=(self._need("never-measured", reason),),
                evidence=evidence,
            )
        state = State.PRESUMED_FALSE if self.body.absent == "presumed" else State.FALSE
        return Answer(
            state=state,
            reason=reason,
            evidence=evidence,
            opposite=Opposite(message("change.found.present", label=self.label)),
        )

    def _told(self, key: str, event: Event) -> Message:
        return message(key, what=event.label, label=self.label, when=self._dates(event))

    def _dates(self, event: Event) -> Message:
        start, end = event.start, event.end
        taken_on = event.taken_on if isinstance(event, Exposure) else None
        if taken_on is not None and end is None and start is not None and start.open_start:
            return message("dates.taken" if event.ongoing else "dates.taken-then", day=str(taken_on))
        if event.ongoing:
            return message("dates.since", start=str(start)) if start else message("dates.ongoing")
        if start and end and start != end:
            return message("dates.from-to", start=str(start), end=str(end))
        known: DateSpan | None = start or end
        if known is None:
            return message("dates.none")
        return message("dates.on" if end or self.body.timing == "start" else "dates.from", start=str(known))

    def _need(self, why: WhyMissing, reason: Message) -> Need:
        return Need(input=self.need_name, why=why, detail=in_words(reason), order=self.order)
