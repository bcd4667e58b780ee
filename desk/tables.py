"""The tables of the desk's store. Moments are whole seconds since 1970 (UTC), so that both databases keep them alike."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()

# One row for each day, dimension and value: no row says two things about one turn. The day comes last in the key, so that
# the running total of each value is one walk through the table.
counts = Table(
    "counts", metadata,
    Column("dimension", String(20), primary_key=True),
    Column("value", String(64), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("n", Integer, nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip

people = Table(
    "people", metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("role", String(20), nullable=False),
    Column("password", String(200)),          # Argon2; none for those who sign in elsewhere
    Column("totp", String(200)),              # sealed under the desk's key
    Column("last_code", Integer),             # the time step of the last code, which is never taken twice
    Column("subject", String(300), unique=True),  # issuer and subject of OpenID Connect
    Column("failures", Integer, nullable=False, default=0),
    Column("locked_until", Integer, nullable=False, default=0),
    Column("active", Boolean, nullable=False, default=True),
)  # fmt: skip

sessions = Table(
    "sessions", metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of what the cookie holds
    Column("person", Integer, ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("begun", Integer, nullable=False),
    Column("seen", Integer, nullable=False),
)  # fmt: skip

# Rows are only ever added: triggers refuse anything else, and each row carries the hash of the one before.
audit = Table(
    "audit", metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Integer, nullable=False),
    Column("person", String(80), nullable=False),
    Column("action", String(40), nullable=False),
    Column("about", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("before", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)  # fmt: skip

# A question that somebody agreed to share, after names, places and numbers were taken out.
questions = Table(
    "questions", metadata,
    Column("id", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("outcome", String(40), nullable=False),
    Column("day", Date, nullable=False),
    Column("state", String(20), nullable=False),  # waiting, assigned, none, approved, dropped
    Column("topic", String(64)),
    Column("assigned_by", String(80)),
    Column("decided_by", String(80)),
    Index("questions_by_state", "state"),
)  # fmt: skip

# A wording that an editor proposes for one place of one topic, such as answer.short.
proposals = Table(
    "proposals", metadata,
    Column("id", Integer, primary_key=True),
    Column("topic", String(64), nullable=False),
    Column("place", String(80), nullable=False),
    Column("was", Text, nullable=False),
    Column("becomes", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("by", String(80), nullable=False),
    Column("at", Integer, nullable=False),
    Column("state", String(20), nullable=False),  # open, marked (it has faults), withdrawn
)  # fmt: skip

# What is switched just now: "chat" (off, with its message), "topic:ID" (offline), "notice" (its text). No row: as usual.
switches = Table(
    "switches", metadata,
    Column("name", String(80), primary_key=True),
    Column("text", Text, nullable=False),
    Column("by", String(80), nullable=False),
    Column("at", Integer, nullable=False),
)  # fmt: skip
