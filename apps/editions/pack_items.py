"""Where each item of a pack stands, what it is called in messages, and every text it holds.

The checks of a pack name things through this module, so that all of them speak of an item, its file and
its field in the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from apps.editions import schema
from apps.editions.schema import Item, Pack

PACK_FILE = "pack.yaml"

_FIXED_FILES: dict[type[Item], str] = {
    schema.PackLanguage: PACK_FILE,
    schema.Place: PACK_FILE,
    schema.Situation: PACK_FILE,
    schema.Family: PACK_FILE,
    schema.ArticlePoint: PACK_FILE,
    schema.Platform: "platforms.yaml",
    schema.PlatformStep: "platforms.yaml",
    schema.Law: "laws.yaml",
    schema.AgeGroup: "ages.yaml",
    schema.Prompts: "prompts.yaml",
    schema.Term: "glossary.yaml",
    schema.Persona: "personas.yaml",
}

_NAMES: dict[type[Item], str] = {
    schema.PackLanguage: "language",
    schema.Place: "place",
    schema.Situation: "situation",
    schema.Family: "family",
    schema.ArticlePoint: "article point",
    schema.Topic: "topic",
    schema.Question: "question",
    schema.Action: "action",
    schema.Platform: "platform",
    schema.PlatformStep: "platform step",
    schema.Claim: "claim",
    schema.Guide: "guide",
    schema.Law: "law",
    schema.Rights: "rights",
    schema.Letter: "letter",
    schema.AgeGroup: "age group",
    schema.Prompts: "prompts",
    schema.Lesson: "lesson",
    schema.Handout: "handout",
    schema.Term: "term",
    schema.Persona: "persona",
}

_PARTS: dict[type[Item], str] = {
    schema.Option: "option",
    schema.Regulator: "regulator",
    schema.LetterField: "field",
    schema.LetterOption: "option",
    schema.Prompt: "prompt",
    schema.LessonPart: "part",
}
"""Parts that messages name together with what they are part of: "option b of question q3"."""

_TOPIC_OF_CLAIM = re.compile(r"f([0-9]+)-")


@dataclass(frozen=True)
class LocatedText:
    """One text of a pack in all its languages, with where it stands: file, item and field."""

    file: str
    item: str
    field: str
    text: Mapping[str, str]
    is_markdown: bool

    def file_in(self, language: str) -> str:
        """Return the file that holds this text in a language; only the body of a guide has one for each."""
        return self.file.replace("<language>", language)


def topic_file(topic_id: str) -> str:
    """Return the file of a topic and its questions."""
    return f"topics/{topic_id}.yaml"


def action_file(action: schema.Action) -> str:
    """Return the file of an action: actions stand together by topic."""
    return f"actions/{action.topic}.yaml"


def claim_file(claim_id: str) -> str:
    """Return the file of a claim, which follows from its id: f5-2 is about topic t5, l3 about law."""
    match = _TOPIC_OF_CLAIM.match(claim_id)
    if match:
        return f"claims/t{match[1]}.yaml"
    return "claims/law.yaml" if claim_id.startswith("l") else "claims/other.yaml"


def guide_file(guide_id: str) -> str:
    """Return the file of a guide without its body."""
    return f"guides/{guide_id}.yaml"


def rights_file(place_id: str) -> str:
    """Return the file of the rights in a place."""
    return f"rights/{place_id}.yaml"


def letter_file(letter_id: str) -> str:
    """Return the file of a letter."""
    return f"letters/{letter_id}.yaml"


def file_of(item: Item) -> str:
    """Return the file of an item that stands at the top of a pack, or of a platform's step."""
    if isinstance(item, schema.Topic):
        return topic_file(item.id)
    if isinstance(item, schema.Action):
        return action_file(item)
    if isinstance(item, schema.Claim):
        return claim_file(item.id)
    if isinstance(item, schema.Guide):
        return guide_file(item.id)
    if isinstance(item, schema.Rights):
        return rights_file(item.id)
    if isinstance(item, schema.Letter):
        return letter_file(item.id)
    if isinstance(item, schema.Lesson):
        return f"lessons/{item.id}.yaml"
    if isinstance(item, schema.Handout):
        return f"handouts/{item.id}.yaml"
    return _FIXED_FILES[type(item)]


def name_of(item: Item) -> str:
    """Return what messages call an item: "question q3". An option is named with `name_of_option`."""
    identity = item.code if isinstance(item, schema.PackLanguage) else getattr(item, "id", "")
    return f"{_NAMES[type(item)]} {identity}"


def name_of_part(part: Item, whole: str) -> str:
    """Return what messages call a part of an item: "regulator ico of rights uk"."""
    return f"{_PARTS[type(part)]} {getattr(part, 'id', '')} of {whole}"


def name_of_option(question_id: str, option_id: str) -> str:
    """Return what messages call an option: "option b of question q3"."""
    return f"option {option_id} of question {question_id}"


def located_texts(pack: Pack) -> Iterator[LocatedText]:
    """Yield every text of a pack that exists for each language, in the order of the pack.

    Found by the types of the schema's fields, so that a field added there is covered at once.
    """
    for _, value in _fields(pack):
        if isinstance(value, tuple):
            for item in value:
                yield from _texts_of(item, file_of(item), name_of(item), "")


def checked_items(pack: Pack) -> Iterator[schema.Checked]:
    """Yield every item with a date of checking: actions, platform steps, claims, guides and so on."""
    yield from pack.actions
    for platform in pack.platforms:
        yield from platform.steps
    yield from pack.claims
    yield from pack.guides
    yield from pack.rights
    yield from pack.letters
    yield from pack.lessons
    yield from pack.handouts


def _texts_of(item: Item, file: str, name: str, path: str) -> Iterator[LocatedText]:
    for field, value in _fields(item):
        shape = text_shape(type(item), field)
        if value is None:
            continue
        if shape is schema.TextByPlace:
            for place, text in value.items():
                yield LocatedText(file, name, f"{path}{field}.{place}", text, is_markdown=False)
        elif shape is not None:
            in_own_files = isinstance(item, schema.Guide) and field == "body"
            where = f"guides/{item.id}.<language>.md" if in_own_files else file  # type: ignore[attr-defined]
            yield LocatedText(where, name, path + field, value, shape is schema.Markdown)
        elif isinstance(value, Item):
            yield from _texts_of(value, file, name, f"{path}{field}.")
        elif isinstance(value, tuple):
            for part in value:
                if type(part) in _PARTS:
                    yield from _texts_of(part, file, name_of_part(part, name), "")
                elif type(part) in _NAMES:
                    yield from _texts_of(part, file, name_of(part), "")


def _fields(item: Item) -> Iterator[tuple[str, Any]]:
    for field in type(item).model_fields:
        yield field, getattr(item, field)


def text_shape(model: type[Item], field: str) -> Any:
    """Return how a field holds text for each language (Text, Markdown, LetterBody, TextByPlace), or None."""
    annotation: Any = model.model_fields[field].annotation
    possible = (annotation, *get_args(annotation))
    shapes = (schema.TextByPlace, schema.Text, schema.Markdown, schema.LetterBody)
    return next((shape for shape in shapes if shape in possible), None)
