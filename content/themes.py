"""The themes that the topics are grouped under, as pages name them."""

from __future__ import annotations

from collections.abc import Mapping

from content.library import HERE, Library
from content.loading import read_yaml
from content.model import Topic

THEMES: Mapping[str, str] = read_yaml(HERE / "themes.yml")


def by_theme(library: Library) -> list[tuple[str, list[Topic]]]:
    """Each theme's name with its topics, both in the order of the content."""
    topics = library.topics.values()
    return [(name, [topic for topic in topics if topic.theme == theme]) for theme, name in THEMES.items()]
