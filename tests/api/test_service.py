"""Services, health, metrics and documentation over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx

from api.app import create_app
from api.settings import Settings
from content.hours import open_state
from content.library import Library


async def test_services_say_whether_they_are_open(client: httpx.AsyncClient, library: Library) -> None:
    rows = {row["id"]: row for row in (await client.get("/api/services")).json()}
    assert set(rows) == set(library.services)
    line = rows["family-rights-group"]
    assert line["number"] == "0808 801 0366"
    assert line["open_now"] is open_state(library.services["family-rights-group"], datetime.now(UTC)).open_now
    assert (line["closes_at"] or line["opens_next"])[-6:] in ("+00:00", "+01:00") or (
        line["closes_at"] or line["opens_next"]
    ).endswith("Z")
    assert rows["samaritans"]["always_open"] is True
    assert rows["childline"]["open_now"] is None


async def test_a_number_that_nobody_verified_is_not_given_out(client: httpx.AsyncClient) -> None:
    text = (await client.get("/api/services")).text
    for number in ("7525 3306", "802 4040", "7251 6577"):
        assert number not in text


async def test_the_process_lives_before_it_is_ready() -> None:
    app = create_app(Settings())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test") as client:
        assert (await client.get("/health/live")).status_code == 200
        response = await client.get("/health/ready")
        assert response.status_code == 503
        assert response.headers["retry-after"] == "2"
        assert (await client.post("/api/conversations")).status_code == 201
        assert (await client.get("/api/services")).status_code == 200


async def test_it_is_ready_once_the_model_is_loaded(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/ready")).json() == {"status": "ok"}


async def test_turns_are_counted_by_topic_and_outcome_without_a_word(client: httpx.AsyncClient, token: str) -> None:
    canary = "zanzibar-lighthouse"
    headers = {"authorization": f"Bearer {token}"}
    await client.post("/api/conversations/messages", json={"text": f"what is a core group? {canary}"}, headers=headers)
    text = (await client.get("/metrics")).text
    assert 'handrail_topics_total{topic="core_group"} 1.0' in text
    assert 'outcome="answered"' in text
    assert canary not in text
    assert token not in text


async def test_the_interface_describes_itself(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.")
    assert {"/api/conversations", "/api/conversations/messages", "/api/services", "/health/ready"} <= set(document["paths"])


async def test_the_documentation_page_fetches_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    assert "http" not in page.text.replace("http-equiv", "")
    for asset in ("/docs/assets/swagger-ui.css", "/docs/assets/swagger-ui-bundle.js", "/docs/start.js"):
        assert (await client.get(asset)).status_code == 200


async def test_metrics_are_for_whoever_sends_the_operators_token() -> None:
    app = create_app(Settings(metrics_token="only-prometheus"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test") as client:
        assert (await client.get("/metrics")).status_code == 401
        wrong = {"authorization": "Bearer only-prometheu\u00df".encode()}
        assert (await client.get("/metrics", headers=wrong)).status_code == 401
        assert (await client.get("/metrics", headers={"authorization": "Bearer only-prometheus"})).status_code == 200


async def test_rasas_channels_are_off_unless_asked_for() -> None:
    app = create_app(Settings())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test") as client:
        assert (await client.post("/webhooks/rest/webhook", json={"sender": "a", "message": "hi"})).status_code == 404
        assert (await client.get("/socket.io/?EIO=4&transport=polling")).status_code == 404
        assert (await client.post("/api/conversations")).status_code == 201
