"""Alembic's entry: works on the connection that desk/store.py hands over."""

from __future__ import annotations

from alembic import context

from desk.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
