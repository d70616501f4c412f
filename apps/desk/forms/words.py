"""What the fields of an item are called, and what an editor should know about them."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

KIND_TITLES: dict[str, Promise] = {
    "pack": _("The pack itself"),
    "language": _("Languages"),
    "place": _("Places"),
    "situation": _("Situations"),
    "family": _("Families of steps"),
    "article point": _("The story, point by point"),
    "topic": _("Topics"),
    "question": _("Questions"),
    "action": _("Actions"),
    "platform": _("Platforms and their steps"),
    "claim": _("Claims and sources"),
    "guide": _("Guides"),
    "law": _("Laws"),
    "rights": _("Rights by place"),
    "letter": _("Letters"),
    "age group": _("Age groups"),
    "prompts": _("Talking points"),
    "lesson": _("Lessons"),
    "handout": _("Handouts"),
    "term": _("Glossary"),
    "persona": _("Personas"),
}
"""What a list of each kind is called."""

ONE: dict[str, Promise] = {
    "language": _("language"),
    "place": _("place"),
    "situation": _("situation"),
    "family": _("family"),
    "article point": _("point of the story"),
    "topic": _("topic"),
    "question": _("question"),
    "action": _("action"),
    "platform": _("platform"),
    "claim": _("claim"),
    "guide": _("guide"),
    "law": _("law"),
    "rights": _("rights of a place"),
    "letter": _("letter"),
    "age group": _("age group"),
    "prompts": _("talking points"),
    "lesson": _("lesson"),
    "handout": _("handout"),
    "term": _("term"),
    "persona": _("persona"),
    "pack": _("pack"),
}
"""One of each kind, inside a sentence."""

GROUPS: tuple[tuple[Promise, tuple[str, ...]], ...] = (
    (_("The checkup"), ("topic", "question", "action", "persona", "place", "situation", "family")),
    (_("Guidance"), ("guide", "claim", "platform", "law", "rights", "letter", "term", "article point")),
    (_("Lessons"), ("lesson", "handout", "prompts", "age group")),
    (_("The whole"), ("language", "pack")),
)
"""The kinds as the first page groups them."""

LABELS: dict[str, Promise] = {
    "id": _("Id"),
    "code": _("Code"),
    "schema_version": _("Version of the schema"),
    "method": _("Version of the method"),
    "note": _("Note for editors"),
    "name": _("Name"),
    "complete": _("Complete: no text may be missing in this language"),
    "child": _("Wording for a parent who answers for a child"),
    "text": _("Text"),
    "since": _("What was learned since"),
    "questions": _("Questions"),
    "actions": _("Actions"),
    "claims": _("Claims it rests on"),
    "topics": _("Topics"),
    "topic": _("Topic"),
    "short": _("Short name"),
    "summary": _("Summary"),
    "after_result": _("Asked after the result, and not scored"),
    "kind": _("Kind"),
    "hint": _("Hint below the question"),
    "why": _("Why we ask"),
    "going_well": _("Said of somebody whose answer has level 0"),
    "article": _("Points of the story"),
    "applies_to": _("Only for these situations"),
    "parent": _("Follows the question"),
    "show": _("Shown after these answers"),
    "ratings": _("Scored: the three ratings"),
    "s": _("s: how serious and lasting, if it happens"),
    "r": _("r: how far it can spread"),
    "k": _("k: how little say the person has"),
    "value": _("Rating"),
    "reason": _("Reason, in one sentence"),
    "claim": _("Claim that supports it"),
    "options": _("Options"),
    "level": _("Level"),
    "help_now": _("Offer help at once with"),
    "decided": _("Who decides, where no step of the person’s own can change this"),
    "how": _("How to do it"),
    "minutes": _("Minutes"),
    "difficulty": _("Difficulty"),
    "who": _("Who can do it"),
    "family": _("Family"),
    "caps": _("Caps: the level that an answer can have at most after this step"),
    "helps": _("Offered without a number for these answers"),
    "steps": _("Steps"),
    "places": _("Only for people who live in"),
    "letters": _("Letters that carry it out"),
    "checked": _("Last checked by us"),
    "due": _("To be checked again on"),
    "title": _("Title"),
    "body": _("Text"),
    "basis": _("How we know"),
    "certainty": _("How sure we are"),
    "publisher": _("Publisher"),
    "date": _("Date"),
    "url": _("Address"),
    "archive": _("Archived copy"),
    "says": _("What it says"),
    "said_by": _("Who says it"),
    "doubt": _("What is doubtful about it"),
    "grade": _("How it is supported"),
    "confidence": _("Our confidence"),
    "sources": _("Sources"),
    "term": _("Term"),
    "forms": _("Spellings that link to it, one on each line"),
    "meaning": _("Meaning"),
    "more": _("More about it"),
    "what": _("What it means for a face"),
    "laws": _("Laws, the most useful first"),
    "can": _("What a person can do"),
    "time": _("Limits of time"),
    "not_covered": _("What is not covered"),
    "regulators": _("Who takes a complaint"),
    "label": _("Label"),
    "bracket": _("Words in [brackets] until it is filled"),
    "subject": _("Subject line"),
    "fields": _("Fields to fill in"),
    "law": _("The line about the law, by place"),
    "elsewhere": _("The line where a place has none"),
    "send": _("How to send it"),
    "after": _("What happens next"),
    "left_out": _("Questions left out"),
    "prompts": _("Questions to talk about"),
    "ages": _("Suits these age groups"),
    "needs": _("What to bring"),
    "parts": _("Parts of the lesson"),
    "slide": _("Words on the slide"),
    "about": _("Who this is"),
    "place": _("Place"),
    "situation": _("Situation"),
    "practice": _("Offered for practice"),
    "clear": _("Differs clearly from the next persona: by 3 points or more"),
    "answers": _("Answers"),
}
"""What a field is called, whatever item it stands in."""

HELPS: dict[str, Promise] = {
    "id": _(
        "Small letters, digits and hyphens. Changing it removes this item and adds another: what names the old id "
        "must be mended, and answers to a question do not carry over."
    ),
    "level": _(
        "How much of this way to the face the answer leaves open. Levels are quarters of fully open. For a question "
        "about a safeguard: how much its absence leaves open."
    ),
    "ratings": _(
        "The weight of a question is s + r + k, from 3 to 12. Rate what it would mean to go from closed to fully "
        "open. Let three people rate alone, and take the middle rating."
    ),
    "applies_to": _("People in other situations are not asked, and count as closed. Tick nothing to ask everybody."),
    "show": _(
        "Ids of options of the question above, and `unsure`, with commas between. If it is shown for one option, it "
        "must be shown for every option of a higher level."
    ),
    "parent": _("It must stand earlier, in the same topic. Leave it empty to ask everybody."),
    "caps": _(
        "One row for a question. Give a cap only where the person’s own act makes the lower answer true from now on. "
        "An option with exactly this level must exist."
    ),
    "helps": _("One row for a question, with option ids and `unsure`, commas between."),
    "minutes": _("For a first try. Up to 10 and easy is effort 1; over 30 or hard is effort 3."),
    "checked": _("Leave both dates empty if we have not checked it yet. It is then due at once."),
    "date": _("As exact as the source gives it: 2019, 2019-09 or 2019-09-03."),
    "url": _("The publisher’s first page where the exact page is not certain."),
    "claims": _("Ids of claims, with commas between."),
    "laws": _("Ids of laws, with commas between."),
    "questions": _("Ids of questions, with commas between."),
    "actions": _("Ids of actions, with commas between."),
    "letters": _("Ids of letters, with commas between."),
    "article": _("Ids of points of the story, with commas between."),
    "left_out": _("Ids of questions, with commas between."),
    "forms": _("The first is the headword."),
    "answers": _(
        "One row for a question: an option (c), several in brackets ([b, d]), unsure, prefer-not, or some [b] for "
        "“b, and not sure about the rest”."
    ),
    "who": _("“With an adult” for what a young person should not do alone."),
    "help_now": _("A quiet card with this action appears with the answer."),
}
"""What an editor should know about a field, whatever item it stands in."""

HELPS_OF: dict[tuple[str, str], Promise] = {
    ("LetterField", "kind"): _("A choice needs options; other kinds have none."),
    ("Rights", "id"): _("The id of a place."),
    ("Prompts", "id"): _("The id of a topic, or `law`."),
    ("Action", "steps"): _("Ids of platform steps, with commas between."),
    ("Question", "kind"): _(
        "Single: one answer. Multi: several, whose levels are added up to 4, and one option `none` with level 0."
    ),
    ("Letter", "body"): _("Plain text, no Markdown. Fields stand in {braces}, {law} is the line of the place."),
}
"""The same for a field of one kind of item."""

CHOICES: dict[tuple[str, Any], Promise] = {
    ("level", 0): _("0: not by this route"),
    ("level", 1): _("1: rarely, or only people you chose"),
    ("level", 2): _("2: sometimes, or a known group"),
    ("level", 3): _("3: often, or a large group"),
    ("level", 4): _("4: routinely, or anyone"),
    ("s", 1): _("1: mild, passes"),
    ("s", 2): _("2: annoying, can be put right"),
    ("s", 3): _("3: serious, hard to put right"),
    ("s", 4): _("4: lasting, cannot be changed"),
    ("r", 1): _("1: stays on one device or with one organisation"),
    ("r", 2): _("2: a few organisations or people"),
    ("r", 3): _("3: many organisations, easily copied"),
    ("r", 4): _("4: public, or searchable by anyone"),
    ("k", 1): _("1: you can switch it off or delete it yourself"),
    ("k", 2): _("2: you can ask, and usually get it"),
    ("k", 3): _("3: you can ask, often without result"),
    ("k", 4): _("4: no practical say"),
    ("kind", "single"): _("one answer"),
    ("kind", "multi"): _("several answers"),
    ("kind", "line"): _("a line"),
    ("kind", "lines"): _("several lines"),
    ("kind", "date"): _("a date"),
    ("kind", "choice"): _("a choice"),
    ("who", "self"): _("the person alone"),
    ("who", "with-adult"): _("with an adult"),
    ("grade", "measured"): _("measured: somebody counted or tested it"),
    ("grade", "reported"): _("reported: a source of repute says so"),
    ("grade", "asserted"): _("asserted: only those concerned say so"),
    ("grade", "disputed"): _("disputed: sources disagree"),
    ("confidence", "high"): _("high"),
    ("confidence", "medium"): _("medium"),
    ("confidence", "low"): _("low"),
    ("certainty", "high"): _("high"),
    ("certainty", "medium"): _("medium"),
    ("certainty", "low"): _("low"),
    ("difficulty", 1): _("1: easy"),
    ("difficulty", 2): _("2: takes some care"),
    ("difficulty", 3): _("3: hard"),
}
"""The words for each value of a closed list, by field (for a rating: by which of the three) and value."""


def label_of(field: str) -> str:
    """Return what a field is called."""
    return str(LABELS.get(field, field.replace("_", " ").capitalize()))


def help_of(model: str, field: str) -> str:
    """Return what an editor should know about a field, or nothing."""
    return str(HELPS_OF.get((model, field), HELPS.get(field, "")))


def choice_of(field: str, value: object) -> str:
    """Return the words for one value of a closed list."""
    return str(CHOICES.get((field, value), value))
