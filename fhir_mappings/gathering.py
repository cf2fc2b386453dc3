"""Whose resources are whose: the patients of an input, each with the resources that name this patient.

A Bundle with a Patient stands for itself: its references are looked for in it first. Loose resources (lines
of NDJSON) and Bundles without a Patient belong together, and to whichever patient they name. A Patient of one
id in two Bundles is one person if birth date or identifiers say so; two that merely share an id are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from fhir_mappings.bundles import Document
from fhir_mappings.datatypes import Element, Identifier, Reference
from fhir_mappings.decoding import decode
from fhir_mappings.phrases import phrase
from fhir_mappings.reading.sheet import Pool
from fhir_mappings.references import References, Source, bare, in_order, names_of
from fhir_mappings.resources import Patient

HOLDERS = ("subject", "patient", "individual")
"""The elements that name whose a resource is."""


class Holder(msgspec.Struct, frozen=True):
    """Whose a resource is, as far as it says.

    Attributes:
        patient: reference of a Patient at hand.
        stranger: it names a Patient who is not at hand.
        why: why the resource can be no one's; ``None`` where it just names nobody.
        perhaps: it may be of a patient at hand nevertheless; a ``urn:`` that nothing at hand is called by may
            be a name of that patient.
    """

    patient: str | None = None
    stranger: bool = False
    why: str | None = None
    perhaps: bool = False


OTHER_SUBJECTS = frozenset(
    {
        "Device",
        "Group",
        "Location",
        "Medication",
        "Organization",
        "Practitioner",
        "PractitionerRole",
        "Procedure",
        "RelatedPerson",
        "Specimen",
        "Substance",
    }
)
"""Types of subjects that are surely not the patient."""

NOBODY = Holder()
SOMEONE_ELSE = Holder(why=phrase("gathering.its-subject-is-identified-as-someone"))
UNTOLD = Holder(why=phrase("gathering.its-subject-is-given-by-an"), perhaps=True)
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


class People(msgspec.Struct, frozen=True):
    """The patients of a group, as others may refer to them.

    Attributes:
        names: reference of the patient by each name.
        identifiers: (system, value) by reference of the patient.
    """

    names: Mapping[str, str]
    identifiers: Mapping[str, frozenset[tuple[str | None, str]]]

    def named(self, name: str | None) -> str | None:
        """The patient whom a literal reference names."""
        return None if not name else self.names.get(name) or self.names.get(bare(name))

    def identified(self, identifier: Identifier | None) -> frozenset[str]:
        """The patients who have an identifier; where a system is not given, the value tells."""
        wanted = _pair(identifier)
        if wanted is None:
            return frozenset()
        return frozenset(
            patient for patient, own in self.identifiers.items() if any(_same(wanted, one) for one in own)
        )

    @property
    def all_identified(self) -> bool:
        """Whether each of them has an identifier, so that another one is someone else's."""
        return all(self.identifiers.values())


def _pair(identifier: Identifier | None) -> tuple[str | None, str] | None:
    value = (identifier.value or "").strip() if identifier is not None else ""
    return ((identifier.system or "").strip() or None, value) if identifier is not None and value else None


def _same(one: tuple[str | None, str], other: tuple[str | None, str]) -> bool:
    return one[1] == other[1] and (one[0] == other[0] or None in (one[0], other[0]))


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
    beside = References(in_order(loose.sources))
    groups = [group_of(document, wanted, beside) for document in homes]
    rest = group_of(loose, wanted, None)
    _give_away(rest, groups)
    if rest.patients:
        groups.append(rest)
    return groups, rest


def group_of(document: Document, kinds: frozenset[str], beside: References | None) -> Group:
    """The resources of one document, sorted by whose they are."""
    sources = newest(in_order(document.sources))
    pool = Pool(sources, beside)
    # Patients stand in the report as in the file; all else has an order of its own.
    told = (source.reference for source in document.sources if source.kind == "Patient")
    copies: dict[str, list[Source]] = {reference: [] for reference in told}
    for source in sources:
        if source.kind == "Patient":
            copies[source.reference].append(source)
    group = Group(document, pool, [same[-1] for same in copies.values()], copies)
    known = people_of(group)
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
    homes = [(group, people_of(group)) for group in groups]
    kept: list[tuple[Source, Holder]] = []
    for source, holder in rest.others:
        reference = _reference(source, rest.pool)
        found = [(g, patient) for g, people in homes if (patient := people.named(reference.reference))]
        if not found:
            found = [(g, one) for g, people in homes for one in people.identified(reference.identifier)]
        if len(found) == 1:
            ((group, patient),) = found
            group.owned.setdefault(patient, []).append(source)
        else:
            kept.append((source, holder))
    rest.others = kept


def people_of(group: Group) -> People:
    """The patients of a group, by every name and identifier; of merged records the old ones too."""
    own = {source.reference for source in group.patients}
    names: dict[str, str] = {}
    identifiers: dict[str, frozenset[tuple[str | None, str]]] = {}
    for source in group.patients:
        names.update(dict.fromkeys(names_of(source), source.reference))
    for source in group.patients:
        told: list[Identifier | None] = []
        for copy in group.copies.get(source.reference, (source,)):
            patient = group.pool.decode(copy)
            if not isinstance(patient, Patient):
                continue
            told += patient.identifier
            for other in (link.other for link in patient.link if link.type == "replaces"):
                if other is None:
                    continue
                told.append(other.identifier)
                if other.reference and bare(other.reference) not in own:
                    names[bare(other.reference)] = source.reference
        identifiers[source.reference] = frozenset(pair for one in told if (pair := _pair(one)) is not None)
    return People(names, identifiers)


def holder_of(source: Source, pool: Pool, people: People) -> Holder:
    """Whose a resource is, among the people at hand."""
    reference = _reference(source, pool)
    patient = people.named(reference.reference)
    if patient is not None:
        return Holder(patient)
    identified = people.identified(reference.identifier)
    if len(identified) == 1:
        return Holder(next(iter(identified)))
    name = reference.reference
    if not name:
        if _pair(reference.identifier) is None:
            return NOBODY
        return SOMEONE_ELSE if people.all_identified and not identified else UNTOLD
    if name.startswith("#"):
        return Holder(why=phrase("gathering.its-subject-is-contained-in-it"), perhaps=True)
    target = pool.references.find(name)
    kind = target.kind if target is not None else bare(name).partition("/")[0]
    if kind == "Patient":
        return Holder(stranger=True, why=phrase("gathering.its-patient-is-not-in-the"))
    if name.startswith("urn:") and target is None:
        return Holder(stranger=True, why=phrase("gathering.its-patient-is-not-in-the"), perhaps=True)
    if kind in OTHER_SUBJECTS:
        return Holder(why=phrase("gathering.it-is-about-a-not-a", kind=kind))
    return Holder(why=phrase("gathering.its-subject-cannot-be-understood-whose"), perhaps=True)


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
