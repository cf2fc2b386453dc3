"""``python -m sandbox``: start HAPI FHIR with the demonstration patients, and an EHR with SMART before it."""

from __future__ import annotations

import sys
from datetime import date
from typing import Annotated

import typer
import uvicorn

from sandbox.charts import charts
from sandbox.hapi import UnavailableError, build, start
from sandbox.loading import LoadingError, load
from sandbox.smart_ehr import smart_ehr


def serve(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on this machine; 0: any free one.")
    ] = 8090,
    smart_port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of the EHR that launches the pages by SMART.")
    ] = 8092,
    pages: Annotated[
        str,
        typer.Option(metavar="URL", help="Where Trialcards is served, which that EHR calls and launches."),
    ] = "http://127.0.0.1:8000",
    load_into: Annotated[
        str | None,
        typer.Option("--load-into", metavar="URL", help="Start nothing; load the charts into this server."),
    ] = None,
) -> None:
    """Start a HAPI FHIR server with the demonstration patients, as their charts stand today, and an EHR."""
    patients = charts()
    # The local day, as it is for `trialcards serve`: dates in the charts are days of a calendar on a wall.
    today = date.today()  # noqa: DTZ011
    try:
        if load_into is not None:
            load(load_into, patients.values(), today)
            print(f"{load_into} now has {len(patients)} charts: {', '.join(patients)}")
            return
        print("Starting HAPI FHIR (the first time Maven fetches it, some 280 MB) …", file=sys.stderr)
        build()
        base = f"{start(port)}/fhir"
        load(base, patients.values(), today)
        names = ", ".join(patients)
        print(f"HAPI FHIR is ready at {base} with {len(patients)} charts: {names}", flush=True)
        address = f"http://127.0.0.1:{smart_port}"
        ehr = smart_ehr(address, base, pages.rstrip("/"), patients)
        print(f"An EHR with SMART before it is ready at {address}/", flush=True)
        uvicorn.run(ehr.application(), port=smart_port, log_level="warning")
    except KeyboardInterrupt:
        return
    except (UnavailableError, LoadingError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    typer.run(serve)
