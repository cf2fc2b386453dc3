"""The first pass on Spark: which files there are, and their lines sorted by whose they are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from py4j.protocol import Py4JError
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as fn
from pyspark.sql.pandas.types import from_arrow_schema

from cohort.errors import NoInputError
from cohort.sources import ENDINGS, SourceFile, is_bulk_data
from cohort.spark_lines import ROUTED, sorting

WHOLE_BYTES: Final = 256 << 20
"""A ``.json`` file up to this size may be one document over many lines; a larger one is read by lines."""

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:/*")
_WILD = re.compile(r"[*?\[{]")


def find_inputs(spark: SparkSession, inputs: Sequence[str]) -> tuple[list[SourceFile], list[str]]:
    """The files of bulk data in places that Spark reads, and the names of all others.

    Args:
        spark: the session.
        inputs: directories, files or patterns, with or without a scheme; what a later one says of a resource
            replaces what an earlier one says.

    Raises:
        NoInputError: there is no such place, or nothing of the kind in it.
    """
    found: list[SourceFile] = []
    others: list[str] = []
    for rank, place in enumerate(inputs):
        own = len(found)
        for address, path, size, changed in sorted(_listed(spark, place)):
            name = _name(place, path)
            told = name if len(inputs) == 1 else f"{PurePosixPath(urlsplit(place).path).name}/{name}"
            if is_bulk_data(PurePosixPath(name)):
                packed = name.lower().endswith(".gz")
                document = name.lower().removesuffix(".gz").endswith(".json")
                source = SourceFile(
                    path=address, name=told, rank=rank, size=size, changed=changed * 1000,
                    packed=packed, whole=document and size <= WHOLE_BYTES,
                )  # fmt: skip
                found.append(source)
            else:
                others.append(told)
        if len(found) == own:
            kinds = ", ".join(f"{ending}[.gz]" for ending in ENDINGS)
            raise NoInputError(f"{place}: no FHIR bulk data in it; files are looked for that end in {kinds}")
    return found, others


def absolute(place: str, *, here: bool) -> str:
    """A place of this machine with its whole path, where Spark runs ``here``; any other as it is."""
    path = Path(place)
    return path.resolve().as_uri() if here and not urlsplit(place).scheme and path.exists() else place


def _listed(spark: SparkSession, place: str) -> Iterator[tuple[str, str, int, int]]:
    """Address, path, size, and when it was changed, in microseconds, of each file."""
    try:
        files = spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(_unquoted(place))
        rows = files.select(
            "_metadata.file_path", "path", "length", fn.unix_micros("modificationTime").alias("changed")
        ).toLocalIterator()
        for row in rows:
            yield (
                row["file_path"],
                urlsplit(row["file_path"])._replace(path=row["path"]).path,
                row["length"],
                row["changed"],
            )
    except AnalysisException as error:
        if error.getCondition() != "PATH_NOT_FOUND":
            raise
        raise NoInputError(f"{place}: there is nothing; name a place with FHIR bulk data (NDJSON)") from None


def _unquoted(place: str) -> str:
    """Hadoop takes paths as they are, without escapes."""
    return unquote(place) if place.startswith("file:") else place


def _name(place: str, path: str) -> str:
    """The name of a file relative to its place, up to the first wildcard."""
    fixed = _SCHEME.sub("", _unquoted(place))
    wild = _WILD.search(fixed)
    fixed = (fixed[: wild.start()].rpartition("/")[0] if wild is not None else fixed).strip("/")
    _, found, name = path.partition(f"/{fixed}/") if fixed else ("", "", "")
    return name if found and name else path.rpartition("/")[2]


def sort_lines(spark: SparkSession, inputs: Sequence[str], files: Sequence[SourceFile], target: str) -> None:
    """Write all lines of the input to ``target``, sorted by whose they are (``ROUTED``).

    Raises:
        CohortError: a file cannot be read at all.
    """
    broken: set[str] = set()
    while True:
        try:
            routed = _routed(spark, inputs, files, broken)
            routed.write.mode("overwrite").partitionBy("section").parquet(target)
            return
        except (PySparkException, Py4JError) as error:
            # A packed file that is damaged: what precedes the damage counts, and the damage is told.
            address = _broken(str(error), [file.path for file in files if file.packed])
            if address is None or address in broken:
                raise
            broken.add(address)


def _broken(message: str, addresses: Sequence[str]) -> str | None:
    """The file at which Spark stopped; the longest name, where several would do."""
    named = [one for one in addresses if f"file {_bare(one)}" in message.replace("///", "/")]
    return max(named, key=len, default=None)


def _bare(address: str) -> str:
    return address.replace("///", "/")


def _routed(
    spark: SparkSession, inputs: Sequence[str], files: Sequence[SourceFile], broken: Collection[str]
) -> DataFrame:
    parts: list[DataFrame] = []
    schema = from_arrow_schema(ROUTED)
    for rank, place in enumerate(inputs):
        own = [(number, file) for number, file in enumerate(files) if file.rank == rank]
        for damaged in (False, True):
            for whole in (False, True):
                chosen = {
                    file.path: (number, rank)
                    for number, file in own
                    if file.whole == whole and (file.path in broken) == damaged
                }
                if chosen:
                    lines = _lines(spark, place, whole=whole, damaged=damaged, broken=broken)
                    parts.append(lines.mapInArrow(sorting(chosen, whole=whole, broken=damaged), schema))
    united = parts[0]
    for part in parts[1:]:
        united = united.unionAll(part)
    return united


def _lines(
    spark: SparkSession, place: str, *, whole: bool, damaged: bool, broken: Collection[str]
) -> DataFrame:
    reader = spark.read.option("recursiveFileLookup", "true").option("pathGlobFilter", _glob())
    if damaged:
        reader = reader.option("ignoreCorruptFiles", "true")
    if whole:
        text = reader.text(_unquoted(place), wholetext=True)
    else:
        # As lines end by NDJSON; a carriage return is white space before the end.
        text = reader.text(_unquoted(place), lineSep="\n")
    address = fn.col("_metadata.file_path")
    # Of files that do not meet these, Spark reads nothing.
    document = fn.lower(address).rlike(r"\.json(\.gz)?$") & (fn.col("_metadata.file_size") <= WHOLE_BYTES)
    text = text.where(document if whole else ~document)
    if broken:
        text = text.where(address.isin(list(broken)) == fn.lit(damaged))
    return text.select(
        fn.col("value").cast("binary").alias("raw"),
        address.alias("path"),
        fn.col("_metadata.file_block_start").alias("block"),
    )


def _glob() -> str:
    """Files by their names, in whatever case."""
    kinds = [ending + packed for ending in ENDINGS for packed in ("", ".gz")]
    cased = ["".join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in kind) for kind in kinds]
    return f"*{{{','.join(cased)}}}"
