"""Jobs, runs, executions and the steps of their transcripts; what a server works through; what was asked for once."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from loom.storage.metadata import IDENTITY, Bytes, metadata, rowid

__all__ = ["execution", "hosted", "job", "once", "run", "step"]

job = Table(
    "job",
    metadata,
    rowid(),
    Column("id", IDENTITY, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("spec", IDENTITY, nullable=False),
    Column("state", Text, nullable=False),
    Column("steer", Text),
    Column("reason", Text),
    Column("epoch", Integer, nullable=False),
    Column("holder", Text),
    Column("lease_until_us", BigInteger, nullable=False),
    Column("account", IDENTITY, nullable=False),
    Column("project", Text, nullable=False),
    Column("principal", Text, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("finished_us", BigInteger),
)

run = Table(
    "run",
    metadata,
    rowid(),
    Column("id", IDENTITY, nullable=False, unique=True),
    Column("job", IDENTITY, nullable=False),
    Column("config_hash", IDENTITY, nullable=False),
    Column("target", Text, nullable=False),
    Column("suite", Text),
    Column("suite_hash", IDENTITY),
    Column("model", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("planned", Integer, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("folder", Text),  # NULL: not known, as of runs from before Loom wrote it down
    Index("uq_run_job_config_hash", "job", "config_hash", unique=True),
)

execution = Table(
    "execution",
    metadata,
    rowid(),
    Column("id", IDENTITY, nullable=False, unique=True),
    Column("run", IDENTITY, nullable=False),
    Column("parent", IDENTITY, nullable=False),  # empty for one that was not forked: unique keys ignore NULLs
    Column("item_key", IDENTITY, nullable=False),
    Column("number", Integer, nullable=False),
    Column("repetition", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("stop_reason", Text),
    Column("output", Bytes),
    Column("problems", Text),
    Column("error", Text),
    Column("cached", Boolean),
    Column("started_us", BigInteger, nullable=False),
    Column("latency_us", BigInteger),
    Index("uq_execution_run_item", "run", "item_key", "repetition", "parent", unique=True),
)

step = Table(
    "step",
    metadata,
    rowid(),
    Column("execution", IDENTITY, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("call", IDENTITY),
    Column("content", Bytes),
    Index("uq_step_execution_seq", "execution", "seq", unique=True),
)

hosted = Table(
    "hosted",
    metadata,
    rowid(),
    Column("job", IDENTITY, nullable=False, unique=True),  # for a server to work through, until it is done
)

once = Table(
    "once",
    metadata,
    rowid(),
    Column("principal", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("asked", IDENTITY, nullable=False),  # the hash of all that was asked for under this key
    Column("job", IDENTITY, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index("uq_once_principal_key", "principal", "key", unique=True),
)
