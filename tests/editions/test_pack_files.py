"""Packs come from anyone: reading tells all problems and nothing else, writing has one form."""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import io
import json
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.editions import safe_yaml
from apps.editions.markdown import UNWANTED_CHARACTERS
from apps.editions.pack_files import (
    CALIBRATION,
    PackError,
    PackProblem,
    content_hash,
    is_canonical,
    pack_bytes,
    pack_of,
    read_pack,
    read_zip,
    write_pack,
)
from apps.editions.schema import Pack
from tests.editions.packs import Data, make_data, make_pack, question, text
from tests.effort import ending

SHIPPED = Path(__file__).resolve().parents[2] / "apps/editions/pack"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_pack(make_pack(), tmp_path / "pack")
    return tmp_path / "pack"


def problems(read: Callable[[], object]) -> tuple[PackProblem, ...]:
    """Return what is told about a pack that cannot be read; nothing else may be raised, and soon."""
    with pytest.raises(PackError) as caught, ending():
        read()
    found = caught.value.problems
    assert found
    for problem in found:
        assert problem.file
        assert problem.item
        assert problem.reason
        assert problem.mend
        assert not problem.warning
        assert max(map(len, (problem.file, problem.item))) <= 130, problem
        assert len(problem.reason) <= 220, problem
    return found


def with_file(folder: Path, name: str, content: bytes | str) -> tuple[PackProblem, ...]:
    target = folder / name
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return problems(lambda: read_pack(folder))


def zipped(path: Path, files: Mapping[str, bytes], *extra: tuple[zipfile.ZipInfo, bytes], packed: bool = True) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        for member, data in extra:
            archive.writestr(member, data)
    return path


def member(name: str, mode: int = 0, packing: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.external_attr = mode << 16
    made.compress_type = packing
    return made


# --- Reading what was written --------------------------------------------------------------------------


def test_a_folder_and_a_zip_give_the_pack_that_was_written(folder: Path, tmp_path: Path) -> None:
    files = pack_bytes(make_pack())
    from_folder, from_zip = read_pack(folder), read_pack(zipped(tmp_path / "pack.zip", files))
    assert from_folder == from_zip == make_pack() == pack_of(files)
    assert from_folder.actions[0].checked == dt.date(2026, 6, 30)


def test_reading_and_writing_is_identical_to_the_byte() -> None:
    files = pack_bytes(make_pack())
    assert pack_bytes(pack_of(files)) == files
    assert next(iter(files)) == "pack.yaml"
    assert {"topics/t1.yaml", "actions/t1.yaml", "claims/law.yaml", "guides/law.en.md"} < set(files)
    for name, data in files.items():
        assert data == data.rstrip(b"\n") + b"\n", name
        assert b"\r" not in data, name
        assert all(line == line.rstrip() for line in data.decode().splitlines()), name


def test_a_pack_that_was_json_meanwhile_gives_the_same_bytes() -> None:
    pack = make_pack(awkward)
    again = Pack.model_validate(json.loads(json.dumps(pack.model_dump(mode="json"))))
    assert pack_bytes(again) == pack_bytes(pack)
    assert content_hash(again) == content_hash(pack)


def awkward(data: Data) -> None:
    """Put in texts that YAML could take for something else, long ones, and ones of several lines."""
    first = question(data, "q1")
    first["text"] = text("no")
    first["hint"] = text("Really: # not 'this' - and \"that\"? " * 9)
    first["why"] = text("1. One  \n2. Two [^f1-1]\n\n   Three\n")
    first["options"][0]["text"] = text("2019-09-03")
    first["options"][1]["text"] = text("- a list?")
    first["options"][2]["text"] = text("[brackets]{braces}&*!|>%@`")
    first["options"][0]["reason"] = text("naïve 面部识别 🙂 " * 20)
    first["options"][1]["reason"] = text("1:30")
    first["options"][2]["reason"] = text("one\ntwo\n  three")
    data["claims"][0]["sources"][0]["date"] = "2019"
    data["note"] = "What this pack is.\nIn two lines."
    data["personas"][0]["answers"]["q3"] = {"some": ["b"]}
    data["personas"][1]["situation"] = []


def test_awkward_texts_come_back_as_they_were(tmp_path: Path) -> None:
    pack = make_pack(awkward)
    write_pack(pack, tmp_path)
    read = read_pack(tmp_path)
    assert content_hash(read) == content_hash(pack)
    assert read.topics[0].questions[0].options == pack.topics[0].questions[0].options
    assert read.topics[0].questions[0].hint == pack.topics[0].questions[0].hint
    assert read.note == pack.note
    assert is_canonical(tmp_path) == ()


def test_topics_in_another_order_give_the_same_bytes() -> None:
    """A pack that was edited elsewhere may list its topics as it likes; files have no such order."""
    files = pack_bytes(make_pack(lambda data: data["topics"].reverse()))
    assert files == pack_bytes(make_pack())
    assert pack_bytes(pack_of(files)) == files


AWKWARD_PARTS = st.sampled_from(
    [
        *("a", "b ", "  ", "\n", "\n\n", "\t", ":", ": ", "#", " #", "-", "- ", "'", '"', "\\", "x" * 90, "word word"),
        *("[", "]", "{", "}", ",", "|", ">", "%", "...", "---", "?", "!", "&", "*", "=", "<<", "@", "`", "~"),
        *("no", "on", "null", "1", "0x1", "1:30", ".inf", "2026-06-30", "é", "面", "🙂", "\u00a0", "\u3000", "\u200b"),
    ]
)
TEXTS = st.lists(AWKWARD_PARTS | st.characters(blacklist_categories=["Cs", "Cc"]), max_size=30).map(
    lambda parts: UNWANTED_CHARACTERS.sub("", "".join(parts))
)
KEYS = st.sampled_from(["en", "no", "on", "y", "null", "zh-hans", "k"])
CONTENTS = st.recursive(
    TEXTS | st.booleans() | st.integers(-9999, 9999) | st.dates(dt.date(1900, 1, 1)),
    lambda inner: st.lists(inner, max_size=4).map(tuple) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(content=st.lists(CONTENTS, min_size=1, max_size=4).map(tuple) | st.dictionaries(KEYS, CONTENTS, min_size=1))
def test_whatever_is_written_is_read_as_it_was(content: Any) -> None:
    written = safe_yaml.write(content)
    assert safe_yaml.read(written, 1_000).content == content
    assert written.endswith("\n")


def test_lines_are_at_most_100_wide_where_there_are_spaces() -> None:
    lines = pack_bytes(make_pack(awkward))["topics/t1.yaml"].decode().splitlines()
    assert max(map(len, lines)) <= 100


def test_dates_stand_last_and_defaults_are_left_out() -> None:
    action = pack_bytes(make_pack())["actions/t1.yaml"].decode()
    assert action.startswith("- id: a1\n  topic: t1\n")
    assert action.endswith("  checked: 2026-06-30\n  due: 2027-06-30\n")
    assert "who:" not in action
    assert "kind:" not in pack_bytes(make_pack())["topics/t1.yaml"].decode()


def test_topics_are_read_in_natural_order_with_those_after_the_result_last(tmp_path: Path) -> None:
    def more(data: Data) -> None:
        tenth = json.loads(json.dumps(data["topics"][4]).replace("q9", "q19").replace('"q10"', '"q20"'))
        data["topics"].insert(5, tenth | {"id": "t10"})
        data["claims"] += [{**data["claims"][0], "id": f"f{number}-1"} for number in (10, 2)]
        data["claims"].append({**data["claims"][0], "id": "x1"})

    write_pack(make_pack(more), tmp_path)
    read = read_pack(tmp_path)
    assert [topic.id for topic in read.topics] == ["t1", "t2", "t3", "t4", "t5", "t10", "choices"]
    assert [claim.id for claim in read.claims] == ["f1-1", "f2-1", "f10-1", "l1", "x1"]
    assert [guide.id for guide in read.guides] == ["t1", "law"]


def test_the_hash_follows_the_content_only() -> None:
    assert content_hash(make_pack()) == content_hash(make_pack())
    assert len(content_hash(make_pack())) == 64
    assert content_hash(make_pack(lambda data: data.update(note="new"))) != content_hash(make_pack())


def test_writing_removes_what_the_pack_no_longer_has_and_nothing_else(folder: Path) -> None:
    (folder / CALIBRATION).write_text("{}")
    (folder / "notes.txt").write_text("mine")
    write_pack(make_pack(lambda data: data["guides"].pop()), folder)
    assert not (folder / "guides/law.yaml").exists()
    assert not (folder / "guides/law.en.md").exists()
    assert (folder / CALIBRATION).read_text() == "{}"
    assert (folder / "notes.txt").read_text() == "mine"


def test_a_file_in_another_form_is_named_and_writing_mends_it(folder: Path) -> None:
    assert is_canonical(folder) == ()
    topic = folder / "topics/t1.yaml"
    topic.write_text("# a comment\n" + topic.read_text())
    found = is_canonical(folder)
    assert [(problem.file, problem.warning) for problem in found] == [("topics/t1.yaml", True)]
    write_pack(read_pack(folder), folder)
    assert is_canonical(folder) == ()


def test_a_body_with_windows_line_ends_and_trailing_spaces_is_tidied(folder: Path) -> None:
    (folder / "guides/law.en.md").write_bytes(b"## What happens\r\n\r\nLaws differ.  \r\n\r\n\r\n")
    assert read_pack(folder).guides[-1].body == {"en": "## What happens\n\nLaws differ.\n"}


def test_the_shipped_pack_can_be_read_and_keeps_its_form() -> None:
    pack = read_pack(SHIPPED)
    files = pack_bytes(pack)
    assert pack_bytes(pack_of(files)) == files
    assert content_hash(pack_of(files)) == content_hash(pack)


# --- Mistakes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "item", "words"),
    [
        (lambda data: question(data, "q1").update(kind="many"), "q1", "kind"),
        (lambda data: question(data, "q1").update(texd=text("x")), "q1", "texd"),
        (lambda data: question(data, "q1").pop("why"), "q1", "why"),
        (lambda data: question(data, "q1")["options"][1].update(level=9), "b", "level"),
        (lambda data: question(data, "q1")["options"][1].update(id="unsure"), "q1", "unsure"),
        (lambda data: question(data, "q1").update(text="no language"), "q1", "text"),
        (lambda data: question(data, "q1").update(claims=5), "q1", "claims"),
        (lambda data: question(data, "q1")["text"].update(en=True), "q1", "quotes"),
        (lambda data: question(data, "q1").update(id="Q 1" * 40), "Q 1", "id"),
    ],
)
def test_a_mistake_names_file_item_and_mend(
    folder: Path, change: Callable[[Data], object], item: str, words: str
) -> None:
    data = make_data()
    change(data)
    found = with_file(folder, "topics/t1.yaml", json.dumps(data["topics"][0]))
    assert len(found) == 1, found
    assert found[0].file == "topics/t1.yaml"
    assert item in found[0].item
    assert words in f"{found[0].item} {found[0].reason} {found[0].mend}"
    told = f"{found[0].reason} {found[0].mend}".lower()
    assert not any(word in told for word in ("pydantic", "constrained", "str_", "input", "validat", "traceback"))


def test_all_mistakes_are_told_at_once(folder: Path) -> None:
    (folder / "glossary.yaml").write_text("- id: A B\n")
    (folder / "topics/t2.yaml").write_text("id: t2\nid: t2\n")
    (folder / "guides/t1.yaml").unlink()
    (folder / "readme.txt").write_text("hello")
    (folder / "personas.yaml").write_text("a: [b\n")
    found = with_file(folder, "actions/t1.yaml", "- 5\n- id: a1\n")
    assert {problem.file for problem in found} >= {
        "glossary.yaml",
        "topics/t2.yaml",
        "readme.txt",
        "personas.yaml",
        "actions/t1.yaml",
    }


@pytest.mark.parametrize("content", ["", "5\n", "- a\n", "text\n", "null\n", "[]\n"])
@pytest.mark.parametrize("name", ["pack.yaml", "topics/t1.yaml", "guides/t1.yaml"])
def test_a_file_of_another_shape_is_refused(folder: Path, name: str, content: str) -> None:
    assert any(problem.file == name for problem in with_file(folder, name, content))


@pytest.mark.parametrize(
    "name",
    [
        *(f"{folder}/t{'9' * 5_000}.yaml" for folder in ("topics", "actions", "claims", "guides")),
        f"guides/t{'9' * 5_000}.en.md",
        f"claims/{'a' * 60_000}.yaml",
        "topics/t1.yaml" * 10,
    ],
    ids=lambda name: f"{name[:12]}, {len(name)} characters",
)
def test_a_name_of_many_characters_is_refused(name: str) -> None:
    found = problems(lambda: pack_of({**pack_bytes(make_pack()), name: b"[]\n"}))
    assert len(found) == 1
    in_memory = io.BytesIO()
    with zipfile.ZipFile(in_memory, "w") as archive:
        for known, data in pack_bytes(make_pack()).items():
            archive.writestr(known, data)
        archive.writestr(name, b"[]\n")
    assert problems(lambda: read_zip(in_memory.getvalue())) == found


def test_the_longest_id_fits_in_a_name(tmp_path: Path) -> None:
    longest = "g" * 40
    write_pack(make_pack(lambda data: data["guides"][1].update(id=longest)), tmp_path)
    assert longest in {guide.id for guide in read_pack(tmp_path).guides}


def test_a_missing_pack_file_is_told(folder: Path) -> None:
    (folder / "pack.yaml").unlink()
    assert [problem.file for problem in problems(lambda: read_pack(folder))] == ["pack.yaml"]


@pytest.mark.parametrize("name", ["nothing-here", "nothing.zip", "nothing\0.zip", "n" * 900])
def test_a_path_without_a_pack_is_refused(tmp_path: Path, name: str) -> None:
    problems(lambda: read_pack(tmp_path / name))


NOISE: list[Any] = [
    *(None, True, 0, -1, 10**19, 1.5, float("inf"), "", " ", "x" * 700, "yes", "q1", "2026-06-30"),
    *([], {}, [[]], [None], [{}], ["a"], {"a": {}}, {"": ""}, {"en": None}, {"en": ["x"]}, {"en": " "}),
    *({"some": ["b"]}, {"some": "b"}, {"x" * 100: 1}),
]


def places_in(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of every value inside another."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for key, part in inner for path in [(*place, key), *places_in(part, (*place, key))]]


@settings(max_examples=150, deadline=None)
@given(draw=st.data())
def test_any_value_in_any_place_is_read_or_explained(draw: st.DataObject) -> None:
    files = pack_bytes(make_pack())
    name = draw.draw(st.sampled_from([name for name in files if name.endswith(".yaml")]))
    data = json.loads(json.dumps(safe_yaml.read(files[name].decode(), 10_000).content, default=str))
    *above, last = draw.draw(st.sampled_from(places_in(data)))
    holder = data
    for step in above:
        holder = holder[step]
    if draw.draw(st.booleans()):
        holder[last] = copy.deepcopy(draw.draw(st.sampled_from(NOISE)))
    else:
        del holder[last]
    changed = {**files, name: json.dumps(data).encode()}  # every JSON text is YAML, too
    try:
        pack = pack_of(changed)
    except PackError:
        for problem in problems(lambda: pack_of(changed)):
            told = f"{problem.reason} {problem.mend}".lower()
            assert not any(word in told for word in ("pydantic", "constrained", "input", "validat", "traceback"))
    else:
        assert isinstance(pack, Pack)


# --- Attacks -------------------------------------------------------------------------------------------

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8)
)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(BOMB, id="alias bomb"),
        pytest.param("id: &x t1\n", id="anchor"),
        pytest.param("id: *x\n", id="alias"),
        pytest.param("a: &a {b: c}\n<<: *a\n", id="merge"),
        pytest.param("id: t1\nid: t2\n", id="key twice"),
        pytest.param("id: t1\n'id': t2\n", id="key twice in quotes"),
        pytest.param("id: !!python/object/apply:os.system ['true']\n", id="python tag"),
        pytest.param("id: !!str t1\n", id="core tag"),
        pytest.param("id: !mine t1\n", id="own tag"),
        pytest.param("[" * 3000 + "]" * 3000, id="flow depth"),
        pytest.param("".join("  " * n + "a:\n" for n in range(900)), id="block depth"),
        pytest.param("- " * 100_000 + "x\n", id="dash depth"),
        pytest.param("? " * 100_000 + "x\n", id="key depth"),
        pytest.param("id: t1\n---\nid: t2\n", id="two documents"),
        pytest.param("{[a]: b}\n", id="list as key"),
        pytest.param("{{a: b}: c}\n", id="mapping as key"),
        pytest.param("5: a\n", id="number as key"),
        pytest.param("yes: a\n", id="true as key"),
        pytest.param("id: " + "9" * 1_000_000 + "\n", id="endless number"),
        pytest.param("id: 2026-13-45\n", id="no such date"),
        pytest.param("id: .inf\n", id="infinity"),
        pytest.param("id: !!binary aGk=\n", id="binary"),
        pytest.param('id: "\\0"\n', id="escaped NUL"),
        pytest.param('id: "\\ud800"\n', id="escaped surrogate"),
        pytest.param('name: {en: "a\\u202eb"}\n', id="escaped override"),
        pytest.param("id: a\0b\n", id="NUL"),
        pytest.param("id: a\x1bb\n", id="escape"),
        pytest.param("id: a\u202eb\n", id="override"),
        pytest.param("id: a\u2066b\n", id="isolate"),
        pytest.param("\ufeffid: t1\n", id="byte order mark"),
        pytest.param("id: t1\n".encode("utf-16"), id="UTF-16"),
        pytest.param("id: t1\n".encode("utf-16-le"), id="UTF-16 without mark"),
        pytest.param("id: +AGE-é\n".encode("latin-1"), id="Latin-1"),
        pytest.param(b"id: \xed\xa0\x80\n", id="lone surrogate"),
        pytest.param(b"\xff" * 1000, id="noise"),
        pytest.param("id: t1\n" + "#" * 3_000_000, id="3 MB"),
        pytest.param("\t- : [}\n%%%", id="no YAML"),
        pytest.param("%TAG ! tag:x,2000:\n---\n!a b\n", id="tag directive"),
        pytest.param("%YAML 1.1\n---\nid: t1\n", id="version directive"),
        pytest.param("".join(f"%TAG !{n:x}! t:\n" for n in range(130_000)) + "---\n[]\n", id="many tag directives"),
        pytest.param("# words\n\n%TAG ! t:\n---\n[]\n", id="directive below a comment"),
        pytest.param("id: " + "x\n   " * 300_000, id="endless plain text"),
        pytest.param('id: "' + "\\n" * 900_000 + '"\n', id="many escapes"),
        pytest.param("- " + "k" * 1_900_000 + ": 1\n", id="endless key"),
        pytest.param("a: " * 600_000, id="many colons"),
        pytest.param("...\n" * 400_000, id="many ends"),
        pytest.param("id: 0b_\n", id="number without digits"),
        pytest.param("id: 2001-12-14 21:59:43 +99:99\n", id="no such time zone"),
        pytest.param("{" + ",".join(f"k{n}: &a{n} v" for n in range(50_000)) + "}", id="many anchors"),
        pytest.param("{" + ",".join(f"k{n}: v" for n in range(50_000)) + "}", id="many unknown keys"),
        pytest.param("[" + "{}," * 50_000 + "]", id="many empty items"),
    ],
)
@pytest.mark.parametrize("name", ["topics/t1.yaml", "glossary.yaml"])
def test_hostile_yaml_gives_problems_and_nothing_else(folder: Path, name: str, content: str | bytes) -> None:
    assert any(problem.file == name for problem in with_file(folder, name, content))


@pytest.mark.parametrize(
    "content", ["a\0b", "a\u202eb", "\ufeffa", "a\u2069", b"\xff\xfea\0", b"\x80", "x" * 3_000_000, ""]
)
def test_hostile_markdown_is_refused(folder: Path, content: str | bytes) -> None:
    found = with_file(folder, "guides/t1.en.md", content)
    assert found[0].file == "guides/t1.en.md" or content == ""


def test_a_body_that_is_too_long_is_told_once(folder: Path) -> None:
    assert len(with_file(folder, "guides/t1.en.md", "word " * 20_000)) == 1


def test_a_million_small_values_stay_small(folder: Path) -> None:
    (folder / "glossary.yaml").write_text("[" + "a," * 990_000 + "]")
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from apps.editions.pack_files import PackError, read_pack\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: read_pack(Path(sys.argv[1]))\n"
        "except PackError: pass\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    made = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        capture_output=True,
        text=True,
        cwd=SHIPPED.parents[2],
        timeout=120,
    )
    assert int(made.stdout) < 200, made.stderr


def test_20_files_of_small_values_take_seconds(folder: Path) -> None:
    for number in range(9):
        (folder / f"claims/t{number + 20}.yaml").write_text("[" + "a," * 900_000 + "]")
    problems(lambda: read_pack(folder))


@pytest.mark.parametrize(
    "name",
    ["notes.txt", ".hidden", "topics/T1.yaml", "topics/a/b.yaml", "guides/t1.EN.md", "pack.yml", "topics/x.json"],
)
def test_an_unknown_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    assert len(with_file(folder, name, "x")) == 1


@pytest.mark.parametrize("name", ["topics/t1.yaml", "pack.yaml", "link.yaml", "topics/t99.yaml"])
def test_a_link_in_a_folder_is_not_followed(folder: Path, tmp_path: Path, name: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret: 1\n")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(secret)
    found = problems(lambda: read_pack(folder))
    assert any(problem.file == name and "link" in problem.reason for problem in found)
    assert "secret" not in str(found)


def test_a_linked_subfolder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (folder / "claims").rename(tmp_path / "elsewhere")
    (folder / "claims").symlink_to(tmp_path / "elsewhere")
    assert any("link" in problem.reason for problem in problems(lambda: read_pack(folder)))


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "topics/t9.yaml")
    assert problems(lambda: read_pack(folder))[0].file == "topics/t9.yaml"
    os.mkfifo(folder.parent / "pipe")
    problems(lambda: read_pack(folder.parent / "pipe"))
    problems(lambda: read_pack(Path("/dev/zero")))


def test_more_than_500_files_are_refused(folder: Path, tmp_path: Path) -> None:
    for number in range(501):
        (folder / f"claims/t{number + 20}.yaml").write_text("[]\n")
    problems(lambda: read_pack(folder))
    many = {f"claims/t{number + 20}.yaml": b"[]\n" for number in range(501)}
    problems(lambda: read_pack(zipped(tmp_path / "a.zip", many)))


def test_more_than_20_mb_are_refused(folder: Path) -> None:
    for number in range(11):
        (folder / f"claims/t{number + 20}.yaml").write_text("[]\n" + "#" * 1_900_000)
    problems(lambda: read_pack(folder))


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../pack.yaml", "topics/../../x.yaml", "C:\\x.yaml", "..\\x.yaml", "topics\\t1.yaml", "a" * 900],
)
def test_a_name_that_leads_out_of_a_zip_is_refused(tmp_path: Path, name: str) -> None:
    found = problems(lambda: read_pack(zipped(tmp_path / "a.zip", pack_bytes(make_pack()), (member(name), b"x"))))
    assert len(found) == 1
    assert not (tmp_path.parent / "pack.yaml").exists()


@pytest.mark.parametrize(
    "mode", [stat.S_IFLNK | 0o777, stat.S_IFCHR | 0o600, stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFDIR]
)
def test_a_link_or_device_in_a_zip_is_refused(tmp_path: Path, mode: int) -> None:
    made = zipped(tmp_path / "a.zip", pack_bytes(make_pack()), (member("topics/t9.yaml", mode), b"/etc/passwd"))
    assert [problem.file for problem in problems(lambda: read_pack(made))] == ["topics/t9.yaml"]


@pytest.mark.parametrize("twin", ["pack.yaml", "PACK.yaml", "topics/T1.yaml"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_twins_in_a_zip_are_refused(tmp_path: Path, twin: str) -> None:
    made = zipped(tmp_path / "a.zip", pack_bytes(make_pack()), (member(twin), b"x"))
    assert [problem.file for problem in problems(lambda: read_pack(made))] == [twin]


def test_a_name_cut_by_a_nul_is_refused(tmp_path: Path) -> None:
    made = zipped(tmp_path / "a.zip", pack_bytes(make_pack()), (member("topics/t9.yamlXa"), b"x"))
    made.write_bytes(made.read_bytes().replace(b"t9.yamlXa", b"t9.yaml\0a"))
    problems(lambda: read_pack(made))


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    bombs = (
        {"pack.yaml": b"#" * 1_900_000},
        {"pack.yaml": b"#" * 90_000_000},
        {f"claims/t{number}.yaml": b"#" * 1_900_000 for number in range(50)},
    )
    for bomb in bombs:
        path = zipped(tmp_path / "bomb.zip", bomb)
        problems(lambda: read_pack(path))  # noqa: B023 (called at once)


def test_a_zip_whose_names_share_their_bytes_is_refused(tmp_path: Path) -> None:
    """The directory of such an archive points many names at one and the same packed file."""
    path = zipped(tmp_path / "a.zip", {"claims/t0.yaml": os.urandom(1_900_000).hex().encode()[:1_900_000]})
    data = path.read_bytes()
    start = data.index(b"PK\x01\x02")
    entry, end = data[start : data.rindex(b"PK\x05\x06")], bytearray(data[data.rindex(b"PK\x05\x06") :])
    entries = entry * 200
    end[8:12] = (200).to_bytes(2, "little") * 2
    end[12:16] = len(entries).to_bytes(4, "little")
    path.write_bytes(data[:start] + entries + end)
    problems(lambda: read_pack(path))


def test_a_zip_that_understates_its_sizes_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"pack.yaml": os.urandom(10) * 50_000})
    data = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = data.index(mark) + at
        data[place : place + 4] = (100).to_bytes(4, "little")
    path.write_bytes(data)
    problems(lambda: read_pack(path))


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_packing_is_refused(tmp_path: Path, packing: int) -> None:
    made = zipped(tmp_path / "a.zip", {}, (member("pack.yaml", packing=packing), b"#" * 1_000))
    problems(lambda: read_pack(made))


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"pack.yaml": b"languages: []\n"})
    data = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        data[data.index(mark) + at] |= 1
    path.write_bytes(data)
    problems(lambda: read_pack(path))


def test_a_damaged_zip_is_refused_at_every_cut(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", pack_bytes(make_pack()))
    whole = path.read_bytes()
    for cut in range(0, len(whole) - 1, max(1, len(whole) // 60)):
        path.write_bytes(whole[:cut])
        problems(lambda: read_pack(path))


def test_a_zip_with_flipped_bytes_is_read_or_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", pack_bytes(make_pack()))
    whole = path.read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 300)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            read_pack(path)
        except PackError as error:
            assert error.problems


def test_a_directory_of_half_a_million_entries_stays_small(tmp_path: Path) -> None:
    entry = b"PK\x01\x02" + bytes(24) + (1).to_bytes(2, "little") + bytes(16) + b"a"
    count = 19_000_000 // len(entry)
    end = b"PK\x05\x06" + bytes(4) + (count & 0xFFFF).to_bytes(2, "little") * 2
    end += (count * len(entry)).to_bytes(4, "little") + bytes(6)
    path = tmp_path / "a.zip"
    path.write_bytes(entry * count + end)
    problems(lambda: read_pack(path))


def test_a_folder_inside_the_zip_is_explained(tmp_path: Path) -> None:
    inside = {f"pack/{name}": data for name, data in pack_bytes(make_pack()).items()}
    problems(lambda: read_pack(zipped(tmp_path / "a.zip", inside)))


def test_a_text_that_could_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(PackError):
        write_pack(make_pack(lambda data: question(data, "q1").update(hint=text("a\u202eb"))), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data["guides"][0].update(body={}),
        lambda data: data["guides"][0].update(body=text(" \n ")),
        lambda data: data["guides"].append(data["guides"][0] | {"title": text("Another")}),
        lambda data: data["topics"].append(data["topics"][0] | {"name": text("Another")}),
    ],
)
def test_what_files_cannot_hold_leaves_the_folder_as_it_was(folder: Path, change: Callable[[Data], object]) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    problems(lambda: write_pack(make_pack(change), folder))
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_writing_does_not_follow_a_link_out_of_the_folder(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("keep")
    (folder / "glossary.yaml").unlink()
    (folder / "glossary.yaml").symlink_to(outside)
    with contextlib.suppress(PackError):
        write_pack(make_pack(), folder)
    assert outside.read_text() == "keep"
