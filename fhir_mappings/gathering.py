"""Whose resources are whose: the patients of an input, each with the resources that name this patient.

A Bundle with a Patient stands for itself: its references are looked for in it first. Loose resources (lines
of NDJSON) and Bundles without a Patient belong together, and to whichever patient they name. A Patient of one
id in two Bundles is one person if birth date or identifiers say so; two that merely share an id are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from fhir_mappings.bundles import Document
from fhir_mappings.datatypes import Element, Reference
from fhir_mappings.decoding import decode
from fhir_mappings.reading.sheet import Pool
from fhir_mappings.references import References, Source, bare, names_of
from fhir_mappings.resources import Patient

HOLDERS = ("subject", "patient", "individual")
"""The elements that name whose a resource is."""


class Holder(msgspec.Struct, frozen=True):
    """Whose a resource is, as far as it says.

    Attributes:
        patient: reference of a Patient at hand.
        stranger: it names a Patient who is not at hand.
        why: why the resource can be no one's; ``None`` where it just names nobody.
    """

    patient: str | None = None
    stranger: bool = False
    why: str | None = None


NOBODY = Holder()
_NO_REFERENCE = Reference()


class Group(msgspec.Struct):
    """Resources that refer to each other, and the patients among them.

    Attributes:
        patients: one for each reference.
        copies: all Patient resources of a reference, where there are several.
        owned: by reference of the patient.
        nobodys: resources that name nobody.
        others: resources that name someone or something else, with that.
    """

    document: Document
    pool: Pool
    patients: list[Source]
    copies: dict[str, list[Source]] = {}
    owned: dict[str, list[Source]] = {}
    nobodys: list[Source] = []
    others: list[tuple[Source, Holder]] = []


class _Holders(Element, frozen=True):
    subject: Reference | None = None
    patient: Reference | None = None
    individual: Reference | None = None


class _Person(msgspec.Struct, frozen=True):
    reference: str
    raw: bytes
    born: str | None
    identifiers: frozenset[str]

    def is_same_as(self, other: _Person) -> bool:
        """Whether two Patients of one id are one person."""
        if self.raw == other.raw:
            return True
        if self.born is not None and other.born is not None and self.born != other.born:
            return False
        if self.identifiers and other.identifiers:
            return not self.identifiers.isdisjoint(other.identifiers)
        return self.born is not None and self.born == other.born


def _person(source: Source) -> _Person:
    patient = decode(source.raw, Patient)[0] or Patient()
    identifiers = frozenset(f"{i.system or ''}|{i.value}" for i in patient.identifier if i.value)
    return _Person(source.reference, bytes(source.raw), patient.birth_date, identifiers)


def gather(documents: Sequence[Document], kinds: Iterable[str]) -> tuple[list[Group], Group]:
    """The groups of an input that hold a Patient, and what belongs to none of them.

    Args:
        documents: of the input, in their order.
        kinds: the resource types that belong to someone.
    """
    wanted = frozenset(kinds)
    homes: list[Document] = []
    known: dict[str, list[tuple[_Person, Document]]] = {}
    loose = Document()
    for document in documents:
        own = [_person(source) for source in document.sources if source.kind == "Patient"]
        if not document.bundle or not own:
            loose.add(document)
            continue
        alike = (home for one in own for other, home in known.get(one.reference, ()) if one.is_same_as(other))
        home = next(alike, None)
        if home is None:
            homes.append(home := document)
        else:
            home.add(document)
        for one in own:
            known.setdefault(one.reference, []).append((one, home))
    beside = References(loose.sources)
    groups = [group_of(document, wanted, beside) for document in homes]
    rest = group_of(loose, wanted, None)
    _give_away(rest, groups)
    if rest.patients:
        groups.append(rest)
    return groups, rest


def group_of(document: Document, kinds: frozenset[str], beside: References | None) -> Group:
    """The resources of one document, sorted by whose they are."""
    sources = newest(document.sources)
    pool = Pool(sources, beside)
    copies: dict[str, list[Source]] = {}
    for source in sources:
        if source.kind == "Patient":
            copies.setdefault(source.reference, []).append(source)
    group = Group(document, pool, [same[-1] for same in copies.values()], copies)
    known = dict(_names(group))
    for source in sources:
        if source.kind not in kinds:
            continue
        holder = holder_of(source, pool, known)
        if holder.patient is not None:
            group.owned.setdefault(holder.patient, []).append(source)
        elif holder == NOBODY:
            group.nobodys.append(source)
        else:
            group.others.append((source, holder))
    return group


def _give_away(rest: Group, groups: Sequence[Group]) -> None:
    """Hand resources that name a patient of exactly one group to that patient."""
    homes: dict[str, dict[tuple[int, str], Group]] = {}
    for group in groups:
        for name, patient in _names(group):
            homes.setdefault(name, {})[id(group), patient] = group
    kept: list[tuple[Source, Holder]] = []
    for source, holder in rest.others:
        reference = _reference(source, rest.pool)
        found = homes.get(reference.reference or "") or homes.get(bare(reference.reference or ""))
        if found is not None and len(found) == 1:
            ((_, patient), group) = next(iter(found.items()))
            group.owned.setdefault(patient, []).append(source)
        else:
            kept.append((source, holder))
    rest.others = kept


def _names(group: Group) -> Iterator[tuple[str, str]]:
    """Every name of a patient of the group, with the reference; of merged records the old one too."""
    for source in group.patients:
        for name in names_of(source):
            yield name, source.reference
        patient = group.pool.decode(source)
        if isinstance(patient, Patient):
            for identifier in patient.identifier:
                if identifier.value:
                    yield f"{identifier.system or ''}|{identifier.value}", source.reference
    own = {source.reference for source in group.patients}
    for source in group.patients:
        patient = group.pool.decode(source)
        for link in patient.link if isinstance(patient, Patient) else ():
            if link.type == "replaces" and link.other is not None and link.other.reference:
                old = bare(link.other.reference)
                if old not in own:
                    yield old, source.reference


def holder_of(source: Source, pool: Pool, known: dict[str, str]) -> Holder:
    """Whose a resource is; ``known`` are the names of the patients at hand."""
    reference = _reference(source, pool)
    name = reference.reference
    if not name:
        identifier = reference.identifier
        if identifier is None or not identifier.value:
            return NOBODY
        patient = known.get(f"{identifier.system or ''}|{identifier.value}")
        return Holder(patient) if patient is not None else NOBODY
    if name.startswith("#"):
        return Holder(why="its subject is contained in it; whose it is cannot be told")
    patient = known.get(name) or known.get(bare(name))
    if patient is not None:
        return Holder(patient)
    target = pool.references.find(name)
    kind = target.kind if target is not None else bare(name).partition("/")[0]
    if kind == "Patient" or name.startswith("urn:"):
        return Holder(stranger=True, why="its patient is not in the input")
    return Holder(
        why=f"it is about a {kind}, not a Patient" if kind.isalpha() else "its subject is no Patient"
    )


def _reference(source: Source, pool: Pool) -> Reference:
    """The element of a resource that names whose it is."""
    resource: object = pool.decode(source)
    if resource is None:
        resource = decode(source.raw, _Holders)[0]
    for name in HOLDERS:
        found = getattr(resource, name, None)
        if isinstance(found, Reference):
            return found
    return _NO_REFERENCE


def newest(sources: Sequence[Source]) -> list[Source]:
    """The resources without copies: the same sent twice, or an older version beside a newer one.

    Different resources under one id, without anything that tells which is newer, are all kept.
    """
    by_name: dict[str, list[Source]] = {}
    for source in sources:
        if source.id is not None:
            by_name.setdefault(source.reference, []).append(source)
    dropped: set[int] = set()
    for copies in by_name.values():
        if len(copies) == 1:
            continue
        versions = [copy.version for copy in copies]
        told = [version for version in versions if version is not None]
        latest = max(told, key=_order) if len(told) == len(copies) else None
        seen: set[bytes] = set()
        for copy in copies:
            raw = bytes(copy.raw)
            if raw in seen or (latest is not None and copy.version != latest):
                dropped.add(id(copy))
            seen.add(raw)
    return [source for source in sources if id(source) not in dropped] if dropped else list(sources)


def _order(version: str) -> tuple[int, str]:
    """Numbers in their order, before instants (which sort as text)."""
    return (int(version), "") if version.isdigit() and len(version) < 12 else (0, version)
