"""A teacher and pupils, each with a browser of their own, as the tests of the pages see them."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from apps.checkup.forms import values_of
from apps.classroom.models import Class
from apps.editions.compiled import CompiledEdition
from apps.editions.convert import answer_of

NEW = "/en/classes/new/"
QUESTION = re.compile(r"/en/checkup/(q\d+)/")


class Teacher:
    """Somebody who has opened a class. `page` is the page that showed the secret."""

    def __init__(self, **wishes: Any) -> None:
        self.browser = Client()
        response = self.browser.post(NEW, {"age_group": "14-18", "size": "12", "rounds": "1", **wishes})
        assert response.status_code == 200, response.content.decode()[-4000:]
        self.page = response.content.decode()
        found = re.search(r"/en/classes/([A-Z0-9]{6})/manage/([A-Za-z0-9_-]{32})/", self.page)
        assert found
        self.link, self.code, self.secret = found[0], found[1], found[2]
        self.home = f"/en/classes/{self.code}/"

    @property
    def klass(self) -> Class:
        return Class.objects.get(code=self.code)

    @property
    def slips(self) -> list[str]:
        return re.findall(r"<li><strong>([A-Z0-9 ]{9})</strong>", self.page)

    def get(self, name: str = "") -> Any:
        return self.browser.get(self.home + name)

    def post(self, name: str, **data: Any) -> Any:
        return self.browser.post(self.home + name, data)

    def close(self, number: int = 1) -> Any:
        return self.post("close/", round=str(number))


class Pupil:
    """Somebody who answers in a class: for themselves, or as an invented person, with that person's answers."""

    def __init__(self, teacher: Teacher, **environ: Any) -> None:
        self.browser = Client(**environ)
        self.who = "me"
        self.code = teacher.code
        self.home = f"/en/join/{self.code}/"

    def begin(self, who: str = "") -> str:
        """Join, or join the next round as the same person as before, and return the address it leads to."""
        self.who = who or self.who
        response = self.browser.post(self.home, {"as": self.who})
        assert response.status_code == 303, response.content.decode()[-3000:]
        return str(response["Location"])

    def walk(self, edition: CompiledEdition, answers_of: str, who: str = "me") -> list[str]:
        """Begin and answer everything as a persona would; return the questions that were asked."""
        answers = edition.personas[answers_of].answers
        address, asked = self.begin(who), []
        while found := QUESTION.fullmatch(address):
            value = values_of(answer_of(answers[found[1]])) if found[1] in answers else ["unsure"]
            response = self.browser.post(address, {"answer": value})
            assert response.status_code == 303, (found[1], value)
            asked.append(found[1])
            address = str(response["Location"])
        return asked

    def form(self) -> dict[str, str]:
        """Return the fields of the card on the result."""
        page = self.browser.get("/en/result/").content.decode()
        card = page[page.index('id="class"') :].partition("</section>")[0]
        fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', card)
        return {name: value for name, value in fields if name != "csrfmiddlewaretoken"}

    def press(self, **changes: Any) -> Any:
        """Press "Add mine" and return the answer."""
        return self.browser.post(self.home + "add/", {**self.form(), "add": "1", **changes})

    def join_and_add(self, edition: CompiledEdition, answers_of: str, who: str = "me") -> Any:
        self.walk(edition, answers_of, who)
        return self.press()
