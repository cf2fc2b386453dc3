"""``trialcards cohort``: every patient of a bulk export against the open protocols."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import typer

from app.cli_bulk_export import DAY, AllowHttp, BulkHost, BulkTimeout, TypeFilter
from app.cli_dates import BaselineDate, Day0, EnrolmentDate, ScreeningDate, date_option
from app.cli_errors import ArgumentError
from app.language import Language
from app.resource_types import known_resource_types


class OnSpark(NamedTuple):
    """How Spark is to be used, as it was typed in; as of ``cohort.spark.screen_with_spark``."""

    master: str | None
    work: str | None
    partitions: int | None
    settings: Mapping[str, str]


def cohort(
    directories: Annotated[
        list[str] | None,
        typer.Argument(metavar="DIR...", help="FHIR bulk data (NDJSON); a later one adds to earlier ones."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="OUT", help="For the results.")] = Path("cohort"),
    bulk_export: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Export from this FHIR server; /Patient or /Group/ID may follow."),
    ] = None,
    type_filter: TypeFilter = None,
    bulk_host: BulkHost = None,
    bulk_timeout: BulkTimeout = DAY,
    allow_http: AllowHttp = False,
    protocol: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID|FILE",
            help="Only this protocol, open or not: an id or a YAML file; repeatable. All open by default.",
        ),
    ] = None,
    as_of: Annotated[date | None, date_option("--as-of", "Judge as of this day. Today by default.")] = None,
    screening_date: ScreeningDate = None,
    baseline_date: BaselineDate = None,
    enrolment_date: EnrolmentDate = None,
    day0: Day0 = None,
    retrieved: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TYPES",
            help="Resource types that the input holds wholly; comma-separated or repeated. All by default.",
        ),
    ] = None,
    everyone: Annotated[
        bool, typer.Option("--everyone", help="Judge also patients of whose disease nothing is on record.")
    ] = False,
    engine: Annotated[
        Literal["local", "spark"], typer.Option(help="This machine's processes, or Apache Spark.")
    ] = "local",
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes. One for each core by default.")
    ] = None,
    master: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="With spark: its master, as of spark-submit. By default this machine.",
        ),
    ] = None,
    work: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="With spark: where all machines may write while the run goes on, as s3a://bucket/work.",
        ),
    ] = None,
    partitions: Annotated[
        int | None,
        typer.Option(min=1, help="With spark: tasks that judge. By the size of the input by default."),
    ] = None,
    conf: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="With spark: a setting of Spark; repeatable."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the unfinished run in OUT.")] = False,
    since: Annotated[
        Path | None,
        typer.Option(
            metavar="LAST_RUN",
            help="Judge only who has new data since that run, or is outdated by time; tell the changes.",
        ),
    ] = None,
    compare: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VERSION|FILE",
            help="Judge by this version too, and tell who flips: 1, ID@1, or a draft as a YAML file.",
        ),
    ] = None,
    language: Annotated[
        Language, typer.Option(envvar="TRIALCARDS_LANGUAGE", help="Language of reasons and of the report.")
    ] = "en",
    withhold_below: Annotated[
        int,
        typer.Option(
            "--withhold-below",
            metavar="N",
            min=1,
            help="Withhold numbers of patients below this one where the report counts by group.",
        ),
    ] = 11,
    unnamed: Annotated[bool, typer.Option("--unnamed", help="Name no patient in the report.")] = False,
) -> None:
    """Screen a whole population: the bulk data of DIR against the open protocols.

    The input counts as the whole record of everybody in it, unless --retrieved says otherwise. In OUT come to
    be tables (Parquet: patients, screenings, findings, needs), screening-list.csv, report.html, summary.json
    and rejected.ndjson with what could not be read. All of it is patients' data: keep it like the input.

    The environment tells how to get into a server: TRIALCARDS_BEARER_TOKEN, or TRIALCARDS_CLIENT_ID and
    TRIALCARDS_PRIVATE_KEY_FILE (SMART Backend Services), or nothing where it is open.

    A run that was interrupted goes on with --resume and leaves the same results.

    \b
    Examples:
      trialcards cohort export/ --out tonight/
      trialcards cohort export/ --out tonight/ --resume
      trialcards cohort --bulk-export https://ehr.example.org/fhir/Group/lupus --out tonight/
      trialcards cohort --bulk-export https://ehr.example.org/fhir/Group/lupus --out next/ --since tonight/
      trialcards cohort export/ new/ --out tomorrow/ --since tonight/
      trialcards cohort export/ --out june/ --as-of 2026-06-15 --protocol nct07517536
      trialcards cohort export/ --out amended/ --protocol nct07517536 --compare draft.yaml
      trialcards cohort s3a://bucket/export --engine spark --work s3a://bucket/work --out tonight/
    """
    if bool(directories) == (bulk_export is not None):
        raise ArgumentError("name a directory with FHIR bulk data, or a server with --bulk-export")
    try:
        kinds = known_resource_types(retrieved or ())
    except ValueError as error:
        raise ArgumentError(f"--retrieved: {error}") from None
    on_spark = _on_spark(engine, workers=workers, since=since, spark=(master, work, partitions, conf))
    # Tables and DuckDB, which nobody need wait for who does something else.
    from app.cohort_input import Export
    from app.cohort_run import Asked, screen_population
    from eligibility.course import Anchors

    export: Export | None = None
    if bulk_export is not None:
        export = Export(bulk_export, type_filter or (), bulk_host or (), bulk_timeout, allow_http)
    screen_population(
        Asked(
            directories=directories or (),
            out=out,
            export=export,
            protocols=protocol,
            compare=compare or (),
            as_of=as_of,
            anchors=Anchors(screening_date, baseline_date, enrolment_date, day0),
            retrieved=kinds,
            everyone=everyone,
            workers=workers,
            spark=on_spark,
            resume=resume,
            since=since,
            language=language,
            withhold_below=withhold_below,
            unnamed=unnamed,
        )
    )


def _on_spark(
    engine: str,
    *,
    workers: int | None,
    since: Path | None,
    spark: tuple[str | None, str | None, int | None, list[str] | None],
) -> OnSpark | None:
    """How Spark is to be used; ``None`` where it is not.

    Raises:
        ArgumentError: an option is for the other engine, or a setting is none.
    """
    if engine == "local":
        if any(one is not None for one in spark):
            raise ArgumentError("--master, --work, --partitions and --conf are for --engine spark")
        return None
    if workers is not None:
        raise ArgumentError("--workers is for --engine local; name Spark's with --master local[N] or --conf")
    if since is not None:
        raise ArgumentError("--since is for --engine local; Spark judges everybody anew")
    master, work, partitions, settings = spark
    pairs = [one.partition("=") for one in settings or ()]
    if wrong := next((name for name, found, _ in pairs if not found or not name), None):
        raise ArgumentError(f"--conf {wrong}: write NAME=VALUE, as spark.executor.memory=4g")
    return OnSpark(master, work, partitions, {name: value for name, _, value in pairs})
