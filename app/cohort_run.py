"""A run over a population from beginning to end, for the command line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from app.cli_cohort import OnSpark
from app.cli_errors import ArgumentError, RunError, UnreadableFileError
from app.cohort_compare import comparing
from app.cohort_compared import write_compared
from app.cohort_input import Export, Input, exported
from app.cohort_outputs import NAMED, write_outputs
from app.cohort_plan import plan_for
from app.cohort_progress import shown_progress
from app.console import terminal
from app.language import Language
from app.rendering.cohort_summary import print_summary
from app.rendering.compared_table import print_compared
from app.rendering.telling import speaking
from cohort.errors import ChangedError, CohortError, NoInputError, OccupiedError
from cohort.local import Progress, screen_locally
from cohort.outputs import finish
from cohort.plan import Plan
from cohort.record import RunRecord, read_record
from cohort.spark import screen_with_spark
from cohort.spark_session import SparkMissingError
from eligibility.course import Anchors


class Asked(NamedTuple):
    """A run as it was typed in.

    Attributes:
        directories: of the input, or with Spark what it can read; none where it is exported first.
        out: the directory for the results.
        export: what is asked of a FHIR server.
        protocols: ids and files; ``None`` for all open ones.
        compare: other versions of protocols, and drafts.
        as_of: the evaluation date; ``None`` for today, or that of the run that is resumed.
        anchors: anchor dates as given.
        retrieved: the resource types that the input holds wholly; ``None`` for all.
        everyone: whether patients are judged of whose disease nothing is on record.
        workers: processes; ``None`` for one for each core.
        spark: how Spark is to be used; ``None`` for this machine's processes.
        resume: go on with an unfinished run.
        since: the directory of an earlier run.
        language: of reasons and of the report.
        withhold_below: numbers of patients of a group below this one are withheld in the report.
        unnamed: the report is to name no patient.
    """

    directories: Sequence[str]
    out: Path
    export: Export | None
    protocols: Sequence[str] | None
    compare: Sequence[str]
    as_of: date | None
    anchors: Anchors
    retrieved: Collection[str] | None
    everyone: bool
    workers: int | None
    spark: OnSpark | None
    resume: bool
    since: Path | None
    language: Language
    withhold_below: int
    unnamed: bool


def screen_population(asked: Asked) -> None:
    """Screen, leave the results, and print what came of it.

    Raises:
        ArgumentError: what is asked does not fit together, or with what is in the directory for results.
        UnreadableFileError: there is nothing to read.
        RetrievalError: the export did not come about.
        RunError: the run could not be done to its end.
    """
    given = Input([Path(one) for one in asked.directories])
    if asked.export is not None:
        # What is wrong with it is told before hours of export, not after.
        _planned(asked, given)
        given = exported(asked.out, asked.export, asked.since)
    plan = _planned(asked, given)
    try:
        with shown_progress() as progress:
            record = _screened(asked, given, plan, progress)
            if record.result is not None:
                write_outputs(
                    asked.out,
                    record.plan,
                    rejected=record.result.lines.rejected,
                    absent=record.result.lacking,
                    language=asked.language,
                    smallest=asked.withhold_below,
                    named=0 if asked.unnamed else NAMED,
                )
            compared = write_compared(asked.out, record.plan, asked.language, asked.withhold_below)
            record, changes = finish(asked.out, record)
    except NoInputError as error:
        raise UnreadableFileError(str(error)) from None
    except (OccupiedError, ChangedError, SparkMissingError) as error:
        raise ArgumentError(str(error)) from None
    except CohortError as error:
        raise RunError(str(error)) from None
    except OSError as error:
        place = error.filename or asked.out
        raise RunError(f"{place}: {error.strerror}; when that is mended, go on with --resume") from None
    print_summary(asked.out, record, changes, terminal())
    with speaking(asked.language):
        print_compared(compared, terminal())


def _planned(asked: Asked, given: Input) -> Plan:
    plan, _ = plan_for(
        asked.protocols,
        asked.as_of or _day(asked),
        asked.anchors,
        retrieved=_both(asked.retrieved, given.retrieved),
        everyone=asked.everyone,
        language=asked.language,
    )
    return comparing(msgspec.structs.replace(plan, changes_from=given.changes_from), asked.compare)


def _screened(asked: Asked, given: Input, plan: Plan, progress: Progress) -> RunRecord:
    if asked.spark is None:
        return screen_locally(
            given.directories,
            asked.out,
            plan,
            workers=asked.workers,
            resume=asked.resume,
            since=asked.since,
            transaction_time=given.transaction_time,
            progress=progress,
        )
    return screen_with_spark(
        asked.directories or [str(one) for one in given.directories],
        asked.out,
        plan,
        **asked.spark._asdict(),
        resume=asked.resume,
        transaction_time=given.transaction_time,
        progress=progress,
    )


def _day(asked: Asked) -> date:
    """A run that goes on after midnight is still of the day on which it was begun."""
    before = read_record(asked.out) if asked.resume else None
    return before.plan.as_of if before is not None else datetime.now().astimezone().date()


def _both(named: Collection[str] | None, exported_types: Collection[str] | None) -> Collection[str] | None:
    """The resource types that are wholly there by all that is told of them; ``None`` for all."""
    if named is not None and exported_types is not None:
        return set(named) & set(exported_types)
    return exported_types if named is None else named
