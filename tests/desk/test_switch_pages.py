"""The switches as a manager uses them: a reason, a second look, an effect in the chat, a row in the log."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection

from content.library import Library
from content.switches import Switches
from desk.desk import Desk
from tests.api.markup import checked
from tests.desk.conftest import Clock, StaffClient, csrf_of

WHY, WORDS = "we are checking it", "Back on Monday at nine."


@pytest.fixture(autouse=True)
def watched(desk: Desk, library: Library) -> Iterator[None]:
    """The process follows its desk, as it does when it is served; afterwards everything is as usual."""
    desk.switchboard.watch(library.switched.become, seconds=600)
    yield
    desk.switchboard.stop()
    library.switched.become(Switches())


@pytest.fixture
async def manager(staff_client: StaffClient) -> httpx.AsyncClient:
    return await staff_client("manager")


async def _switch(client: httpx.AsyncClient, **fields: str) -> httpx.Response:
    """Sends a form; unless told otherwise of the page as it is now."""
    page = (await client.get("/staff/switch")).text
    fields["csrf"] = await csrf_of(client, "/staff/switch")
    marks = re.findall(r'name="act" value="(\w+)">\s*<input type="hidden" name="seen" value="(\w*)"', page)
    fields.setdefault("seen", dict(marks).get(fields["act"], ""))
    return await client.post("/staff/switch", data=fields)


async def test_the_chat_is_switched_off_after_a_second_look_and_the_next_turn_says_so(
    manager: httpx.AsyncClient, desk: Desk
) -> None:
    fields = {"act": "chat_off", "text": WORDS, "reason": WHY}
    look = await _switch(manager, **fields)
    assert look.status_code == 200
    assert WORDS in look.text
    checked(look)
    assert desk.switchboard.present() == Switches()
    assert (await _switch(manager, **fields, sure="yes")).status_code == 303
    assert desk.switchboard.present().chat_off == WORDS
    assert WORDS in (await manager.get("/")).text
    checked(await manager.get("/staff/switch"))
    assert (await _switch(manager, act="chat_on", reason=WHY, sure="yes")).status_code == 303
    assert WORDS not in (await manager.get("/")).text


async def test_a_topic_goes_offline_in_the_guide_and_comes_back(manager: httpx.AsyncClient, library: Library) -> None:
    topic = library.topics["core_group"]
    await _switch(manager, act="topic_offline", topic=topic.id, reason=WHY, sure="yes")
    assert topic.short not in (await manager.get(f"/topics/{topic.id}")).text
    page = await manager.get("/staff/switch")
    assert f'value="{topic.id}"' in page.text
    checked(page)
    await _switch(manager, act="topic_online", topic=topic.id, reason=WHY, sure="yes")
    assert topic.short in (await manager.get(f"/topics/{topic.id}")).text


async def test_a_notice_stands_on_the_guide_until_it_is_taken_down(manager: httpx.AsyncClient) -> None:
    await _switch(manager, act="notice_on", text="The line is shut on <Friday>.", reason=WHY, sure="yes")
    assert "The line is shut on &lt;Friday&gt;." in (await manager.get("/topics/core_group")).text
    checked(await manager.get("/staff/switch"))
    await _switch(manager, act="notice_off", reason=WHY, sure="yes")
    assert "The line is shut" not in (await manager.get("/topics/core_group")).text


@pytest.mark.parametrize("sure", ["", "yes"])
@pytest.mark.parametrize(
    "fields",
    [
        {"act": "chat_off", "text": WORDS, "reason": " "},
        {"act": "chat_off", "text": "", "reason": WHY},
        {"act": "topic_offline", "topic": "no_such_topic", "reason": WHY},
        {"act": "topic_offline", "topic": "", "reason": WHY},
        {"act": "notice_on", "text": "x" * 601, "reason": WHY},
        {"act": "everything_off", "reason": WHY},
    ],
)
async def test_what_is_not_complete_is_refused_with_what_was_typed(
    manager: httpx.AsyncClient, desk: Desk, fields: dict[str, str], sure: str
) -> None:
    refused = await _switch(manager, **fields, sure=sure)
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    checked(refused)
    assert desk.switchboard.present() == Switches()
    if fields["act"] == "chat_off":
        assert (fields["text"] or fields["reason"]) in refused.text


async def test_the_log_shows_the_newest_first_and_leads_to_the_older(manager: httpx.AsyncClient, desk: Desk) -> None:
    for number in range(30):
        desk.switchboard.take_offline("core_group", "Sam", f"first {number}.")
        desk.switchboard.put_back("core_group", "Sam", f"then {number}.")
    first = await manager.get("/staff/audit")
    markup = checked(first)
    assert "then 29." in first.text
    assert "first 0." not in first.text
    [older] = [link for link in markup.links() if "before=" in link]
    then = await manager.get(older)
    assert "first 0." in then.text
    assert "then 29." not in then.text
    assert 'role="alert"' not in first.text


def _unguard(connection: Connection, *, sqlite: bool) -> None:
    if not sqlite:
        connection.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        return
    for trigger in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
        connection.execute(text(f'DROP TRIGGER "{trigger}"'))


async def test_a_log_that_was_tampered_with_says_so(manager: httpx.AsyncClient, desk: Desk) -> None:
    desk.switchboard.take_offline("core_group", "Sam", WHY)
    with desk.store.begin() as connection:
        _unguard(connection, sqlite=desk.store.is_sqlite)
        connection.execute(text("UPDATE audit SET reason = 'another' WHERE about = 'topic:core_group'"))
    page = await manager.get("/staff/audit")
    assert 'role="alert"' in page.text
    checked(page)


@pytest.mark.parametrize("role", ["adviser", "editor"])
async def test_who_may_not_switch_does_not(staff_client: StaffClient, desk: Desk, role: str) -> None:
    client = await staff_client(role)
    sign = await csrf_of(client, "/staff/content")
    fields = {"act": "chat_off", "text": WORDS, "reason": WHY, "sure": "yes", "csrf": sign}
    assert (await client.post("/staff/switch", data=fields)).status_code == 403
    assert (await client.get("/staff/switch")).status_code == 403
    assert (await client.get("/staff/audit")).status_code == 403
    assert desk.switchboard.present() == Switches()


async def test_a_form_without_the_sessions_sign_switches_nothing(manager: httpx.AsyncClient, desk: Desk) -> None:
    fields = {"act": "chat_off", "text": WORDS, "reason": WHY, "sure": "yes"}
    assert (await manager.post("/staff/switch", data=fields)).status_code == 403
    assert desk.switchboard.present() == Switches()


async def test_a_line_break_counts_once(manager: httpx.AsyncClient) -> None:
    longest = "\r\n".join(["a" * 59] * 10)
    assert (await _switch(manager, act="notice_on", text=f"{longest}b", reason=WHY)).status_code == 200
    assert (await _switch(manager, act="notice_on", text=f"{longest}bb", reason=WHY)).status_code == 422


async def test_a_topic_that_left_the_content_can_be_put_back(manager: httpx.AsyncClient, desk: Desk) -> None:
    desk.switchboard.take_offline("gone_topic", "Sam", WHY)
    assert (await _switch(manager, act="topic_online", topic="gone_topic", reason=WHY)).status_code == 200
    assert (await _switch(manager, act="topic_online", topic="gone_topic", reason=WHY, sure="yes")).status_code == 303
    assert desk.switchboard.present() == Switches()
    assert (await _switch(manager, act="topic_online", topic="gone_topic", reason=WHY)).status_code == 422


async def test_a_topic_that_is_not_asked_for_does_no_harm(manager: httpx.AsyncClient) -> None:
    assert (await _switch(manager, act="chat_off", text=WORDS, topic="bogus", reason=WHY)).status_code == 200


async def test_a_notice_that_came_meanwhile_is_not_replaced_unseen(manager: httpx.AsyncClient, desk: Desk) -> None:
    mine = {"act": "notice_on", "text": "Shut on Friday.", "reason": WHY, "seen": ""}
    look = await _switch(manager, **mine)
    assert 'name="seen" value=""' in look.text
    desk.switchboard.set_notice("The building is on fire.", "Ann", WHY)
    late = await _switch(manager, **mine, sure="yes")
    assert late.status_code == 409
    assert "The building is on fire." in late.text
    assert "Shut on Friday." in checked(late).areas["typed-1"]
    assert desk.switchboard.present().notice == "The building is on fire."
    [row] = desk.switchboard.rows()
    desk.switchboard.set_notice("Go home.", "Ann", WHY)
    assert (await _switch(manager, act="notice_off", reason=WHY, seen=row.mark, sure="yes")).status_code == 409
    [row] = desk.switchboard.rows()
    assert f'name="seen" value="{row.mark}"' in (await manager.get("/staff/switch")).text
    assert (await _switch(manager, act="notice_off", reason=WHY, seen=row.mark, sure="yes")).status_code == 303
    assert desk.switchboard.present() == Switches()


async def test_what_was_typed_comes_back_when_the_session_is_over(manager: httpx.AsyncClient, clock: Clock) -> None:
    sign = await csrf_of(manager, "/staff/switch")
    clock.now += 21 * 60
    fields = {"act": "notice_on", "text": "A long <notice>.", "reason": WHY, "csrf": sign}
    lost = await manager.post("/staff/switch", data=fields)
    assert lost.status_code == 401
    assert "still in your browser" not in lost.text
    areas = checked(lost).areas
    assert [areas["typed-1"].strip(), areas["typed-2"].strip()] == ["A long <notice>.", WHY]
    elsewhere = await manager.post("/staff/switch", data=fields, headers={"origin": "https://elsewhere.test"})
    assert "A long" not in elsewhere.text
    call = await manager.post("/staff/people", data={"text": "not to be repeated", "csrf": sign})
    assert "not to be repeated" not in call.text


@pytest.mark.parametrize("address", ["/staff/switch", "/staff/sign-in", "/staff/people", "/staff/content/core_group"])
async def test_a_sign_that_no_database_takes_is_refused(staff_client: StaffClient, address: str) -> None:
    admin = await staff_client("admin")
    fields = {"act": "chat_off", "text": WORDS, "reason": "a\0b", "sure": "yes", "name": "a\0b", "why": "a\0b", "place": "now"}
    refused = await admin.post(address, data={**fields, "csrf": await csrf_of(admin)})
    assert refused.status_code == 400
    checked(refused)


@pytest.mark.parametrize(
    "address",
    [
        "/staff/audit?before=99999999999999999999", "/staff/content/core_group/99999999999999999999.patch",
        "/staff/content/core_group?saved=99999999999999999999", "/staff/counts?to=0001-01-05", "/staff/counts.csv?to=0001-01-05",
        "/staff/counts.json?from=0001-01-01&to=0001-01-03",
    ],
)  # fmt: skip
async def test_a_number_or_day_out_of_all_bounds_is_no_failure_of_ours(staff_client: StaffClient, address: str) -> None:
    refused = await (await staff_client("admin")).get(address)
    assert refused.status_code == 422
    assert "JSON" not in refused.text


async def test_a_huge_number_of_a_question_is_no_failure_of_ours(staff_client: StaffClient) -> None:
    admin = await staff_client("admin")
    fields = {"csrf": await csrf_of(admin), "do": "drop"}
    for page in ("decide", "review"):
        assert (await admin.post(f"/staff/questions/{10**20}/{page}", data=fields)).status_code == 422
