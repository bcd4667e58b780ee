"""Every setting with its default and its help line; each can be set as HANDRAIL_<NAME> in the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, FiniteFloat, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.addresses import ExitAddress, Key, Network, Origin, RedisAddress
from desk.permissions import Role
from desk.registration import Registration
from desk.store import DEFAULT_DATABASE

ROOT = Path(__file__).parent.parent


class Settings(BaseSettings):
    """Read once at start; a wrong value stops the start with a sentence that names it."""

    model_config = SettingsConfigDict(env_prefix="HANDRAIL_", frozen=True, extra="ignore", hide_input_in_errors=True)

    model: Path = Field(default=ROOT / "models" / "handrail.tar.gz", description="The trained model.")
    idle_minutes: FiniteFloat = Field(
        default=30, gt=0, description="A conversation is forgotten after so many minutes without a message."
    )
    sender_idle_minutes: FiniteFloat = Field(
        default=10, gt=0, description="The same for a conversation of Rasa's channels, whose name can be guessed."
    )
    longest_message: int = Field(default=4000, gt=0, description="The most characters that a message may have.")
    largest_body: int = Field(default=49_152, gt=0, description="The most bytes that a request may carry.")
    reply_timeout: FiniteFloat = Field(default=8.0, gt=0, description="Seconds after which a reply is given up.")
    urgent_timeout: FiniteFloat = Field(default=0.8, gt=0, description="The same for a message that shows danger.")
    slowest_client: FiniteFloat = Field(
        default=20.0, gt=0, description="Seconds in which a client has to send a whole request, or to read on in an answer."
    )
    messages_a_minute: int = Field(default=240, gt=0, description="Messages a minute from one address.")
    starts_a_minute: int = Field(default=240, gt=0, description="New conversations a minute from one address.")
    sign_ins_a_minute: int = Field(default=10, gt=0, description="Tries a minute from one address to sign in to the desk.")
    most_waiting: int = Field(
        default=64, gt=0, description="Turns that may wait in one worker; one more is told to come again soon, unless in danger."
    )
    workers: int = Field(
        default=1, gt=0, description="Processes that share one loaded model and one port; more than one needs HANDRAIL_REDIS."
    )
    limits_key: Key | None = Field(
        default=None,
        repr=False,
        description="32 random bytes (base64), the same on every machine, so that rate limits count for all of them together.",
    )
    trusted_proxies: tuple[Network, ...] = Field(
        default=(),
        description="Addresses or networks (JSON list) of proxies whose X-Forwarded-For says who asks; nobody's if unset.",
    )
    exit_address: ExitAddress = Field(
        default="https://www.bbc.co.uk/weather", description="Where Exit this page leads: a whole http or https address."
    )
    allowed_origins: tuple[Origin, ...] = Field(
        default=(), description="Websites (JSON list of origins) whose pages may call the chat from a browser."
    )
    redis: RedisAddress | None = Field(
        default=None,
        repr=False,
        description="Where conversations are kept (redis://, rediss://, redis+sentinel://, redis+cluster://); "
        "this process's memory if unset.",
    )
    rest_channel: bool = Field(
        default=False,
        description="Whether clients made for Rasa may use its REST channel, whose chats rest on the sender's name alone.",
    )
    socket_channel: bool = Field(
        default=False, description="Whether chat windows made for Rasa may use its socket.io channel, at /socket.io."
    )
    socket_persistence: bool = Field(
        default=False,
        description="Whether a chat over socket.io outlives its connection, under a session id that can be guessed.",
    )
    socket_polling: bool = Field(
        default=True, description="Whether socket.io may begin with long polling; false for several workers behind one port."
    )
    metrics_token: str | None = Field(
        default=None, description="What Prometheus sends as bearer token to read /metrics; open to all if unset.", repr=False
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="How the process's own events are written: sentences, or one JSON object a line."
    )
    traces: str | None = Field(
        default=None,
        pattern=r"^https?://",
        repr=False,
        description="Where spans of turns are sent (OTLP over HTTP, such as http://collector:4318); nowhere if unset.",
    )
    signing_key: Key | None = Field(
        default=None,
        repr=False,
        description="Ed25519 private key (base64, 32 bytes) for deletion statements; a new one each start if unset.",
    )
    database: str = Field(
        default=DEFAULT_DATABASE,
        description="Where the desk keeps counts, people and its log (sqlite:///... or postgresql://...); empty for no desk.",
        repr=False,
    )
    desk_key: str | None = Field(
        default=None,
        repr=False,
        description="32 random bytes (base64) that seal the desk's secrets; with SQLite a file beside the database if unset.",
    )
    contact: str | None = Field(default=None, description="How to reach the operator about accessibility, shown on its page.")
    openid_issuer: str | None = Field(
        default=None, description="The organisation's own OpenID Connect provider (https://...), to sign in to the desk with."
    )
    openid_client: str = Field(default="", description="The desk's client id at that provider.")
    openid_secret: str | None = Field(
        default=None, description="The client's secret; unset for a client that has none.", repr=False
    )
    openid_back: str = Field(
        default="", description="Where the provider sends people back: this desk's https address and /staff/openid/back."
    )
    openid_claim: str = Field(default="groups", description="The claim that says who somebody is at the organisation.")
    openid_roles: dict[str, Role] = Field(
        default={},
        description="A role (adviser, editor, manager, admin) for each value of that claim, as JSON; the first that fits.",
    )
    openid_scope: str = Field(default="openid profile", description="What is asked of the provider; some need groups here too.")

    @model_validator(mode="after")
    def _openid_is_whole(self) -> Settings:
        self.openid()
        return self

    @model_validator(mode="after")
    def _workers_share(self) -> Settings:
        if self.workers > 1 and not self.redis:
            raise ValueError("HANDRAIL_WORKERS is more than 1, so HANDRAIL_REDIS must say where they share conversations.")
        return self

    def openid(self) -> Registration | None:
        """How the desk is known at the provider; None where people sign in with local accounts only."""
        if not self.openid_issuer:
            return None
        return Registration(
            issuer=self.openid_issuer, client=self.openid_client, secret=self.openid_secret, back=self.openid_back,
            claim=self.openid_claim, roles=self.openid_roles, scope=self.openid_scope,
        )  # fmt: skip
