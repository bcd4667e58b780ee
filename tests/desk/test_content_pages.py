"""The content pages: every topic with its state, every voice as it is read, proposals with the linter beside them."""

from __future__ import annotations

import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from content.hours import LONDON
from content.library import HERE, Library
from content.lint import ledger
from content.places import rewritten
from desk.desk import Desk
from desk.standing import DUE, EXPIRED, FRESH, chosen, standings, state_of
from tests.api.markup import checked
from tests.desk.conftest import Clock, StaffClient, csrf_of

TOPIC, PLACE, WHY = "report_wrong", "answer.short", "plainer words"
ADDRESS = f"/staff/content/{TOPIC}"
GOOD = "You can say so. Tell your social worker first. If you still disagree on the day, tell the chair."
BAD = "You failed to protect your child."


@pytest.fixture
async def editor(staff_client: StaffClient) -> httpx.AsyncClient:
    return await staff_client("editor")


async def _post(client: httpx.AsyncClient, address: str = ADDRESS, **fields: str) -> httpx.Response:
    """Sends a form; unless told otherwise it was made from the words that stand there now."""
    fields["csrf"] = await csrf_of(client, ADDRESS)
    if place := fields.get("place"):
        found = re.search(r'name="made_from" value="(\w+)"', (await client.get(f"{ADDRESS}?place={place}")).text)
        fields.setdefault("made_from", found[1] if found else "")
    return await client.post(address, data=fields)


def test_a_topic_is_fresh_then_due_for_fourteen_days_then_expired(library: Library) -> None:
    topic = library.topics[TOPIC]
    for days, state in ((-15, FRESH), (-14, DUE), (0, DUE), (1, EXPIRED)):
        assert state_of(topic, topic.review_by + timedelta(days=days)) == state


def test_uses_and_marks_are_the_published_figures_of_the_topic(desk: Desk, library: Library) -> None:
    at = datetime(2026, 11, 1, 12, tzinfo=LONDON)
    for number in range(120):
        desk.counts.turn("answered", False, [TOPIC], "page", at)
        desk.counts.helpful(number < 90, at, TOPIC)
    desk.counts.turn("answered", False, ["core_group"], "page", at)
    desk.counts.flush()
    rows = {row.topic.id: row for row in standings(library, desk.counts, at.date())}
    assert (rows[TOPIC].uses, rows[TOPIC].not_helpful.share) == (120, 0.25)
    assert (rows["core_group"].uses, rows["core_group"].not_helpful.share) == (0, None)


def test_the_filter_finds_by_state_theme_and_words(desk: Desk, library: Library) -> None:
    topic = library.topics[TOPIC]
    rows = standings(library, desk.counts, topic.review_by + timedelta(days=1))
    assert len(chosen(rows)) == len(library.topics)
    assert chosen(rows, state=FRESH) == []
    assert {row.topic.theme for row in chosen(rows, theme="court")} == {"court"}
    assert TOPIC in [row.topic.id for row in chosen(rows, words="MARK IN THE REPORT")]
    assert chosen(rows, words="no topic says this") == []


@pytest.mark.parametrize("role", ["adviser", "editor", "manager", "admin"])
async def test_everybody_reads_every_topic_but_only_some_may_propose(
    staff_client: StaffClient, library: Library, role: str
) -> None:
    client = await staff_client(role)
    links = checked(await client.get("/staff/content")).links()
    assert {f"/staff/content/{topic}" for topic in library.topics} <= set(links)
    markup = checked(await client.get(f"{ADDRESS}?place={PLACE}"))
    may = role in ("editor", "admin")
    assert ("text" in markup.areas) is may
    answer = await _post(client, place=PLACE, text=GOOD, why=WHY, act="propose")
    assert answer.status_code == (303 if may else 403)
    assert (await _post(client, f"{ADDRESS}/lint", place=PLACE, text=GOOD)).status_code == (200 if may else 403)


async def test_a_topic_shows_every_voice_every_fact_and_every_source(editor: httpx.AsyncClient, library: Library) -> None:
    topic = library.topics[TOPIC]
    page = await editor.get(ADDRESS)
    markup = checked(page)
    assert {f"voice-{voice}" for voice in topic.voices} == {row["id"] for row in markup.all("h3") if "voice" in str(row.get("id"))}
    shown = markup.html.replace("&#39;", "'").replace("&#34;", '"')
    assert all(ledger(HERE, "facts")[fact]["fact"] in shown for fact in topic.covers)
    assert all(library.sources[one].title in shown for one in topic.sources)


async def test_every_topic_has_a_page_that_is_well_formed(editor: httpx.AsyncClient, library: Library) -> None:
    for topic in list(library.topics)[::6]:
        page = await editor.get(f"/staff/content/{topic}?place=now")
        assert page.status_code == 200, topic
        checked(page)
    assert (await editor.get("/staff/content/no_such_topic")).status_code == 404
    assert (await editor.get(f"{ADDRESS}?place=sources")).status_code == 404


async def test_the_table_is_filtered_by_what_the_address_says(editor: httpx.AsyncClient) -> None:
    page = checked(await editor.get("/staff/content", params={"text": "mark in the report", "status": "<b>"}))
    assert ADDRESS in page.links()
    assert "/staff/content/core_group" not in page.links()


async def test_the_linter_speaks_while_one_types_and_by_a_button_without_scripts(editor: httpx.AsyncClient) -> None:
    for fields, address in (({}, f"{ADDRESS}/lint"), ({"act": "check"}, ADDRESS)):
        bad = await _post(editor, address, place=PLACE, text=BAD, **fields)
        good = await _post(editor, address, place=PLACE, text=GOOD, **fields)
        assert bad.status_code == good.status_code == 200
        assert "never blame" in bad.text
        assert "never blame" not in good.text
    checked(bad)
    assert BAD in bad.text
    assert (await _post(editor, f"{ADDRESS}/lint", place="sources", text="x")).status_code == 404


async def test_a_proposal_is_kept_and_its_patch_downloaded_and_withdrawn(editor: httpx.AsyncClient, desk: Desk) -> None:
    kept = await _post(editor, place=PLACE, text=GOOD, why=WHY, act="propose")
    assert kept.status_code == 303
    [proposal] = desk.proposals.of(TOPIC)
    markup = checked(await editor.get(kept.headers["location"]))
    [link] = [one for one in markup.links() if one.endswith(".patch")]
    patch = await editor.get(link)
    assert patch.status_code == 200
    assert patch.text == desk.proposals.patch(proposal)
    assert f"+    {GOOD}" in patch.text
    assert (await _post(editor, f"{ADDRESS}/{proposal.id}/withdraw")).status_code == 303
    assert desk.proposals.of(TOPIC)[0].state == "withdrawn"
    checked(await editor.get(ADDRESS))
    assert (await editor.get(f"/staff/content/core_group/{proposal.id}.patch")).status_code == 404
    assert (await _post(editor, f"{ADDRESS}/{proposal.id}/withdraw")).status_code == 404


async def test_words_with_problems_are_kept_only_when_one_says_so(editor: httpx.AsyncClient, desk: Desk) -> None:
    refused = await _post(editor, place=PLACE, text=BAD, why=WHY, act="propose")
    assert refused.status_code == 422
    assert BAD in refused.text
    assert WHY in refused.text
    checked(refused)
    assert desk.proposals.of(TOPIC) == []
    assert (await _post(editor, place=PLACE, text=BAD, why=WHY, act="propose", with_problems="yes")).status_code == 303
    assert [proposal.state for proposal in desk.proposals.of(TOPIC)] == ["marked"]


async def test_no_proposal_without_a_reason(editor: httpx.AsyncClient, desk: Desk) -> None:
    assert (await _post(editor, place=PLACE, text=GOOD, why=" ", act="propose")).status_code == 422
    assert desk.proposals.of(TOPIC) == []


async def test_a_form_that_is_older_than_the_words_in_the_file_undoes_nothing(
    editor: httpx.AsyncClient, desk: Desk, library: Library, tmp_path: Path
) -> None:
    folder = shutil.copytree(HERE / "topics", tmp_path / "topics")
    desk.proposals._folder = folder
    opened = re.search(r'name="made_from" value="(\w+)"', (await editor.get(f"{ADDRESS}?place={PLACE}")).text)
    assert opened
    file = folder / f"{TOPIC}.yml"
    merged = "Ask for the mistake to be put right, in writing."
    file.write_text(rewritten(file.read_text(encoding="utf-8"), PLACE, merged), encoding="utf-8")
    for made_from in (opened[1], ""):
        refused = await _post(editor, place=PLACE, text=GOOD, why=WHY, act="propose", made_from=made_from)
        assert refused.status_code == 409
        markup = checked(refused)
        assert merged in markup.html
        assert GOOD in markup.areas["text"]
    assert desk.proposals.of(TOPIC) == []
    form = await editor.get(f"{ADDRESS}?place={PLACE}")
    assert merged in checked(form).areas["text"]
    assert (await _post(editor, place=PLACE, text=GOOD, why=WHY, act="propose")).status_code == 303
    assert [proposal.was for proposal in desk.proposals.of(TOPIC)] == [merged]


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("why", {"text": GOOD, "why": "", "with_problems": "yes"}),
        ("text", {"text": GOOD * 100, "why": WHY, "with_problems": "yes"}),
        ("with_problems", {"text": BAD, "why": WHY}),
    ],
)
async def test_a_refused_proposal_says_so_at_its_field(editor: httpx.AsyncClient, field: str, fields: dict[str, str]) -> None:
    refused = await _post(editor, place=PLACE, act="propose", **fields)
    assert refused.status_code == 422
    checked(refused)
    card = refused.text.split('aria-labelledby="propose"')[1].split("</section>")[0]
    assert 'role="alert"' in card
    assert 'id="wrong"' in card
    [marked] = re.findall(r"<[^>]+aria-invalid=\"true\"[^>]*>", card)
    assert f'id="{field}"' in marked
    assert "autofocus" in marked
    assert f'action="{ADDRESS}"' in card
    assert re.search(r'aria-describedby="[^"]*\bwrong"', marked)
    assert ('value="yes" checked' in card) is ("with_problems" in fields)


async def test_words_that_cannot_stand_in_the_file_have_no_patch(editor: httpx.AsyncClient, desk: Desk) -> None:
    await _post(editor, place=PLACE, text="", why=WHY, act="propose", with_problems="yes")
    [proposal] = desk.proposals.of(TOPIC)
    refused = await editor.get(f"{ADDRESS}/{proposal.id}.patch")
    assert refused.status_code == 409
    assert "cannot stand in the file" in refused.text
    assert "have changed since" not in refused.text


async def test_a_wording_comes_back_when_the_session_is_over(editor: httpx.AsyncClient, clock: Clock) -> None:
    sign = await csrf_of(editor, ADDRESS)
    clock.now += 21 * 60
    lost = await editor.post(ADDRESS, data={"place": PLACE, "text": GOOD, "why": WHY, "csrf": sign})
    assert lost.status_code == 401
    areas = checked(lost).areas
    assert [areas["typed-1"].strip(), areas["typed-2"].strip()] == [GOOD, WHY]
