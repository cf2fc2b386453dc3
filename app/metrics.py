"""Figures for Prometheus: how the service fares, and what becomes of its cards.

Every label has few values, all of them names of this service: routes, hooks, trials, verdicts, outcomes,
reasons of its cards. Whatever else comes is counted as ``other``: no chart and no client can name a series.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from app.store.kept import Operation
from app.store.records import CallKind, CardFeedback, JudgedTrial, Shown
from cds_hooks.hooks import HOOKS

NONE, OTHER = "none", "other"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where worker processes put their figures together; ``trialcards serve --workers`` sets it."""

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"})
_FETCHES = ("complete", "truncated", "failed")

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, of no use here


class Metrics:
    """The counters of one process.

    ``reasons``: codes of the override reasons that cards of this service offer.
    """

    def __init__(self, trials: Collection[str], reasons: Collection[str] = ()) -> None:
        self._trials = frozenset(trials)
        self._reasons = frozenset(reasons)
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "trialcards_request_seconds",
            "Requests, and how long they took.",
            ("method", "route", "hook", "status"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._shown = self._counter("cards_shown", "Cards shown.", "hook", "trial", "verdict")
        self._silent = self._counter("cards_silent", "Cards kept back.", "hook", "trial", "reason")
        self._feedback = self._counter(
            "feedback", "What became of cards, repeated messages included.", "outcome", "reason"
        )
        self._fetches = self._counter("fetches", "Queries put to FHIR servers of clients.", "outcome")
        self._unrecognised = self._counter(
            "drafts_unrecognised", "Draft orders of which it cannot be told which drug they are for.", "hook"
        )
        self._refused = self._counter(
            "refused_calls",
            "Calls that were not answered, and whether the audit trail has each.",
            "call",
            "reason",
            "kept",
        )
        self._notifications = self._counter(
            "notifications", "Notifications of FHIR servers.", "subscription", "kind"
        )
        self._untold = self._counter(
            "notifications_untold",
            "Events and resources of which it cannot be told whom they are about.",
            "subscription",
        )
        self._missed = self._counter(
            "events_missed", "Events that a FHIR server counted and never told of.", "subscription"
        )
        self._rescreened = self._counter(
            "rescreenings", "What came of the news of FHIR servers.", "subscription", "outcome"
        )
        self._waiting = Gauge(
            "trialcards_rescreenings_waiting",
            "Patients and other news that wait to be looked at.",
            ("subscription",),
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self._failures = self._counter("store_failures", "What the store could not do.", "operation")

    def request(
        self, method: str, route: str, counts: Mapping[str, int | str], status: int, seconds: float
    ) -> None:
        """A request was answered; ``route`` as a template, ``counts`` as they are logged."""
        hook = counts.get("hook")
        told = method if method in _METHODS else OTHER
        known = NONE if hook is None else str(hook) if hook in HOOKS else OTHER
        self._requests.labels(told, route, known, str(status)).observe(seconds)
        unrecognised = counts.get("drafts_unrecognised", 0)
        if isinstance(unrecognised, int) and unrecognised:
            self._unrecognised.labels(known).inc(unrecognised)
        for outcome in _FETCHES:
            fetched = counts.get(f"fetch_{outcome}", 0)
            if isinstance(fetched, int) and fetched:
                self._fetches.labels(outcome).inc(fetched)

    def judged(self, hook: str, judged: Iterable[JudgedTrial]) -> None:
        """A hook was answered."""
        for each in judged:
            trial = each.trial if each.trial in self._trials else OTHER
            if each.card is not None:
                self._shown.labels(hook, trial, each.verdict).inc()
            elif each.silence is not None:
                self._silent.labels(hook, trial, each.silence).inc()

    def feedback(self, items: Iterable[CardFeedback]) -> None:
        """Feedback came in."""
        for item in items:
            codes = [reason.code for reason in item.reasons]
            reason = next((code for code in codes if code in self._reasons), OTHER if codes else NONE)
            self._feedback.labels(item.outcome, reason).inc()

    def refused(self, call: CallKind, reason: str, kept: bool) -> None:
        """A call was refused; ``reason`` is a code of this service or of FHIR's."""
        self._refused.labels(call, reason, "yes" if kept else "no").inc()

    def notified(self, subscription: str, kind: str, untold: int, missed: int) -> None:
        """A notification came; ``kind`` is a code of FHIR's or of this service."""
        self._notifications.labels(subscription, kind).inc()
        self._untold.labels(subscription).inc(untold)
        self._missed.labels(subscription).inc(missed)

    def rescreened(self, subscription: str, outcome: str) -> None:
        """News were looked at."""
        self._rescreened.labels(subscription, outcome).inc()

    def waiting(self, subscription: str, number: int) -> None:
        """So many news wait in this process."""
        self._waiting.labels(subscription).set(number)

    def store_failed(self, operation: Operation, records: int = 1) -> None:
        """The store failed; ``lost``: so many records."""
        self._failures.labels(operation).inc(records)

    def exposition(self, shown: Sequence[Shown], store_well: bool | None) -> bytes:
        """All figures in the text format of Prometheus.

        Args:
            shown: cards old enough to count as ignored.
            store_well: whether the store works; ``None`` where there is none.
        """
        whole = CollectorRegistry()
        if os.environ.get(SHARED_FOLDER):
            MultiProcessCollector(whole)  # type: ignore[no-untyped-call]  # as the library has it
        else:
            whole.register(self._registry)
        whole.register(_OfTheStore(shown, store_well))
        return generate_latest(whole)

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(f"trialcards_{name}", words, labels, registry=self._registry)


class _OfTheStore(Collector):
    """What is read from the database at the time of asking, and so is the same in every worker."""

    def __init__(self, shown: Sequence[Shown], well: bool | None) -> None:
        self._shown, self._well = shown, well

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges."""
        if self._well is None:
            return
        yield GaugeMetricFamily("trialcards_store_up", "Whether the store works.", float(self._well))
        words = "Cards shown 1 to 30 days ago of which nothing was heard."
        ignored = GaugeMetricFamily("trialcards_cards_ignored", words, labels=("trial", "verdict"))
        for each in self._shown:
            ignored.add_metric((each.trial, each.verdict), each.ignored)
        yield ignored
