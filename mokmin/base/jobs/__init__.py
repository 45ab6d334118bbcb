"""Durable jobs in the same database as the rest."""

from mokmin.base.jobs.queue import Job, JobQueue, worker_name

__all__ = ["Job", "JobQueue", "worker_name"]
