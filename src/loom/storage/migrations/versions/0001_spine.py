"""The spine: accounts, calls and the cache; jobs, runs, executions and steps; scores; content by hash."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

IDENTITY = sa.LargeBinary(32)
ROWID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _content()
    _calls()
    _engine()
    _scores()


def _content() -> None:
    _create("blob", _id("hash"), _bytes("bytes", required=True))
    op.create_table(
        "writer_mark",
        sa.Column("writer", IDENTITY, primary_key=True),
        _big("sequence", required=True),
        _big("at_us", required=True),
    )


def _calls() -> None:
    money = (_big("limit_nano"), _big("reserved_nano", required=True), _big("spent_nano", required=True))
    _create("account", _id("id"), _text("scope", required=True), _link("parent"), *money)
    _create(
        "call",
        _id("id"),
        _link("execution"),
        _text("purpose", required=True),
        _link("cache_key", required=True),
        _text("model", required=True),
        _link("served_by"),
        _text("dropped"),
    )
    op.create_index("ix_call_execution", "call", ["execution"])
    _attempts()
    _create(
        "cache", _text("project", required=True), _link("key", required=True), _link("attempt", required=True)
    )
    op.create_index("uq_cache_project_key", "cache", ["project", "key"], unique=True)


def _attempts() -> None:
    _create(
        "attempt",
        _id("id"),
        _link("call", required=True),
        _link("account", required=True),
        _int("number", required=True),
        _int("epoch", required=True),
        _text("state", required=True),
        _text("fault"),
        _text("message"),
        *(_big(name) for name in ("reserved_nano", "cost_nano", "input_tokens", "output_tokens")),
        _text("snapshot"),
        _bytes("answer"),
        _int("streamed"),
        _big("opened_us", required=True),
        _big("closed_us"),
    )
    op.create_index("ix_attempt_call", "attempt", ["call"])
    op.execute("CREATE INDEX ix_attempt_open ON attempt (account) WHERE state = 'open'")


def _engine() -> None:
    _jobs()
    _executions()
    _create(
        "step",
        _link("execution", required=True),
        _int("seq", required=True),
        _text("kind", required=True),
        _link("call"),
        _bytes("content"),
    )
    op.create_index("uq_step_execution_seq", "step", ["execution", "seq"], unique=True)


def _jobs() -> None:
    _create(
        "job",
        _id("id"),
        _text("kind", required=True),
        _link("spec", required=True),
        _text("state", required=True),
        _text("steer"),
        _text("reason"),
        _int("epoch", required=True),
        _text("holder"),
        _big("lease_until_us", required=True),
        _link("account", required=True),
        _text("project", required=True),
        _text("principal", required=True),
        _big("created_us", required=True),
        _big("finished_us"),
    )
    _create(
        "run",
        _id("id"),
        _link("job", required=True),
        _link("config_hash", required=True),
        _text("target", required=True),
        _text("suite"),
        _link("suite_hash"),
        _text("model", required=True),
        _text("endpoint", required=True),
        _flag("simulated", required=True),
        _int("planned", required=True),
        _big("created_us", required=True),
    )
    op.create_index("uq_run_job_config_hash", "run", ["job", "config_hash"], unique=True)


def _executions() -> None:
    _create(
        "execution",
        _id("id"),
        _link("run", required=True),
        _link("parent", required=True),
        _link("item_key", required=True),
        _int("number", required=True),
        _int("repetition", required=True),
        _text("state", required=True),
        _text("stop_reason"),
        _bytes("output"),
        _text("problems"),
        _text("error"),
        _flag("cached"),
        _big("started_us", required=True),
        _big("latency_us"),
    )
    item = ["run", "item_key", "repetition", "parent"]
    op.create_index("uq_execution_run_item", "execution", item, unique=True)


def _scores() -> None:
    _create(
        "score",
        _link("execution", required=True),
        _link("scorer", required=True),
        sa.Column("value", sa.Float(53)),
        _text("reason"),
        _bytes("details"),
    )
    op.create_index("uq_score_execution_scorer", "score", ["execution", "scorer"], unique=True)


def _create(name: str, *columns: sa.Column[object]) -> None:
    """A table with a surrogate key, and a unique key for its `_id` column."""
    unique = [
        sa.UniqueConstraint(column.name, name=f"uq_{name}_{column.name}")
        for column in columns
        if column.info.get("unique")
    ]
    op.create_table(name, sa.Column("row", ROWID, primary_key=True, autoincrement=True), *columns, *unique)


def _id(name: str) -> sa.Column[object]:
    return sa.Column(name, IDENTITY, nullable=False, info={"unique": True})


def _link(name: str, *, required: bool = False) -> sa.Column[object]:
    return sa.Column(name, IDENTITY, nullable=not required)


def _bytes(name: str, *, required: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.LargeBinary(), nullable=not required)


def _text(name: str, *, required: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=not required)


def _int(name: str, *, required: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), nullable=not required)


def _big(name: str, *, required: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger(), nullable=not required)


def _flag(name: str, *, required: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Boolean(), nullable=not required)
