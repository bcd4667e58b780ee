"""The phone lines over HTTP, with whether each is open now, when it closes and when it opens next."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter
from pydantic import BaseModel

from actions.wording import Wording
from api.state import StateOf
from content.hours import open_state
from content.model import Service

router = APIRouter()


class ServiceOut(BaseModel):
    """`open_now` is null where nobody has verified the hours. Moments carry their offset from UTC, in London's time."""

    id: str
    name: str
    number: str | None
    tel: str | None
    cost: str | None
    for_whom: str
    nation: str
    website: str | None
    open_now: bool | None
    always_open: bool
    closes_at: datetime | None
    opens_next: datetime | None
    hours: str


@router.get("/api/services")
async def services(state: StateOf) -> list[ServiceOut]:
    """Every service, in the order of services.yml."""
    now = datetime.now(UTC)
    wording = Wording(state.library, now)
    return [service_out(service, wording, now) for service in state.library.services.values()]


def service_out(service: Service, wording: Wording, now: datetime) -> ServiceOut:
    """One service at the moment `now`."""
    state = open_state(service, now)
    return ServiceOut(
        id=service.id, name=service.name, number=service.number, tel=service.tel, cost=service.cost,
        for_whom=service.for_whom, nation=service.nation, website=service.website,
        open_now=state.open_now, always_open=state.always, closes_at=state.closes_at, opens_next=state.opens_next,
        hours=wording.hours(service),
    )  # fmt: skip
