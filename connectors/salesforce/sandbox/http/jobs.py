"""Queries that were run in bulk."""

from dataclasses import dataclass

from connectors.salesforce.sandbox.soql.runner import Result


@dataclass(slots=True)
class Job:
    """A query, its result, and how it is to be written."""

    job_id: str
    operation: str
    result: Result
    created: str
    user_id: str
    delimiter: str
    state: str = "JobComplete"
