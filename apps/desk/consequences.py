"""What publishing a pack would do, told before it is published: to scores, to people's results, to the walk.

Everything is reckoned from two packs, with nothing stored and no clock but the day. The table of bands is tried on
made-up respondents of the older pack, whose answers are carried over as a real sheet's are. The same two packs give
the same figures on every machine.

Source: method, sections 7 and 11.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median_low
from typing import Literal

from apps import scoring
from apps.checkup.sheet import AnswerSheet, Layout
from apps.editions import calibration
from apps.editions.changes import Change, Size, changes, classify, kind_of
from apps.editions.compiled import ORIGINAL, is_due
from apps.editions.convert import questionnaire_of, record_of
from apps.editions.pack_items import checked_items, file_of, located_texts, name_of
from apps.editions.schema import Checked, Pack, Persona
from apps.editions.wording_checks import required_languages

SAMPLE = 500
"""How many made-up respondents the table of bands is tried on: one of them is a fifth of a percent."""

BANDS = tuple(scoring.Band)

Facet = Literal["score", "bands", "most_open", "first_step"]
"""What a persona sees of the result that can move."""

_TITLES = ("name", "title", "says", "summary")
"""The fields that can hold what an item with a date of checking is called, the best one first."""


@dataclass(frozen=True)
class Named:
    """A topic or an action, with its name in each language: in the older pack's words where it stands for before."""

    id: str
    name: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Standing:
    """A persona's result in one pack: the printed ends, 0 to 100, and their bands, one or two.

    `most_open` is None where nothing is open, `first_step` where no step takes anything off.
    """

    low: int
    high: int
    bands: tuple[scoring.Band, ...]
    most_open: Named | None
    first_step: Named | None


@dataclass(frozen=True)
class PersonaRow:
    """A persona's result before and after; None where that pack lacks the persona or cannot score it.

    `answers_changed` says that the persona itself was changed, so that the move is not the questionnaire's alone.
    """

    id: str
    name: Mapping[str, str]
    before: Standing | None
    after: Standing | None
    answers_changed: bool = False

    @property
    def moved(self) -> tuple[Facet, ...]:
        """What is different after; empty where nothing is, or where there is nothing to compare."""
        if self.before is None or self.after is None:
            return ()
        before, after = _facets(self.before), _facets(self.after)
        return tuple(facet for facet in before if before[facet] != after[facet])


@dataclass(frozen=True)
class BandRow:
    """The respondents of one band before: how many are in each band after, and in none for certain (`between`).

    `to` stands in the order of `BANDS`.
    """

    band: scoring.Band
    to: tuple[int, ...]
    between: int

    @property
    def people(self) -> int:
        """How many respondents were in this band."""
        return sum(self.to) + self.between


@dataclass(frozen=True)
class BandMoves:
    """How the respondents' bands move: a row for each band, and the sums. The four sums make up all people.

    `unclear` are those whose score became a range that holds the old band and another. `asked_more` are those who
    would have a scored question to answer that their old answers do not cover; they are among the four sums too.
    """

    rows: tuple[BandRow, ...]
    up: int
    down: int
    same: int
    unclear: int
    asked_more: int

    @property
    def people(self) -> int:
        """How many respondents there are."""
        return self.up + self.down + self.same + self.unclear

    @property
    def changed(self) -> int:
        """How many are surely in another band."""
        return self.up + self.down


@dataclass(frozen=True)
class PathLengths:
    """How many questions are asked before the result: the fewest and most that any answers can lead to.

    `typical` is the number that the middle one of the personas is asked, 0 without personas.
    """

    shortest: int
    typical: int
    longest: int


@dataclass(frozen=True)
class DueItem:
    """An item to be checked again: its kind ("platform step"), its file, and the day it was due.

    `due` is None where it was never checked, which is due at once.
    """

    kind: str
    id: str
    name: Mapping[str, str]
    file: str
    due: dt.date | None


@dataclass(frozen=True)
class MissingText:
    """A text that a language lacks, as messages name it: its file, its item and the field."""

    file: str
    item: str
    field: str


@dataclass(frozen=True)
class Translation:
    """What a language lacks. In a complete one (`is_complete`) each missing text stands against publishing.

    `texts` is how many there are to translate. Readers see the original of a missing one.
    """

    language: str
    name: str
    is_complete: bool
    texts: int
    missing: tuple[MissingText, ...]


@dataclass(frozen=True)
class Consequences:
    """All that an editor should know before publishing.

    can_be_scored  whether the rules of the method hold in the new pack; without, what follows from scores is None
    moves          None also for a first edition, which moves nobody
    sensitivity    the table of the new pack, None where it was not yet run for this content
    sensitivity_before  the same of the older pack
    dead_weight    what every scored question of the new pack does, and what stands out
    """

    changes: tuple[Change, ...]
    size: Size
    can_be_scored: bool
    personas: tuple[PersonaRow, ...]
    moves: BandMoves | None
    sensitivity: tuple[calibration.Row, ...] | None
    sensitivity_before: tuple[calibration.Row, ...] | None
    dead_weight: calibration.DeadWeight | None
    paths: PathLengths | None
    paths_before: PathLengths | None
    due: tuple[DueItem, ...]
    translations: tuple[Translation, ...]


def consequences(
    old: Pack | None,
    new: Pack,
    *,
    calibrations: Iterable[str | None] = (),
    today: dt.date | None = None,
    sample: int = SAMPLE,
) -> Consequences:
    """Return what publishing `new` after `old` would do; `old` is None for the first edition.

    A pack with problems is no error: what can still be told is told. `calibrations` are texts of calibration files;
    one is used only where it belongs to exactly the pack's content. `sample` is the number of respondents.
    """
    stored = [text for text in calibrations if text is not None]
    before, after = _Scored(old) if old else None, _Scored(new)
    found = changes(old, new)
    return Consequences(
        changes=found,
        size=classify(found),
        can_be_scored=after.is_sound,
        personas=_personas(before, after),
        moves=_moves(before, after, sample) if before and before.is_sound and after.is_sound else None,
        sensitivity=stored_sensitivity(new, stored),
        sensitivity_before=stored_sensitivity(old, stored) if old else None,
        dead_weight=calibration.dead_weight_of(after.pack, after.personas) if after.is_sound else None,
        paths=_paths(after) if after.is_sound else None,
        paths_before=_paths(before) if before and before.is_sound else None,
        due=tuple(_due(new, today or dt.date.today())),
        translations=translations(new),
    )


def stored_sensitivity(pack: Pack, calibrations: Iterable[str]) -> tuple[calibration.Row, ...] | None:
    """Return the sensitivity table of the first calibration that belongs to this very content, None without one.

    The check is that of `check_pack`: its hashes of the scoring and the personas, its seed's draws and respondents.
    A table with failed gates belongs to its content all the same; each row names the gates it fails.
    """
    for text in calibrations:
        # A warning says that the calibration is void; all else it can tell are gates not passed.
        if not any(problem.warning for problem in calibration.stored_problems(pack, text)):
            return calibration.rows_of(json.loads(text))
    return None


def translations(pack: Pack) -> tuple[Translation, ...]:
    """Return what each language of a pack lacks, in the pack's order, the original included."""
    texts = list(located_texts(pack))
    names = {language.code: language.name for language in pack.languages}
    required = required_languages(pack)
    found = []
    for language in dict.fromkeys((*names, ORIGINAL)):
        missing = [
            MissingText(located.file_in(language), located.item, located.field)
            for located in texts
            if not located.text.get(language, "").strip()
        ]
        # The spellings of a term are lists, one for each language, and no texts of the pack.
        missing += [
            MissingText(file_of(term), name_of(term), "forms") for term in pack.glossary if not term.forms.get(language)
        ]
        found.append(
            Translation(
                language,
                names.get(language, language),
                language in required,
                len(texts) + len(pack.glossary),
                tuple(missing),
            )
        )
    return tuple(found)


class _Scored:
    """A pack with what scoring needs of it."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.questionnaire = questionnaire_of(pack)

    @cached_property
    def is_sound(self) -> bool:
        """Whether the rules of the method hold, so that any answers on offer can be scored."""
        if any(not problem.warning for problem in scoring.problems(self.questionnaire)):
            return False
        return scoring.score(self.questionnaire, scoring.Record({})).maximum > 0

    @cached_property
    def personas(self) -> dict[str, scoring.Record]:
        """The answers of the personas by id; one with an answer that is not on offer is left out."""
        records = ((persona.id, record_of(persona)) for persona in self.pack.personas)
        return {identity: record for identity, record in records if self._offers(record)}

    @cached_property
    def layout(self) -> Layout:
        """The layout of a sheet of this pack. Its number is of no use here: nothing is encoded."""
        pack = self.pack
        return Layout(
            number=0,
            places=tuple(place.id for place in pack.places),
            situations=tuple(situation.id for situation in pack.situations),
            topics=self.questionnaire.scored_topics,
            questions=self.questionnaire.questions,
            actions=tuple(action.id for action in pack.actions),
            platforms=tuple(platform.id for platform in pack.platforms),
            personas=tuple(persona.id for persona in pack.personas),
        )

    def standing(self, persona: str) -> Standing | None:
        """Return a persona's result, or None where the pack lacks it or cannot score it."""
        if not self.is_sound or persona not in self.personas:
            return None
        record = self.personas[persona]
        score = scoring.score(self.questionnaire, record)
        plan = scoring.plan(self.questionnaire, record)
        topics = {topic.id: topic.name for topic in self.pack.topics}
        actions = {action.id: action.name for action in self.pack.actions}
        return Standing(
            *score.shown,
            bands=tuple(dict.fromkeys(score.bands)),
            most_open=_named(scoring.most_open_topic(score), topics),
            first_step=_named(plan.first_step, actions),
        )

    def _offers(self, record: scoring.Record) -> bool:
        for question_id, answer in record.answers.items():
            if self.questionnaire.has_question(question_id):
                try:
                    scoring.check_answer(self.questionnaire.question(question_id), answer)
                except scoring.AnswerError:
                    return False
        return True


# --- Personas ------------------------------------------------------------------------------------------


def _personas(before: _Scored | None, after: _Scored) -> tuple[PersonaRow, ...]:
    """Return a row for every persona of the new pack, in its order; those of the older one that went follow."""
    old = {persona.id: persona for persona in before.pack.personas} if before else {}
    new = {persona.id: persona for persona in after.pack.personas}
    went = {identity: persona for identity, persona in old.items() if identity not in new}
    return tuple(
        PersonaRow(
            id=identity,
            name=persona.name,
            before=before.standing(identity) if before else None,
            after=after.standing(identity),
            answers_changed=identity in old and identity in new and _said(old[identity]) != _said(persona),
        )
        for identity, persona in (new | went).items()
    )


def _said(persona: Persona) -> tuple[object, object]:
    return persona.answers, persona.situation


def _named(identity: str | None, names: Mapping[str, Mapping[str, str]]) -> Named | None:
    return None if identity is None else Named(identity, names.get(identity, {}))


def _facets(standing: Standing) -> dict[Facet, object]:
    return {
        "score": (standing.low, standing.high),
        "bands": standing.bands,
        "most_open": standing.most_open and standing.most_open.id,
        "first_step": standing.first_step and standing.first_step.id,
    }


# --- Respondents ---------------------------------------------------------------------------------------


def _moves(before: _Scored, after: _Scored, sample: int) -> BandMoves:
    counts: Counter[tuple[scoring.Band, scoring.Band | None]] = Counter()
    sums: Counter[str] = Counter()
    for person in calibration.respondents(before.questionnaire, sample):
        old = scoring.score(before.questionnaire, person).bands[0]  # every answer is known: both ends are one
        carried = _carried(person, before.layout, after.layout)
        low, high = scoring.score(after.questionnaire, carried).bands
        counts[old, low if low is high else None] += 1
        sums[_direction(old, low, high)] += 1
        sums["asked_more"] += any(question.is_scored for question in scoring.unanswered(after.questionnaire, carried))
    return BandMoves(
        rows=tuple(
            BandRow(band, tuple(counts[band, other] for other in BANDS), counts[band, None]) for band in reversed(BANDS)
        ),
        up=sums["up"],
        down=sums["down"],
        same=sums["same"],
        unclear=sums["unclear"],
        asked_more=sums["asked_more"],
    )


def _carried(person: scoring.Record, old: Layout, new: Layout) -> scoring.Record:
    """Return the answers as a person's sheet would take them to the new edition."""
    sheet = AnswerSheet(edition=old.number, situation=person.situation, answers=person.answers)
    return sheet.carried_to(old, new)[0].record()


def _direction(old: scoring.Band, low: scoring.Band, high: scoring.Band) -> str:
    was, least, most = BANDS.index(old), BANDS.index(low), BANDS.index(high)
    if least > was:
        return "up"
    if most < was:
        return "down"
    return "same" if least == most else "unclear"


# --- Facts of the new pack -----------------------------------------------------------------------------


def _paths(scored: _Scored) -> PathLengths:
    lengths: Sequence[scoring.PathLength] = tuple(scoring.path_lengths(scored.questionnaire).values())
    asked = [len(scoring.on_screen(scored.questionnaire, record_of(persona))) for persona in scored.pack.personas]
    return PathLengths(
        shortest=min(length.shortest for length in lengths),
        typical=median_low(asked) if asked else 0,
        longest=max(length.longest for length in lengths),
    )


def _due(pack: Pack, today: dt.date) -> Iterator[DueItem]:
    for item in checked_items(pack):
        if is_due(item.checked, item.due, today):
            yield DueItem(kind_of(item), getattr(item, "id", ""), _title(item), file_of(item), item.due)


def _title(item: Checked) -> Mapping[str, str]:
    titles: Iterator[Mapping[str, str]] = (getattr(item, name) for name in _TITLES if hasattr(item, name))
    return next(titles, {})
