"""The Spark session of a run: the one of the cluster that started this program, or one of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cohort.errors import CohortError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_OWN: Final = {
    "spark.app.name": "trialcards cohort",
    # What fails is told in one line.
    "spark.log.level": "FATAL",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.serializer": "org.apache.spark.serializer.KryoSerializer",
}
"""Of a session that this program starts; what was said otherwise stands."""

_QUERIES: Final = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.compression.codec": "zstd",
    # Lines may hold a whole patient: batches are bounded by bytes, and this is only the second bound.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "4096",
    "spark.sql.execution.arrow.maxBytesPerBatch": "32m",
    # A writer for each section, in place of sorting lines by it first.
    "spark.sql.maxConcurrentOutputFileWriters": "16",
    # What cannot be read is told, never passed over.
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.adaptive.enabled": "true",
}
"""Of any session."""


class SparkMissingError(CohortError):
    """Spark, or the Java that it needs, is not there."""


@contextmanager
def session(master: str | None, settings: Mapping[str, str], scratch: Path) -> Iterator[SparkSession]:
    """The active session, or a new one that ends with the context.

    Args:
        master: as ``spark-submit --master`` takes it; by default what the environment says, else all cores
            of this machine.
        settings: of Spark, by name; they go before all others.
        scratch: where a session on this machine alone keeps what does not fit into memory.

    Raises:
        SparkMissingError: there is no PySpark, or no Java.
    """
    require()
    from pyspark.errors import PySparkRuntimeError
    from pyspark.sql import SparkSession

    found = SparkSession.getActiveSession()
    if found is not None:
        _set(found, settings)
        yield found
        return
    builder = SparkSession.builder
    submitted = os.environ.get("SPARK_ENV_LOADED") == "1" or "PYSPARK_GATEWAY_PORT" in os.environ
    if master is None and not submitted and "SPARK_REMOTE" not in os.environ:
        master = "local[*]"
    if master is not None:
        builder = builder.master(master)
    if (master or "").startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if not submitted:
        own = _OWN | _on_this_machine(scratch) if (master or "").startswith("local") else _OWN
        for name, value in own.items():
            builder = builder.config(name, value)
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        made = builder.getOrCreate()
    except PySparkRuntimeError as error:
        if error.getCondition() != "JAVA_GATEWAY_EXITED":
            raise
        raise SparkMissingError(
            "Java did not start Spark; install a JDK (17 or 21) and set JAVA_HOME to it"
        ) from None
    try:
        _set(made, settings)
        yield made
    finally:
        made.stop()


def require() -> None:
    """Tell whoever lacks it how to get Spark.

    Raises:
        SparkMissingError: a package is not there.
    """
    # PySpark asks for pandas where it hands over Arrow.
    if any(find_spec(name) is None for name in ("pyspark", "pandas")):
        raise SparkMissingError(
            "Spark is not installed; pip install 'trialcards[spark]', or use --engine local"
        )


def _on_this_machine(scratch: Path) -> dict[str, str]:
    return {
        "spark.local.dir": str(scratch),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "2g",
        "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={scratch}",
    }


def _set(made: SparkSession, settings: Mapping[str, str]) -> None:
    for name, value in _QUERIES.items():
        if name not in settings:
            made.conf.set(name, value)
