"""Words as evidence: names in a text, found by explicit rules and guarded against what denies them.

A rule is a list of names (matched as words, whatever their case, width, hyphens and blanks), perhaps some
patterns, and the patterns that forbid it. In a text the longest name at a place wins, so that 泼尼松龙 is
prednisolone and not prednisone. What stands around a name may deny it ("no evidence of", 否认), put it on
somebody else ("family history of", "donor") or into the past; the guards are data
(``codesets/text_guards.yaml``).
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from fhir_mappings.catalogue import FOLDER, read_yaml

# A comma ends a clause unless what follows speaks of what stands before it.
_CLAUSE = re.compile(
    r"(?P<weak>[,，](?=\s|[\u4e00-\u9fff])"
    r"(?!\s*(?:(?:can|could|has|have|was|is|to|yet|still|currently|but)\s*)*"
    r"(?:not|be|been|ruled|excluded|unlikely|negative|absent|declined|refused|cancel|deferred|planned|scheduled"
    r"|considered|discussed|recommended|offered|possible|probable|suspected|questionable"
    r"|已?排除|待排|除外|不除外|不能排除|可能|待查|未行|未做|拒绝|取消|暂缓|择期)))"
    r"|[;。；\n]|\.\s|、(?=无|否认|未)|\b(?:but|however)\b|但"
)
_MOST_HITS = 200
"""Names in one text that are judged by the words around them; what is named beyond is merely suspected."""
_REACH = 1_000
"""Characters on either side of a name that are looked at; in a longer clause nothing is certain."""
_BREAK = " ¦ "
_JOINERS = re.compile(r"[-‐‑–—_/,:()\[\]\"'`’·・]+")
_CJK_GAP = re.compile(r"(?<=[\u3400-\u9fff])\s+|\s+(?=[\u3400-\u9fff])")
_SPELLINGS = (
    (re.compile(r"aem(?=[aioy])"), "em"),
    (re.compile(r"oe(?=dem|soph|strog)"), "e"),
    (re.compile("tumour"), "tumor"),
    (re.compile(r"\b(of|in) the (?=[a-z])"), r"\1 "),
)
_LATIN = re.compile(r"[a-z0-9\u00c0-\u024f\u0370-\u03ff]")


@functools.lru_cache(maxsize=16384)
def folded(text: str) -> str:
    """NFKC, lower case, hyphens, slashes, brackets and commas as blanks, no blanks beside Chinese signs.

    British and American spellings become one, as do "of the skin" and "of skin".
    """
    plain = _JOINERS.sub(" ", unicodedata.normalize("NFKC", text).lower())
    for spelling, other in _SPELLINGS:
        plain = spelling.sub(other, plain)
    return _CJK_GAP.sub("", " ".join(plain.split()))


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By which words a thing is known.

    Attributes:
        names: words or phrases.
        patterns: regular expressions for what names cannot say, searched across the folded clauses.
        unless: regular expressions that forbid the rule where they match anywhere in the text.
        only: the text must consist of the name.
        past: the thing that a "history of" it is; without one, a history says nothing.
    """

    names: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    only: bool = False
    past: str | None = None


Verdict = Literal["certain", "suspected", "denied"]


class Found(NamedTuple):
    """A thing that a text names, and what the text says of it.

    ``suspected``: that it is possible, planned, or perhaps not the patient's. ``denied``: that it is not
    there, or is somebody else's.
    """

    target: str
    verdict: Verdict


class Guards(NamedTuple):
    """Patterns that deny a name or put it in doubt; ``codesets/text_guards.yaml`` says which is which."""

    mine: re.Pattern[str]
    reported: re.Pattern[str]
    clause: re.Pattern[str]
    bare: re.Pattern[str]
    carries: re.Pattern[str]
    anew: re.Pattern[str]
    doubted: re.Pattern[str]
    before: re.Pattern[str]
    bridged: re.Pattern[str]
    after: re.Pattern[str]
    past: re.Pattern[str]
    suspected: re.Pattern[str]


@functools.cache
def guards(kind: str) -> Guards:
    """The guards for a kind of text (``condition``, ``drug`` …), those that it takes over included."""
    raw: dict[str, Any] = read_yaml(FOLDER / "codesets" / "text_guards.yaml")
    chosen = raw["kinds"][kind]
    parts = [raw["parts"][name] for name in chosen.get("take", ())] + [chosen]

    def compiled(name: str) -> re.Pattern[str]:
        patterns = [pattern for part in parts for pattern in part.get(name, ())]
        for word, meaning in raw["words"].items():
            patterns = [pattern.replace(f"<{word}>", meaning) for pattern in patterns]
        return re.compile("|".join(patterns) or r"(?!)", re.ASCII)

    return Guards(*(compiled(name) for name in Guards._fields))


class _Clause(NamedTuple):
    """A clause, folded, and whether what it names is the patient's: ``own``, ``doubtful`` or ``other``."""

    words: str
    whose: Literal["own", "doubtful", "other"]


class Lexicon:
    """Rules of one kind of text, ready for search.

    ``clauses`` says that the text is prose, whose clauses deny for themselves; the name of a laboratory
    result is one whole ("Hepatitis B core antibody, IgM").
    """

    def __init__(self, rules: Mapping[str, Iterable[Rule]], kind: str, *, clauses: bool = True) -> None:
        self._kind = kind
        self._clauses = clauses
        self._index: dict[str, list[tuple[str, str, Rule]]] = {}
        self._whole: dict[str, list[tuple[str, Rule]]] = {}
        self._patterns: list[tuple[str, Rule]] = []
        for target, entries in rules.items():
            for rule in entries:
                self._add(target, rule)
        for entries_at in self._index.values():
            entries_at.sort(key=lambda entry: len(entry[0]), reverse=True)

    def _add(self, target: str, rule: Rule) -> None:
        for name in rule.names:
            key = folded(name)
            if rule.only:
                self._whole.setdefault(key, []).append((target, rule))
            else:
                self._index.setdefault(key[:2], []).append((key, target, rule))
        if rule.patterns:
            self._patterns.append((target, rule))

    def find(self, text: str) -> frozenset[Found]:
        """What the text names, and whether it is sure of it, suspects it or denies it."""
        whole = folded(text)
        if not whole:
            return frozenset()
        around = guards(self._kind)
        clauses = self._split(text, around)
        found = {
            Found(target, "certain") for target, rule in self._whole.get(whole, ()) if _allowed(rule, whole)
        }
        hits = [(n, c.words, *hit) for n, c in enumerate(clauses) for hit in self._named(c.words)]
        joined = _BREAK.join(clause.words for clause in clauses)
        hits += [(joined.count(_BREAK, 0, hit[0]), joined, *hit) for hit in self._matched(joined)]
        allowed: dict[int, bool] = {}
        for place, (number, context, start, end, target, rule) in enumerate(hits):
            if id(rule) not in allowed:
                allowed[id(rule)] = _allowed(rule, whole)
            if not allowed[id(rule)]:
                continue
            if place >= _MOST_HITS:
                found.add(Found(target, "suspected"))
                continue
            judged = _judged(context, start, end, target, rule, around)
            if judged is None:
                continue
            whose = clauses[number].whose
            if whose == "other":
                judged = Found(judged.target, "denied")
            elif whose == "doubtful" and judged.verdict == "certain":
                judged = Found(judged.target, "suspected")
            found.add(judged)
        return frozenset(found)

    def _split(self, text: str, around: Guards) -> list[_Clause]:
        """The clauses of a text, each with whose it is.

        What one clause puts on somebody else or denies may go on behind the next comma ("family history:
        lymphoma, lung cancer"): there it is doubtful. A clause that only names a person speaks of the one
        before it ("lymphoma, mother").
        """
        plain = unicodedata.normalize("NFKC", text)
        borders = list(_CLAUSE.finditer(plain)) if self._clauses else []
        starts = [0, *(border.end() for border in borders)]
        ends = [*(border.start() for border in borders), len(plain)]
        weak = [False, *(border["weak"] is not None for border in borders)]
        clauses: list[_Clause] = []
        carried = False
        for start, end, continues in zip(starts, ends, weak, strict=True):
            words = folded(plain[start:end])
            rest = around.mine.sub(" ", words)
            whose: Literal["own", "doubtful", "other"] = "own"
            carried = carried and continues and around.anew.search(words) is None
            if around.reported.search(rest):
                whose = "doubtful"
            elif around.clause.search(rest):
                whose = "other"
                if clauses and around.bare.search(around.clause.sub(" ", rest)):
                    clauses[-1] = clauses[-1]._replace(whose="other")
            elif carried:
                whose = "doubtful"
            carried = carried or whose == "other" or around.carries.search(words) is not None
            clauses.append(_Clause(words, whose))
        return clauses

    def _named(self, clause: str) -> Iterable[tuple[int, int, str, Rule]]:
        position, length = 0, len(clause)
        while position < length:
            step = 1
            if position == 0 or not (_is_latin(clause[position - 1]) and _is_latin(clause[position])):
                for key, target, rule in self._at(clause, position):
                    end = _end_of(clause, position, key)
                    if end is None or (step > 1 and end < position + step):
                        continue
                    step = end - position
                    yield position, end, target, rule
            position += step

    def _at(self, clause: str, position: int) -> Iterable[tuple[str, str, Rule]]:
        """The names that may begin here, longest first; one Chinese sign can be a name (癌)."""
        yield from self._index.get(clause[position : position + 2], ())
        if position + 1 < len(clause):
            yield from self._index.get(clause[position], ())

    def _matched(self, joined: str) -> Iterable[tuple[int, int, str, Rule]]:
        for target, rule in self._patterns:
            match = _compiled(rule.patterns).search(joined)
            if match is not None:
                yield match.start(), match.end(), target, rule


def _is_latin(sign: str) -> bool:
    return _LATIN.match(sign) is not None


def _end_of(clause: str, start: int, key: str) -> int | None:
    """Where the name at ``start`` ends, a plural ``s`` included; ``None`` if it is not there."""
    if not clause.startswith(key, start):
        return None
    end = start + len(key)
    if not _is_latin(key[-1]) or end == len(clause) or not _is_latin(clause[end]):
        return end
    plural = clause[end] == "s" and (end + 1 == len(clause) or not _is_latin(clause[end + 1]))
    return end + 1 if plural and not key[-1].isdigit() else None


def _judged(context: str, start: int, end: int, target: str, rule: Rule, around: Guards) -> Found | None:
    """What the words around a name make of it; ``None`` if it is past and a past one says nothing."""
    _, begun, before = context[max(0, start - _REACH) : start].rpartition(_BREAK)
    after, ended, _ = context[end : end + _REACH].partition(_BREAK)
    cut = (start > _REACH and not begun) or (len(context) - end > _REACH and not ended)
    doubted = around.doubted.search(before) is not None or around.doubted.search(after) is not None
    if doubted:
        before, after = around.doubted.sub(" ", before), around.doubted.sub(" ", after)
    denial = around.before.search(before)
    if around.after.search(after) or (denial and not around.bridged.search(denial.group())):
        return Found(target, "denied")
    if around.past.search(before) or around.past.search(after):
        if not rule.past:
            return None
        target = rule.past
    elif around.suspected.search(before) or around.suspected.search(after):
        doubted = True
    return Found(target, "suspected" if doubted or denial or cut else "certain")


def _allowed(rule: Rule, text: str) -> bool:
    return not (rule.unless and _compiled(rule.unless).search(text))


@functools.lru_cache(maxsize=2048)
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    # ASCII, so that a Chinese sign bounds a Latin word.
    return re.compile("|".join(patterns), re.ASCII)
