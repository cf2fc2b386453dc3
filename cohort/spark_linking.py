"""Between both passes on Spark: lines brought to their patients, with the shared resources that they want."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as fn
from pyspark.sql.pandas.types import from_arrow_schema

from cohort.grouping import NOBODY, PEOPLE, SHARED, STRAY
from cohort.links import DEEPEST, Linked, nobodys_fault
from cohort.spark_lines import DELETED, LINES, NAMED, ROUTED, naming
from cohort.spark_patients import GATHERED

_PLACE: Final = ["file", "block", "entry"]
"""Identifies an entry of the input."""


class Linking:
    """Reads what the first pass wrote.

    Args:
        spark: the session.
        routed: where the first pass wrote.
    """

    def __init__(self, spark: SparkSession, routed: str) -> None:
        self._all = spark.read.schema(from_arrow_schema(ROUTED)).parquet(routed)
        counted = self._all.groupBy("section").count().collect()
        self.counts: Mapping[str, int] = {row["section"]: row["count"] for row in counted}

    def section(self, name: str) -> DataFrame:
        """One section of what the first pass wrote."""
        return self._all.where(fn.col("section") == name)

    def linked(self) -> Linked:
        """How many lines were brought to a patient by identifier, and how many could not be."""
        strays = nobodys = 0
        if self.counts.get(STRAY):
            row = (
                self._homes()
                .agg(fn.count_if(fn.col("homes") == 1), fn.count_if(fn.col("homes") != 1))
                .first()
            )
            strays, nobodys = row if row is not None else (0, 0)
        return Linked(strays, nobodys, self.counts.get(PEOPLE, 0))

    def nobodys(self) -> DataFrame:
        """Lines that are of nobody, each with the reason."""
        columns = ["file", "block", "line", "raw", "fault"]
        own = self.section(NOBODY).select(columns)
        if not self.counts.get(STRAY):
            return own
        why = fn.when(fn.col("homes") == 0, nobodys_fault(several=False)).otherwise(
            nobodys_fault(several=True)
        )
        strays = self._strays().where("homes != 1").withColumn("fault", why)
        return own.unionAll(strays.select(columns))

    def gathered(self, partitions: int) -> DataFrame:
        """All lines of patients and what they want (``GATHERED``), in so many partitions, sorted."""
        lines = self._lines()
        own = lines.withColumn("name", fn.lit(None).cast("string"))
        rows = own.select(*GATHERED)
        if self.counts.get(SHARED):
            rows = rows.unionAll(self._wanted(lines).select(*GATHERED))
        return rows.repartition(partitions, "key").sortWithinPartitions(
            "key", "file", "block", "line", "entry"
        )

    def _lines(self) -> DataFrame:
        lines = self.section(LINES)
        if self.counts.get(STRAY):
            brought = self._strays().where("homes = 1").withColumn("key", fn.col("home"))
            lines = lines.unionByName(brought.drop("homes", "home"))
        if self.section(PEOPLE).where(fn.size("wants") > 0).limit(1).count():
            aliases = self._aliases()
            lines = lines.join(aliases, fn.col("key") == fn.col("old"), "left")
            lines = lines.withColumn("key", fn.coalesce("patient", "key")).drop("old", "patient")
        if not self.counts.get(DELETED):
            return lines.withColumn("gone", fn.lit(False))
        deleted = self.section(DELETED).groupBy(fn.col("key").alias("name"))
        latest = deleted.agg(fn.max("rank").alias("deleted"))
        named = lines.mapInArrow(naming, from_arrow_schema(NAMED))
        gone = fn.coalesce(fn.col("deleted") >= fn.col("rank"), fn.lit(False))
        return named.join(latest, "name", "left").withColumn("gone", gone).drop("name", "deleted")

    def _aliases(self) -> DataFrame:
        """Merged records and to whom they belong, without those whose Patient is still there."""
        people = self.section(PEOPLE)
        told = people.select(fn.explode("wants").alias("old"), fn.col("key").alias("patient"), *_PLACE)
        present = people.select(fn.col("key").alias("old"), "rank")
        if self.counts.get(DELETED):
            present = self._not_deleted(present, "old")
        present = present.select("old").distinct()
        merged = told.where("old != patient").join(present, "old", "left_anti")
        # Where several say so, the last one.
        return merged.groupBy("old").agg(fn.max_by("patient", fn.struct(*_PLACE)).alias("patient"))

    def _not_deleted(self, found: DataFrame, name: str) -> DataFrame:
        """Without what the input of a rank, or a later one, says was deleted."""
        deleted = (
            self.section(DELETED).groupBy(fn.col("key").alias(name)).agg(fn.max("rank").alias("deleted"))
        )
        return found.join(deleted, name, "left").where("deleted IS NULL OR deleted < rank").drop("deleted")

    def _homes(self) -> DataFrame:
        """How many patients have the identifier of each stray line, and one of them."""
        pair = fn.col("pair")
        owners = self.section(PEOPLE).select(
            fn.explode("identifiers").alias("pair"), fn.col("key").alias("patient")
        )
        owners = owners.select(
            fn.substring_index(pair, "|", 1).alias("by"),
            fn.expr("substring(pair, instr(pair, '|') + 1)").alias("value"),
            "patient",
        )
        agrees = (fn.col("system") == fn.col("by")) | (fn.col("system") == "") | (fn.col("by") == "")
        strays = self.section(STRAY).select("key", "system", *_PLACE)
        met = strays.join(owners, (fn.col("key") == fn.col("value")) & agrees, "left")
        return met.groupBy(*_PLACE).agg(
            fn.count_distinct("patient").alias("homes"), fn.min("patient").alias("home")
        )

    def _strays(self) -> DataFrame:
        return self.section(STRAY).join(self._homes(), _PLACE)

    def _wanted(self, lines: DataFrame) -> DataFrame:
        """For each patient the shared resources that the lines refer to, and those that these refer to."""
        shared = self.section(SHARED).select(fn.col("key").alias("name"), "rank", "raw", "wants")
        newest = shared.groupBy("name").agg(fn.max("rank").alias("rank"))
        shared = shared.join(newest, ["name", "rank"])
        if self.counts.get(DELETED):
            shared = self._not_deleted(shared, "name")
        shared = shared.drop("rank")
        wanted = lines.select("key", fn.explode("wants").alias("name")).distinct()
        if shared.where(fn.size("wants") > 0).limit(1).count():
            refers = shared.select("name", fn.explode("wants").alias("further")).distinct()
            reached = wanted
            for _ in range(DEEPEST - 1):
                reached = reached.join(refers, "name").select("key", fn.col("further").alias("name"))
                wanted = wanted.unionAll(reached)
            wanted = wanted.distinct()
        found = wanted.join(shared, "name")
        nowhere = {name: fn.lit(0) for name in ("file", "line", "entry")} | {"block": fn.lit(0).cast("long")}
        return found.withColumns({**nowhere, "fault": fn.lit(None).cast("string"), "gone": fn.lit(False)})
