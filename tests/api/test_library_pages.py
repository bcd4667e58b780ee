"""The pages to read: every answer has one, every link leads somewhere, danger comes first, typed words stay out of addresses."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from itertools import pairwise
from urllib.parse import urlsplit

import httpx
import pytest

from api.app import create_app
from api.settings import Settings
from content.library import HERE, Library, default_library
from content.loading import read_yaml
from content.themes import THEMES
from tests.api.markup import Markup, plain

WORDS = read_yaml(HERE / "pages.yml")
PAGES = ["/topics", "/lines", "/safe", "/kept", "/accessibility"]
# Pages and scripts that have tests of their own.
ELSEWHERE = ("/websites", "/sheets", "/docs", "/widget.js", "/sheets.js")


@pytest.fixture
async def reader() -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application without a model."""
    app = create_app(Settings(messages_a_minute=100_000))
    headers = {"accept": "text/html"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://handrail.test", headers=headers
    ) as client:
        yield client


async def _page(reader: httpx.AsyncClient, path: str) -> Markup:
    response = await reader.get(path)
    assert response.status_code == 200, path
    return Markup(response.text)


def _addresses(library: Library) -> list[str]:
    return [f"/topics/{topic.id}?for={voice}" for topic in library.topics.values() for voice in topic.voices]


def _check(page: Markup, path: str) -> None:
    assert page.faults == [], path
    assert len(page.all("h1")) == 1, path
    levels = page.headings()
    assert levels[0] == 1, path
    assert all(after <= before + 1 for before, after in pairwise(levels)), path
    ids = [row["id"] for _, row in page.tags if "id" in row]
    assert len(ids) == len(set(ids)), path
    named = [
        name
        for _, row in page.tags
        for key in ("aria-labelledby", "aria-describedby", "for")
        for name in (row.get(key) or "").split()
    ]
    assert set(named) <= set(ids), path
    assert not page.all("style"), path
    assert all(re.fullmatch(r"/\w+\.js", row.get("src") or "") for row in page.all("script")), path
    assert not [row for _, row in page.tags for key in row if key == "style" or key.startswith("on")], path
    assert "<title>Help page</title>" in page.html, path


@pytest.mark.parametrize("path", PAGES)
async def test_each_page_is_well_formed_with_one_main_heading_and_nothing_inline(reader: httpx.AsyncClient, path: str) -> None:
    response = await reader.get(path)
    assert response.status_code == 200
    assert "set-cookie" not in response.headers
    assert response.headers["cache-control"] == "no-store"
    _check(Markup(response.text), path)


async def test_every_topic_in_every_voice_has_a_page_that_is_well_formed(reader: httpx.AsyncClient, library: Library) -> None:
    for path in _addresses(library):
        _check(await _page(reader, path), path)


async def test_every_link_within_the_guide_leads_somewhere(reader: httpx.AsyncClient) -> None:
    waiting, seen = ["/"], {"/"}
    while waiting:
        path = waiting.pop()
        page = await _page(reader, path)
        fetched = [str(row.get("href") or row.get("src")) for tag in ("link", "script") for row in page.all(tag)]
        for file in fetched:
            if not file.startswith(ELSEWHERE):
                assert (await reader.get(file)).status_code == 200, file
        ids = {row.get("id") for _, row in page.tags}
        for link in page.links():
            address = urlsplit(link)
            if address.scheme or address.path.startswith((*ELSEWHERE, "/leave")):
                continue
            if not address.path:
                assert address.fragment in ids, (path, link)
            elif link not in seen:
                seen.add(link)
                waiting.append(link)
    assert set(PAGES) <= seen
    assert {f"/topics/{name}" for name in default_library().topics} <= seen


async def test_every_question_stands_in_exactly_one_group(reader: httpx.AsyncClient, library: Library) -> None:
    page = await _page(reader, "/topics")
    links = [link for link in page.links() if link.startswith("/topics/")]
    assert sorted(links) == sorted(f"/topics/{name}" for name in library.topics)
    assert set(THEMES) == {topic.theme for topic in library.topics.values()}


async def test_every_topic_page_shows_its_short_answer_its_steps_and_its_sources(
    reader: httpx.AsyncClient, library: Library
) -> None:
    for topic in library.topics.values():
        page = await _page(reader, f"/topics/{topic.id}")
        assert plain(topic.short) in page.text, topic.id
        assert all(plain(step) in page.text for step in topic.now), topic.id
        assert all(plain(library.sources[source].title) in page.text for source in topic.sources), topic.id
        assert {f"/topics/{one}" for one in topic.next} <= set(page.links()), topic.id


async def test_other_voices_are_offered_and_give_their_own_words(reader: httpx.AsyncClient, library: Library) -> None:
    for topic in library.topics.values():
        page = await _page(reader, f"/topics/{topic.id}")
        offered = {link.partition("?for=")[2] for link in page.links() if link.startswith(f"/topics/{topic.id}?for=")}
        assert offered == set(topic.voices) - {"plain", "staff"}
        for voice in offered:
            told = await _page(reader, f"/topics/{topic.id}?for={voice}")
            assert plain(topic.voices[voice].split("\n\n")[0]) in told.text
            chosen = [row["href"] for row in told.all("a") if row.get("aria-current") == "true"]
            assert chosen == [f"/topics/{topic.id}?for={voice}"]


async def test_a_child_is_led_on_to_what_is_written_for_children(reader: httpx.AsyncClient) -> None:
    page = await _page(reader, "/topics/could_children_be_removed?for=child")
    onward = page.html[page.html.index('id="next"') : page.html.index('id="sources"')]
    assert "?for=survivor" not in onward
    page = await _page(reader, "/topics/child_not_my_fault?for=child")
    onward = page.html[page.html.index('id="next"') : page.html.index('id="sources"')]
    assert re.findall(r"/topics/\w+\?for=child", onward) == re.findall(r"/topics/[^\"]+", onward)


async def test_a_voice_that_is_not_there_gives_the_plain_words(reader: httpx.AsyncClient) -> None:
    plain = (await reader.get("/topics/section_47")).text
    for voice in ("child", "staff", "../../etc", "<b>"):
        assert (await reader.get("/topics/section_47", params={"for": voice})).text == plain


async def test_hard_words_of_the_answer_are_explained(reader: httpx.AsyncClient, library: Library) -> None:
    page = await _page(reader, "/topics/could_children_be_removed")
    assert plain(library.glossary["parental responsibility"]) in page.text
    assert plain(library.glossary["strategy meeting"]) not in page.text


@pytest.mark.parametrize("path", ["/topics/nothing", "/topics/..%2fsources", "/topics/Section_47"])
async def test_a_topic_that_is_not_there_gives_the_problem_page(reader: httpx.AsyncClient, path: str) -> None:
    response = await reader.get(path)
    assert response.status_code == 404
    assert 'role="alert"' in response.text


async def test_an_answer_past_its_review_date_is_given_in_short(library: Library) -> None:
    from dataclasses import replace
    from datetime import date

    old = replace(library.topics["section_47"], reviewed=date(2020, 1, 1), review_by=date(2020, 2, 1))
    app = create_app(Settings(), library=replace(library, topics={**library.topics, "section_47": old}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test") as client:
        page = Markup((await client.get("/topics/section_47")).text)
    assert plain(old.short) in page.text
    assert plain(library.say("expired")) in page.text
    assert plain(old.now[0]) not in page.text
    assert not page.all("details")


@pytest.mark.parametrize(
    ("text", "topic"), [("interpriter", "interpreter"), ("core grop", "core_group"), ("nan look after kids", "relative_care")]
)
async def test_a_search_shows_the_question_and_its_short_answer(
    reader: httpx.AsyncClient, library: Library, text: str, topic: str
) -> None:
    response = await reader.post("/topics", data={"text": text})
    page = Markup(response.text)
    _check(page, text)
    assert response.status_code == 200
    hits = re.search(r'<ol class="hits">.*?</ol>', response.text, re.DOTALL)
    assert hits
    assert f"/topics/{topic}" in hits.group()
    assert plain(library.topics[topic].short) in page.text


async def test_typed_words_stand_in_no_address_and_cannot_become_markup(reader: httpx.AsyncClient) -> None:
    typed = 'canarybird "><script>alert(1)</script>'
    response = await reader.post("/topics", data={"text": typed})
    page = Markup(response.text)
    addresses = [str(row.get(key)) for _, row in page.tags for key in ("href", "action", "src", "formaction") if row.get(key)]
    assert not any("canary" in address for address in addresses)
    assert "location" not in response.headers
    assert "<script>" not in response.text
    searches = [row for row in page.all("form") if row["action"] == "/topics"]
    assert [row["method"] for row in searches] == ["post"]
    # Words in the address, from a form that somebody built by hand, are not read.
    assert "canarybird" not in (await reader.get("/topics", params={"text": "canarybird"})).text


async def test_danger_in_a_search_is_answered_before_what_was_found(reader: httpx.AsyncClient) -> None:
    for text in ("he is hitting me now, what is a plan", "i want to kill myself"):
        html = (await reader.post("/topics", data={"text": text})).text
        main = html[html.index("<main") :]
        assert "message safety" in main
        assert main.index("message safety") < main.index('id="found"')
        assert re.search(r'href="tel:(999|116123)"', main[: main.index('id="found"')])


async def test_a_calm_search_shows_no_safety_message(reader: httpx.AsyncClient) -> None:
    assert "message safety" not in (await reader.post("/topics", data={"text": "core group"})).text


async def test_a_search_without_a_hit_names_the_advice_line_and_the_chat(reader: httpx.AsyncClient) -> None:
    response = await reader.post("/topics", data={"text": "pizza recipe"})
    page = Markup(response.text)
    assert response.status_code == 200
    assert 'class="hits"' not in response.text
    assert "tel:08088010366" in page.links()
    assert "/" in [row["action"] for row in page.all("form")]


async def test_an_empty_or_endless_search_gets_a_problem_and_the_groups_stay(reader: httpx.AsyncClient) -> None:
    for text in ("", "   ", "word " * 1000):
        response = await reader.post("/topics", data={"text": text})
        assert response.status_code == 422
        _check(Markup(response.text), "problem")
        assert "/topics/section_47" in Markup(response.text).links()


async def test_searches_from_one_address_are_limited() -> None:
    app = create_app(Settings(messages_a_minute=2))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test") as client:
        codes = [(await client.post("/topics", data={"text": "plan"})).status_code for _ in range(4)]
    assert codes[:2] == [200, 200]
    assert codes[-1] == 429


def test_every_service_with_a_verified_number_stands_in_exactly_one_group(library: Library) -> None:
    grouped = [service for group in WORDS["lines"]["groups"] for service in group["services"]]
    verified = [service.id for service in library.services.values() if service.number]
    assert sorted(grouped) == sorted(verified)
    web = WORDS["lines"]["web"]["services"]
    assert sorted(web) == sorted(service.id for service in library.services.values() if not service.number and service.website)


async def test_lines_can_be_called_and_say_when_they_are_open(reader: httpx.AsyncClient, library: Library) -> None:
    page = await _page(reader, "/lines")
    services = (await reader.get("/api/services", headers={"accept": "application/json"})).json()
    for row in services:
        if row["tel"]:
            assert (row["tel"] if ":" in row["tel"] else f"tel:{row['tel']}") in page.links(), row["id"]
        if row["number"]:
            assert plain(row["hours"]) in page.text, row["id"]
        assert not row["website"] or row["website"] in page.links(), row["id"]
    for number in ("7525 3306", "802 4040", "7251 6577"):
        assert number not in page.html


async def test_the_safety_page_leads_to_topics_lines_and_a_helpline(reader: httpx.AsyncClient) -> None:
    page = await _page(reader, "/safe")
    assert {"/topics/scared_to_leave", "/topics/abuse_helplines", "/lines", "tel:08082000247", "tel:999"} <= set(page.links())
    assert "/exit.js" in [row.get("src") for row in page.all("script")]


async def test_the_page_on_what_is_kept_leads_to_the_check_and_names_the_set_time() -> None:
    app = create_app(Settings(idle_minutes=17))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test") as client:
        page = Markup((await client.get("/kept")).text)
    assert "/check" in page.links()
    assert "17 minutes" in page.text
    assert not [link for link in page.links() if link.startswith("http")]


async def test_the_operators_contact_is_shown_where_it_is_set(reader: httpx.AsyncClient) -> None:
    app = create_app(Settings(contact="help@council.example"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test") as client:
        assert "help@council.example" in (await client.get("/accessibility")).text
    assert "help@council.example" not in (await reader.get("/accessibility")).text


def test_pages_name_only_what_exists(library: Library) -> None:
    sections = [section for name in ("safe", "kept", "accessibility") for section in WORDS[name]["sections"]]
    assert {topic for section in sections for topic in section.get("topics", ())} <= set(library.topics)
    assert {service for section in sections for service in section.get("services", ())} <= set(library.services)
    voices = {voice for topic in library.topics.values() for voice in topic.voices}
    follow = {key for topic in library.topics.values() for key in topic.follow}
    assert voices <= set(WORDS["topic"]["voices"])
    assert follow <= set(WORDS["topic"]["follow"])


def test_the_words_of_the_pages_keep_the_house_rules() -> None:
    """The same forbidden words as for answers."""
    rules = read_yaml(HERE / "forbidden.yml")
    text = "\n".join(_strings(WORDS))
    found = [(row["why"], match.group()) for row in rules if (match := re.search(row["pattern"], text, re.IGNORECASE))]
    assert found == []


def _strings(node: object) -> list[str]:
    if isinstance(node, str):
        return [node]
    values = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    return [text for value in values for text in _strings(value)]
