"""The questionnaire as a drawing: topics, questions, what leads to which, levels, and how many people are asked.

The drawing is SVG text made here. It holds no colours, sizes of type or styles: the stylesheet gives them by class, so
that it follows light and dark and the strict content policy. Widths of words are estimated, because nothing is
measured here. A screen reader is better served by the same facts as a nested list, `question_map_outline`.

Classes:
    map              the whole drawing, inside something that can be scrolled
    map-topic        a topic's name                  map-note         a small line beside or under a name
    map-rule         the line above a topic          map-link         the link around a question's box
    map-box          the box; also map-unscored, and map-misplaced where its parent does not stand above it
    map-id           the question's id               map-words        its wording
    map-option       an option's id                  map-mark         one of four marks; map-on where it counts
    map-reach        the track of the reach bar      map-reached      its filled part
    map-line         a line from an option           map-arrow        its head
    map-label        the options that open a follow-up
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from django.utils.translation import gettext as _

from apps import scoring
from apps.editions.calibration import respondents
from apps.editions.compiled import ORIGINAL
from apps.editions.convert import questionnaire_of
from apps.editions.schema import UNSURE, Pack, Question, Topic

SAMPLE = 500
"""How many made-up respondents the reach is counted on."""

AddressOf = Callable[[str], str]
"""The address where a question is opened, by its id."""

TITLE_ID, DESCRIPTION_ID = "question-map-title", "question-map-description"
"""Ids in the page that the drawing is named by; so a page holds one drawing."""

MARKS = 4
"""Marks for each option: as many of them are filled as its level says."""

# All in pixels, which are the units of the drawing.
EDGE = 16
BOX, TEXT, GAP = 376, 250, 200
"""Widths: of a box, of the words in it, and of the room between a question and its follow-ups."""
LABEL = 160
"""The straight end of a line, with the options that open the follow-up above it."""
PADDING, BETWEEN = 14, 14
LINE, ROW = 18, 16
"""Heights of a line of words and of an option's row."""
TOPIC_HEAD, TOPIC_FOOT = 56, 22
OPTION_AT, MARKS_AT, MARK, MARK_STEP = 272, 320, 8, 11
ENTRY = 20
"""Where lines reach a box, below its top."""

FACT_LINES, WORDING_LINES, SITUATION_LINES = 3, 5, 4

_UNIT = 3.4
"""Pixels of half an ordinary letter in the size of `map-words`."""
_WIDEST = frozenset("MW@%&—…mw")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML cannot hold, or that show nothing."""


@dataclass(frozen=True)
class OutlineOption:
    """An option with its level; `level` is None in a question that is not scored."""

    id: str
    text: str
    level: int | None


@dataclass(frozen=True)
class OutlineQuestion:
    """One question, with its follow-ups inside it.

    `weight` is None where it is not scored. `opened_by` are the parent's options (ids, and `unsure`) that open it, in
    the parent's order, empty for a root. `situations` are the names of those whom alone it concerns. `reach` is the
    share of the respondents who are asked it, in percent; None where it hangs on an answer that none of them gives.
    `parent` is the id that the question gives; `is_misplaced` says that no such question stands above it in its topic.
    `spoken` is the language that the wording is in.
    """

    id: str
    text: str
    spoken: str
    address: str
    kind: str
    weight: int | None
    options: tuple[OutlineOption, ...]
    parent: str | None
    opened_by: tuple[str, ...]
    situations: tuple[str, ...]
    reach: int | None
    is_misplaced: bool
    follow_ups: tuple[OutlineQuestion, ...]

    @property
    def opens_when_unsure(self) -> bool:
        """Whether "not sure" leads to a follow-up."""
        return any(UNSURE in follow_up.opened_by for follow_up in self.follow_ups)


@dataclass(frozen=True)
class OutlineTopic:
    """A topic with its questions; follow-ups stand inside what they follow."""

    id: str
    name: str
    spoken: str
    after_result: bool
    questions: tuple[OutlineQuestion, ...]


def question_map_outline(pack: Pack, language: str, address_of: AddressOf) -> tuple[OutlineTopic, ...]:
    """Return all that the drawing shows, as a nested list, in the order of the pack.

    Texts are in the language, or in the original where they are not translated. A pack with problems is no error:
    each question stands in it as often as in the pack.
    """
    reach = _reach(pack)
    situations = {situation.id: _words(situation.name, language) for situation in pack.situations}

    def outline(question: Question, parent: Question | None, below: _Below) -> OutlineQuestion:
        is_scored = question.ratings is not None
        return OutlineQuestion(
            id=question.id,
            text=_words(question.text, language),
            spoken=_spoken(question.text, language),
            address=address_of(question.id),
            kind=question.kind,
            weight=_weight(question),
            options=tuple(
                OutlineOption(option.id, _words(option.text, language), option.level if is_scored else None)
                for option in question.options
            ),
            parent=question.parent,
            opened_by=_in_order_of(parent, question.show),
            situations=tuple(situations.get(situation, situation) for situation in question.applies_to),
            reach=reach.get(question.id),
            is_misplaced=question.parent is not None and parent is None,
            follow_ups=tuple(
                outline(follow_up, question, below)
                for follow_up in (below.pop(question.id) if question.id in below else ())
            ),
        )

    topics = []
    for topic in pack.topics:
        roots, below = _tree(topic)
        questions = tuple(outline(root, None, below) for root in roots)
        name, spoken = _words(topic.name, language), _spoken(topic.name, language)
        topics.append(OutlineTopic(topic.id, name, spoken, topic.after_result, questions))
    return tuple(topics)


def question_map_svg(pack: Pack, language: str, address_of: AddressOf) -> str:
    """Return the drawing as the text of one `svg` element; every text and address in it is escaped.

    Each question's box is a link to `address_of` its id. Words beside the pack's own are in the active language.
    """
    outline = question_map_outline(pack, language, address_of)
    boxes: list[_Box] = []
    heads = []
    y = EDGE
    for topic in outline:
        heads.append((y, topic))
        y += TOPIC_HEAD
        for question in topic.questions:
            y = _place(question, 0, y, boxes, None)
        y += TOPIC_FOOT
    width = max((box.x + BOX for box in boxes), default=BOX) + EDGE
    height = y + EDGE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="map" role="group" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" aria-labelledby="{TITLE_ID}" aria-describedby="{DESCRIPTION_ID}">',
        f'<title id="{TITLE_ID}">{_safe(_("Map of the questions"))}</title>',
        f'<desc id="{DESCRIPTION_ID}">{_safe(_description())}</desc>',
    ]
    for top, topic in heads:
        parts += _drawn_topic(topic, top, width)
    parts.append('<g aria-hidden="true">')
    for box in boxes:
        parts += _drawn_lines(box)
    parts.append("</g>")
    for box in boxes:
        parts += _drawn_box(box)
    parts.append("</svg>")
    return "\n".join(parts)


# --- The outline ---------------------------------------------------------------------------------------

_Below = dict[str, list[Question]]
"""The follow-ups of each question, by its id."""


def _tree(topic: Topic) -> tuple[list[Question], _Below]:
    """Return what stands at the left of a topic, and the follow-ups of each question.

    A question whose parent does not stand above it in its topic is at the left too. Where an id stands twice, the
    follow-ups belong to the first question of that id.
    """
    roots: list[Question] = []
    below: _Below = {}
    seen: set[str] = set()
    for question in topic.questions:
        if question.parent in seen:
            below.setdefault(question.parent or "", []).append(question)
        else:
            roots.append(question)
        seen.add(question.id)
    return roots, below


def _in_order_of(parent: Question | None, show: tuple[str, ...]) -> tuple[str, ...]:
    order = [option.id for option in parent.options] if parent else []
    known = [option for option in (*order, UNSURE) if option in show]
    return tuple(dict.fromkeys((*known, *show)))


def _weight(question: Question) -> int | None:
    ratings = question.ratings
    return None if ratings is None else ratings.s.value + ratings.r.value + ratings.k.value


def _reach(pack: Pack) -> Mapping[str, int]:
    """Return the share of the respondents who are asked each question, in percent, half rounded up.

    Respondents answer scored questions only. What follows a question that is not scored is left out.
    """
    questionnaire = questionnaire_of(pack)
    people = respondents(questionnaire, SAMPLE)
    asked: Counter[str] = Counter()
    for person in people:
        for after_result in (False, True):
            asked.update({question.id for question in scoring.on_screen(questionnaire, person, after_result)})
    is_told: dict[str, bool] = {}
    for question in questionnaire.questions:
        parent = question.parent
        is_told[question.id] = parent is None or (
            is_told.get(parent, False) and questionnaire.question(parent).is_scored
        )
    return {
        question: (200 * asked[question] + len(people)) // (2 * len(people))
        for question, told in is_told.items()
        if told
    }


def _words(text: Mapping[str, str], language: str) -> str:
    """Return a text in a language, or in the original, or in whatever language it has."""
    return text.get(_spoken(text, language), "")


def _spoken(text: Mapping[str, str], language: str) -> str:
    return next((code for code in (language, ORIGINAL, *text) if text.get(code)), language)


# --- The layout ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Box:
    """A question with its place in the drawing, and the box of the question that it follows."""

    question: OutlineQuestion
    x: int
    y: int
    parent: _Box | None

    @property
    def rows(self) -> tuple[str, ...]:
        """The ids in the column at the right, from the top: options, and `unsure` where it opens something."""
        ids = tuple(option.id for option in self.question.options)
        return (*ids, UNSURE) if self.question.opens_when_unsure and UNSURE not in ids else ids

    @property
    def height(self) -> int:
        question = self.question
        lines = 1 + len(_fact_lines(question)) + len(_wording(question)) + len(_situations(question))
        return 2 * PADDING + max(lines * LINE + LINE // 2, len(self.rows) * ROW)

    def row_middle(self, option: str) -> int:
        """Return how far down the middle of an option's row is."""
        return self.y + PADDING + self.rows.index(option) * ROW + ROW // 2


def _place(question: OutlineQuestion, depth: int, y: int, boxes: list[_Box], parent: _Box | None) -> int:
    """Add the boxes of a question and its follow-ups, and return where the next one below begins.

    The first follow-up stands beside its parent, the others below it, so that lines run right and down only.
    """
    box = _Box(question, EDGE + depth * (BOX + GAP), y, parent)
    boxes.append(box)
    below = y
    for follow_up in question.follow_ups:
        below = _place(follow_up, depth + 1, below, boxes, box)
    return max(below, y + box.height + BETWEEN)


def _wording(question: OutlineQuestion) -> list[str]:
    return _wrapped(question.text, TEXT, WORDING_LINES)


def _fact_lines(question: OutlineQuestion) -> list[str]:
    return _wrapped(_facts(question), TEXT, FACT_LINES)


def _situations(question: OutlineQuestion) -> list[str]:
    if not question.situations:
        return []
    return _wrapped(
        _("only with: %(situations)s") % {"situations": " · ".join(question.situations)}, TEXT, SITUATION_LINES
    )


# --- The drawing ---------------------------------------------------------------------------------------


def _description() -> str:
    return _(
        "Each box is a question and a link to it, with its weight, the share of invented people who are asked it, and "
        "its options with their levels from 0 to 4. Lines lead from options to the questions they open. The same "
        "facts stand in a list on this page."
    )


def _drawn_topic(topic: OutlineTopic, y: int, width: int) -> Iterator[str]:
    name = _wrapped(topic.name, width - 2 * EDGE - 300, 1)
    yield f'<path class="map-rule" d="M{EDGE} {y}H{width - EDGE}"/>'
    yield _text("map-topic", EDGE, y + 34, "".join(name), topic.spoken)
    if topic.after_result:
        yield _text("map-note", width - EDGE, y + 34, _("asked after the result, not scored"), end=True)


def _drawn_lines(box: _Box) -> Iterator[str]:
    """Draw the lines from the parent's options into a box, and the options' ids above where they meet."""
    parent = box.parent
    if parent is None:
        return
    entry, meeting = box.y + ENTRY, box.x - LABEL
    start = parent.x + BOX
    for option in box.question.opened_by:
        if option in parent.rows:
            middle = parent.row_middle(option)
            bend = (meeting - start) // 2
            yield (
                f'<path class="map-line" d="M{start} {middle}C{start + bend} {middle} {meeting - bend} {entry}'
                f' {meeting} {entry}H{box.x - 6}"/>'
            )
    yield f'<path class="map-arrow" d="M{box.x - 8} {entry - 5}L{box.x} {entry}L{box.x - 8} {entry + 5}Z"/>'
    label = ", ".join(_option_name(option) for option in box.question.opened_by)
    for line in _wrapped(label, LABEL - 12, 1):
        yield _text("map-label", meeting + 4, entry - 6, line)


def _drawn_box(box: _Box) -> Iterator[str]:
    question, x, y = box.question, box.x, box.y
    classes = ["map-box"]
    classes += ["map-unscored"] if question.weight is None else []
    classes += ["map-misplaced"] if question.is_misplaced else []
    yield f'<a class="map-link" href={_quoted(question.address)} aria-label={_quoted(_in_words(question))}>'
    yield f'<rect class="{" ".join(classes)}" x="{x}" y="{y}" width="{BOX}" height="{box.height}" rx="8"/>'
    line = y + PADDING + 12
    left = x + PADDING
    yield _text("map-id", left, line, "".join(_wrapped(question.id, TEXT, 1)))
    for words in _fact_lines(question):
        line += LINE
        yield _text("map-note", left, line, words)
    for words in _wording(question):
        line += LINE
        yield _text("map-words", left, line, words, question.spoken)
    for words in _situations(question):
        line += LINE
        yield _text("map-note", left, line, words)
    if question.reach is not None:
        bottom = y + box.height - 9
        yield f'<rect class="map-reach" x="{left}" y="{bottom}" width="{TEXT}" height="4"/>'
        filled = TEXT * question.reach // 100
        yield f'<rect class="map-reached" x="{left}" y="{bottom}" width="{filled}" height="4"/>'
    levels = {option.id: option.level for option in question.options}
    for row in box.rows:
        yield from _drawn_row(box, row, levels.get(row))
    yield "</a>"


def _drawn_row(box: _Box, option: str, level: int | None) -> Iterator[str]:
    middle = box.row_middle(option)
    at_end = option == UNSURE
    room = BOX - PADDING - OPTION_AT if at_end else MARKS_AT - OPTION_AT - 4
    name = "".join(_wrapped(_option_name(option), room, 1))
    yield _text("map-option", box.x + OPTION_AT, middle + 4, name)
    for place in range(MARKS if level is not None else 0):
        kind = "map-mark map-on" if place < (level or 0) else "map-mark"
        x = box.x + MARKS_AT + place * MARK_STEP
        yield f'<rect class="{kind}" x="{x}" y="{middle - MARK // 2}" width="{MARK}" height="{MARK}"/>'


def _option_name(option: str) -> str:
    return _("not sure") if option == UNSURE else option


def _facts(question: OutlineQuestion) -> str:
    """Return the small line of a box: its weight, whether several answers count, who is asked, a lost parent."""
    facts = [_("not scored") if question.weight is None else _("weight %(weight)d") % {"weight": question.weight}]
    if question.kind == "multi":
        facts.append(_("several answers"))
    if question.reach is not None:
        facts.append(_("asked of %(percent)d%%") % {"percent": question.reach})
    if question.is_misplaced:
        facts.insert(0, _("no question %(parent)s above") % {"parent": question.parent})
    return " · ".join(facts)


def _in_words(question: OutlineQuestion) -> str:
    """Return what the link is called: the question's id, wording and facts."""
    return f"{question.id}: {question.text} ({', '.join([_facts(question), *question.situations])})"


def _text(css_class: str, x: int, y: int, words: str, language: str | None = None, *, end: bool = False) -> str:
    spoken = f" lang={_quoted(language)}" if language else ""
    anchor = ' text-anchor="end"' if end else ""
    return f'<text class="{css_class}" x="{x}" y="{y}"{anchor}{spoken}>{_safe(words)}</text>'


def _safe(words: str) -> str:
    return escape(_FORBIDDEN.sub("\ufffd", words))


def _quoted(words: str) -> str:
    return quoteattr(_FORBIDDEN.sub("\ufffd", words))


# --- Words ---------------------------------------------------------------------------------------------


def _wrapped(text: str, room: int, most: int) -> list[str]:
    """Return a text in at most so many lines of this many pixels; one that is cut ends in three dots.

    Lines break at spaces, and in scripts without them at any character. A longer word is broken.
    """
    limit = int(room / _UNIT)
    lines: list[str] = []
    line = ""
    for piece, after_space in _pieces(text, limit):
        longer = f"{line} {piece}" if after_space and line else line + piece
        if line and _units(longer) > limit:
            lines.append(line)
            line = piece
        else:
            line = longer
    lines += [line] if line else []
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and _units(f"{last}…") > limit:
        last = last[:-1]
    return [*lines[: most - 1], f"{last.rstrip()}…"]


def _pieces(text: str, limit: int) -> Iterator[tuple[str, bool]]:
    """Yield what must stay on one line, each with whether a space stands before it."""
    for word in text.split():
        after_space = True
        piece = ""
        for character in word:
            is_wide = _units(character) == 4 and character not in _WIDEST
            if piece and (is_wide or _units(piece + character) > limit):
                yield piece, after_space
                piece, after_space = "", False
            piece += character
        if piece:
            yield piece, after_space


def _units(words: Iterable[str]) -> int:
    """Return how wide words are, in halves of an ordinary letter; more rather than less."""
    return sum(_unit(character) for character in words)


def _unit(character: str) -> int:
    if unicodedata.east_asian_width(character) in "WF" or character in _WIDEST:
        return 4
    if unicodedata.combining(character):
        return 0
    return 3 if character.isupper() else 2
