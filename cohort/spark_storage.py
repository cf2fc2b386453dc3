"""Where a run on Spark keeps what it needs while it goes on: any file system that Hadoop knows."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pyspark.sql import SparkSession


class Storage:
    """A directory that all machines of a cluster write to."""

    def __init__(self, spark: SparkSession, base: str) -> None:
        self._spark = spark
        self._base = base

    def path(self, name: str) -> str:
        """The address of something in it, as Spark takes it."""
        base = self._base
        # Spark takes paths of this machine as they are, without escapes.
        return f"{unquote(base) if base.startswith('file:') else base}/{name}"

    def fetch(self, name: str, target: Path) -> Sequence[Path]:
        """Bring the Parquet files of a directory in it to one of this machine, in their order."""
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(mode=0o700, parents=True)
        if self._base.startswith("file:"):
            source = Path(unquote(urlsplit(self._base).path)) / name
            for part in source.glob("part-*.parquet"):
                os.link(part, target / part.name)
        else:
            self._copy(name, target)
        return sorted(target.glob("part-*.parquet"))

    def remove(self) -> None:
        """Remove all of it."""
        system, path, _ = self._hadoop("")
        system.delete(path, True)

    def _copy(self, name: str, target: Path) -> None:
        system, path, make = self._hadoop(name)
        for status in system.listStatus(path):
            source = status.getPath()
            if source.getName().startswith("part-"):
                system.copyToLocalFile(
                    False, source, make((target / source.getName()).resolve().as_uri()), True
                )

    def _hadoop(self, name: str) -> tuple[Any, Any, Any]:
        """The file system, the path of something in it, and what makes paths."""
        context: Any = self._spark.sparkContext
        make = context._jvm.org.apache.hadoop.fs.Path
        path = make(self.path(name) if name else self.path("").rstrip("/"))
        return path.getFileSystem(context._jsc.hadoopConfiguration()), path, make
