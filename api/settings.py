"""Every setting with its default and its help line; each can be set as HANDRAIL_<NAME> in the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).parent.parent


class Settings(BaseSettings):
    """Read once at start; a wrong value stops the start with a sentence that names it."""

    model_config = SettingsConfigDict(env_prefix="HANDRAIL_", frozen=True, extra="ignore")

    model: Path = Field(default=ROOT / "models" / "handrail.tar.gz", description="The trained model.")
    idle_minutes: float = Field(
        default=30, gt=0, description="A conversation is forgotten after so many minutes without a message."
    )
    longest_message: int = Field(default=4000, gt=0, description="The most characters that a message may have.")
    largest_body: int = Field(default=32_768, gt=0, description="The most bytes that a request may carry.")
    reply_timeout: float = Field(default=8.0, gt=0, description="Seconds after which a reply is given up.")
    urgent_timeout: float = Field(default=0.8, gt=0, description="The same for a message that shows danger.")
    messages_a_minute: int = Field(default=240, gt=0, description="Messages a minute from one address.")
    starts_a_minute: int = Field(default=240, gt=0, description="New conversations a minute from one address.")
    exit_address: str = Field(default="https://www.bbc.co.uk/weather", description="Where Exit this page leads.")
    allowed_origins: tuple[str, ...] = Field(
        default=(), description="Websites (JSON list of origins) whose pages may call the chat from a browser."
    )
    redis: str | None = Field(
        default=None, description="Where conversations are kept (redis://...); this process's memory if unset.", repr=False
    )
    rest_channel: bool = Field(
        default=True,
        description="Whether clients made for Rasa may use its REST channel, whose chats rest on the sender's name alone.",
    )
    metrics_token: str | None = Field(
        default=None, description="What Prometheus sends as bearer token to read /metrics; open to all if unset.", repr=False
    )
    signing_key: str | None = Field(
        default=None, description="Ed25519 private key (base64, 32 bytes) for deletion statements; a new one each start if unset."
    )
    contact: str | None = Field(default=None, description="How to reach the operator about accessibility, shown on its page.")
