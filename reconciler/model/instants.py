"""How every report writes an instant."""

from datetime import UTC, datetime


def utc(instant: datetime) -> str:
    """An instant as every report writes it: `2026-12-01T00:00:00Z` (seconds; plans and targets speak UTC)."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
