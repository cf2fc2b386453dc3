"""A finished run anew, against a protocol with other bounds: who would enter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from app.cli_errors import ArgumentError, InvalidProtocolError, RunError, UnreadableFileError, one_line
from app.cohort_compared import write_compared
from app.cohort_progress import shown_progress
from app.language import Language
from cohort.comparing import Compared
from cohort.errors import CohortError, NoInputError, OccupiedError
from cohort.groups import SMALLEST
from cohort.local import screen_locally
from cohort.outputs import finish
from cohort.plan import Chosen
from cohort.record import RunRecord
from cohort.sources import find_files
from eligibility.bounds import Bound, bounds_in
from eligibility.errors import ProtocolError
from eligibility.loading import bind_text, parse_protocol
from eligibility.relaxing import Relaxed, RelaxingError, parse_edit, relax
from eligibility.versions import text_of
from fhir_mappings.vocabulary import vocabulary

PROTOCOL_FILE: Final = "relaxed.yaml"


def bounds_of(chosen: Chosen, criterion: str) -> list[Bound]:
    """The bounds that a criterion of a run's protocol sets, its parts' among them.

    Raises:
        ArgumentError: it sets none, or is not there.
    """
    tree = parse_protocol(_text(chosen), chosen.id)[1]
    bounds = [one.bound for one in bounds_in(tree)]
    found = [one for one in bounds if one.belongs_to(criterion)]
    if not found:
        known = ", ".join(dict.fromkeys(one.of for one in bounds))
        raise ArgumentError(f"--list: '{criterion}' sets no bound; these do: {known}")
    return list({str(one): one for one in found}.values())


def relaxed(chosen: Chosen, edits: Sequence[str]) -> tuple[Chosen, Relaxed]:
    """What a run judges aside, of a protocol with these edits.

    Raises:
        ArgumentError: an edit cannot be made.
        InvalidProtocolError: with it, the protocol cannot be used.
    """
    try:
        made = relax(_text(chosen), chosen.id, [parse_edit(edit) for edit in edits])
        bind_text(made.text, f"{chosen.id}, relaxed", vocabulary())
    except RelaxingError as error:
        raise ArgumentError(f"--relax: {one_line(str(error))}") from None
    except ProtocolError as error:
        problem = one_line(error.problems[0].told(str(error.source)))
        raise InvalidProtocolError(f"--relax: {problem}") from None
    aside = Chosen(
        id=chosen.id, version=made.version, text=made.text, source=f"{chosen.id}, relaxed", aside=True
    )
    return aside, made


def _text(chosen: Chosen) -> str:
    return chosen.text if chosen.text is not None else text_of(chosen.id, chosen.version)


def run_relaxed(
    record: RunRecord,
    chosen: Chosen,
    edits: Sequence[str],
    into: Path,
    *,
    workers: int | None = None,
    language: Language = "en",
    smallest: int = SMALLEST,
    reported: int | None = None,
) -> tuple[Compared, Relaxed]:
    """Screen the input of a run anew, by its protocol and by the relaxed one, and compare the two.

    Args:
        record: the finished run; its input has to be there as it was.
        chosen: the protocol, as that run chose it.
        edits: as ``eligibility.relaxing`` reads them.
        into: an empty folder, or one that is not there yet. It gets tables like those of any run, the
            comparison, and the relaxed protocol as a file.
        workers: processes; as many as there are cores by default.
        language: of the page.
        smallest: numbers of patients of a group below this one are withheld.
        reported: that of the finished run's report; by default the same.

    Raises:
        ArgumentError: an edit cannot be made, ``into`` is in use, or the input has changed.
        InvalidProtocolError: the relaxed protocol cannot be used.
        UnreadableFileError: the input is no longer there.
        RunError: the run could not be done.
    """
    aside, made = relaxed(chosen, edits)
    plan = msgspec.structs.replace(record.plan, protocols=(chosen, aside))
    directories = [Path(directory) for directory in record.directories]
    try:
        _refuse_changed(record, directories)
        with shown_progress() as progress:
            again = screen_locally(directories, into, plan, workers=workers, progress=progress)
            (compared,) = write_compared(into, plan, language, smallest, reported)
            (into / PROTOCOL_FILE).write_text(made.file, encoding="utf-8")
            finish(into, again)
    except NoInputError as error:
        raise UnreadableFileError(str(error)) from None
    except OccupiedError as error:
        raise ArgumentError(f"--out: {error}") from None
    except CohortError as error:
        raise RunError(str(error)) from None
    return compared, made


def _refuse_changed(record: RunRecord, directories: Sequence[Path]) -> None:
    before = {file.name: file for file in record.files}
    now = {file.name: file for file in find_files(directories)[0]}
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            raise ArgumentError(
                f"{name} has changed since the run; run `trialcards cohort` anew, and ask of that"
            )
