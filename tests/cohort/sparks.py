"""Whether this machine can run Spark."""

from __future__ import annotations

import os
import shutil

from cohort.spark_session import SparkMissingError, require


def no_spark() -> str | None:
    """What is lacking, and how it is installed; ``None`` where nothing is."""
    try:
        require()
    except SparkMissingError as error:
        return str(error)
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        return "there is no Java for Spark; install a JDK (17 or 21)"
    return None
