"""The plain page: a whole conversation without a script, and the safeguards around it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import httpx
import pytest

from api.app import create_app
from api.blocks import blocks
from api.settings import Settings
from bot.engine import Engine


class Page(HTMLParser):
    """What a browser without JavaScript sees: forms with their fields and buttons, links, text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.forms: list[dict[str, object]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        row = dict(attrs)
        self.tags.append((tag, row))
        if tag == "form":
            self.forms.append({"action": row["action"], "fields": {}, "buttons": []})
        elif tag == "input" and self.forms:
            self.forms[-1]["fields"][row["name"]] = row["value"]  # type: ignore[index]
        elif tag == "button" and self.forms:
            self.forms[-1]["buttons"].append(row.get("value"))  # type: ignore[attr-defined]

    @property
    def token(self) -> str:
        ask = next(form for form in self.forms if form["action"] == "/")
        return str(ask["fields"]["token"])  # type: ignore[index]

    def links(self) -> list[str]:
        return [str(row["href"]) for tag, row in self.tags if tag == "a" and row.get("href")]


async def _post(client: httpx.AsyncClient, path: str = "/", **fields: str) -> tuple[httpx.Response, Page]:
    response = await client.post(path, data=fields, headers={"accept": "text/html"})
    return response, Page(response.text)


async def test_a_whole_conversation_works_with_forms_alone(client: httpx.AsyncClient) -> None:
    page = Page((await client.get("/")).text)
    assert page.token == ""
    response, page = await _post(client, text="can the conference take my child?", token=page.token)
    assert response.status_code == 200
    assert len(page.token) >= 43
    assert "72 hours" in page.html
    assert 'href="tel:08088010366"' in page.html
    offered = next(form for form in page.forms if str(form["action"]).startswith("/#"))
    send = offered["buttons"][0]  # type: ignore[index]
    response, page = await _post(client, text=str(send), token=page.token)
    assert response.status_code == 200
    response, page = await _post(client, text="why", token=page.token)
    assert "message answer" in page.html
    response, _ = await _post(client, "/delete", token=page.token)
    assert "deleted" in response.text
    response, _ = await _post(client, text="why", token=page.token)
    assert response.status_code == 404


async def test_the_page_sets_no_cookie_and_runs_no_inline_script(client: httpx.AsyncClient) -> None:
    for response in (await client.get("/"), (await _post(client, text="what is a plan", token=""))[0]):
        assert "set-cookie" not in response.headers
        empty = re.findall(r'<script src="/\w+\.js"[^>]*>(?=</script>)', response.text)
        assert re.findall(r"<script[^>]*>", response.text) == empty
        assert " style=" not in response.text
        assert not re.search(r"\son\w+=", response.text)
        assert response.headers["cache-control"] == "no-store"


async def test_every_response_carries_strict_headers(client: httpx.AsyncClient) -> None:
    for path in ("/", "/api/services", "/health/live", "/nothing", "/style.css"):
        headers = (await client.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-opener-policy"] == "same-origin"


async def test_nothing_is_fetched_from_anywhere_else(client: httpx.AsyncClient) -> None:
    page = Page((await client.get("/")).text)
    fetched = [row.get("src") or row.get("href") for tag, row in page.tags if tag in ("script", "img", "link", "iframe")]
    assert fetched == ["/style.css", "/exit.js", "/widget.js"]


async def test_what_was_typed_cannot_become_markup(client: httpx.AsyncClient) -> None:
    _, page = await _post(client, text='<script>alert(1)</script> what is a plan "><b>', token="")
    assert "<script>" not in page.html
    assert "<b>" not in page.html


async def test_an_empty_or_long_message_gets_a_problem_and_loses_nothing(client: httpx.AsyncClient) -> None:
    _, page = await _post(client, text="what is a plan", token="")
    response, after = await _post(client, text="   ", token=page.token)
    assert response.status_code == 422
    assert after.token == page.token
    response, after = await _post(client, text="word " * 1000, token=page.token)
    assert response.status_code == 422
    assert "word word" in after.html
    assert after.token == page.token


async def test_only_this_turn_is_shown(client: httpx.AsyncClient) -> None:
    _, page = await _post(client, text="what is a merlin report", token="")
    _, page = await _post(client, text="what is a core group", token=page.token)
    assert "merlin" not in page.html.lower()


async def test_leaving_forgets_the_chat_and_goes_somewhere_neutral(client: httpx.AsyncClient, engine: Engine) -> None:
    _, page = await _post(client, text="what is a plan", token="")
    assert engine.holds(page.token)
    response, _ = await _post(client, "/leave", token=page.token)
    assert response.status_code == 303
    assert response.headers["location"] == "https://www.bbc.co.uk/weather"
    assert not engine.holds(page.token)
    assert (await client.get("/leave")).status_code == 303


async def test_leave_and_the_question_box_stand_on_every_page(client: httpx.AsyncClient) -> None:
    pages = [
        Page((await client.get("/")).text),
        (await _post(client, text="he is hitting me now", token=""))[1],
        (await _post(client, text="", token=""))[1],
        (await _post(client, text="hi", token="wrong"))[1],
    ]
    for page in pages:
        actions = [form["action"] for form in page.forms]
        assert actions[0] == "/leave"
        assert "/" in actions
        assert any(tag == "label" and row.get("for") == "text" for tag, row in page.tags)
        assert any(tag == "html" and row.get("lang") == "en-GB" for tag, row in page.tags)


async def test_with_no_engine_the_page_still_gives_safety_and_the_line() -> None:
    app = create_app(Settings())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test") as client:
        response, page = await _post(client, text="he is hitting me now", token="")
        assert response.status_code == 200
        assert 'href="tel:999"' in page.html
        assert 'href="tel:08082000247"' in page.html
        assert 'href="tel:08088010366"' in page.html


@pytest.mark.parametrize(
    ("text", "tels"),
    [
        ("Call 0808 801 0366 now.", ["tel:08088010366"]),
        ("Call 999. Or Samaritans: 116 123, free.", ["tel:999", "tel:116123"]),
        ("Text SHOUT to 85258", ["sms:85258"]),
        ("For up to 72 hours, within 10 working days, £150", []),
        ("Live Fear Free: 0808 80 10 800, free.", ["tel:08088010800"]),
    ],
)
def test_phone_numbers_become_links_and_other_numbers_do_not(text: str, tels: list[str]) -> None:
    assert [piece.link for block in blocks(text) for line in block.lines for piece in line if piece.link] == tels


def test_lists_and_paragraphs_are_told_apart() -> None:
    found = blocks("One.\n\nTwo:\n- a\n- b\nThree.")
    assert [block.is_list for block in found] == [False, False, True, False]
