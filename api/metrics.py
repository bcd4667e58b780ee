"""Every metric, declared here: counts by outcome, topic and urgency, and how long turns take. No words, ids or addresses."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from bot.reply import Reply

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)


class Metrics:
    """One registry for each app, so that two apps in one process do not share counts."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._turns = Counter(
            "handrail_turns", "Turns by outcome and urgency.", ["outcome", "urgent", "channel"], registry=self._registry
        )
        self._topics = Counter("handrail_topics", "Topics answered.", ["topic"], registry=self._registry)
        self._seconds = Histogram("handrail_turn_seconds", "Seconds that a turn took.", registry=self._registry, buckets=_SECONDS)
        self._helpful = Counter(
            "handrail_helpful", "Answers by whether they helped.", ["topic", "helpful"], registry=self._registry
        )
        self._conversations = Counter("handrail_conversations", "Conversations by event.", ["event"], registry=self._registry)

    def turn(self, reply: Reply, seconds: float, channel: str) -> None:
        """Counts one turn."""
        self._turns.labels(reply.outcome.value, str(reply.urgent).lower(), channel).inc()
        self._seconds.observe(seconds)
        for topic in reply.topics:
            self._topics.labels(topic).inc()

    def conversation(self, event: str) -> None:
        """Counts a conversation that was `started` or `deleted`."""
        self._conversations.labels(event).inc()

    def helpful(self, topic: str, *, helpful: bool) -> None:
        """Counts an answer that somebody found helpful or not."""
        self._helpful.labels(topic, "yes" if helpful else "no").inc()

    def exposition(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self._registry)
