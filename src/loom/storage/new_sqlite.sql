CREATE TABLE access_state (
	"row" INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	PRIMARY KEY ("row")
);

INSERT INTO "access_state" VALUES(1,0);

CREATE TABLE account (
	"row" INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	scope TEXT NOT NULL, 
	parent BLOB, 
	limit_nano BIGINT, 
	reserved_nano BIGINT NOT NULL, 
	spent_nano BIGINT NOT NULL, 
	PRIMARY KEY ("row"), 
	CONSTRAINT uq_account_id UNIQUE (id)
);

CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

INSERT INTO "alembic_version" VALUES('0008');

CREATE TABLE api_key (
	"row" INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	hash BLOB NOT NULL, 
	name TEXT NOT NULL, 
	taken TEXT, 
	hint TEXT NOT NULL, 
	role TEXT NOT NULL, 
	owner BLOB, 
	cap_nano BIGINT, 
	jobs INTEGER NOT NULL, 
	created_us BIGINT NOT NULL, 
	expires_us BIGINT, 
	used_us BIGINT, 
	revoked_us BIGINT, 
	PRIMARY KEY ("row"), 
	CONSTRAINT uq_api_key_id UNIQUE (id), 
	CONSTRAINT uq_api_key_hash UNIQUE (hash), 
	CONSTRAINT uq_api_key_taken UNIQUE (taken)
);

CREATE TABLE attempt (
	"row" INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	call BLOB NOT NULL, 
	account BLOB NOT NULL, 
	number INTEGER NOT NULL, 
	epoch INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	fault TEXT, 
	message TEXT, 
	reserved_nano BIGINT, 
	cost_nano BIGINT, 
	input_tokens BIGINT, 
	output_tokens BIGINT, 
	snapshot TEXT, 
	answer BLOB, 
	streamed INTEGER, 
	opened_us BIGINT NOT NULL, 
	closed_us BIGINT, 
	PRIMARY KEY ("row"), 
	CONSTRAINT uq_attempt_id UNIQUE (id)
);

CREATE TABLE audit (
	"row" INTEGER NOT NULL, 
	at_us BIGINT NOT NULL, 
	principal TEXT NOT NULL, 
	action TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	detail TEXT, 
	PRIMARY KEY ("row")
);

CREATE TABLE baseline (
	"row" INTEGER NOT NULL, 
	project TEXT NOT NULL, 
	worker TEXT NOT NULL, 
	suite TEXT NOT NULL, 
	run BLOB, 
	note TEXT, 
	principal TEXT NOT NULL, 
	set_us BIGINT NOT NULL, folder TEXT, 
	PRIMARY KEY ("row")
);

CREATE TABLE blob (
	"row" INTEGER NOT NULL, 
	hash BLOB NOT NULL, 
	bytes BLOB NOT NULL, 
	PRIMARY KEY ("row"), 
	CONSTRAINT uq_blob_hash UNIQUE (hash)
);

CREATE TABLE cache (
	"row" INTEGER NOT NULL, 
	project TEXT NOT NULL, 
	"key" BLOB NOT NULL, 
	attempt BLOB NOT NULL, 
	PRIMARY KEY ("row")
);

CREATE TABLE call (
	"row" INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	execution BLOB, 
	purpose TEXT NOT NULL, 
	cache_key BLOB NOT NULL, 
	model TEXT NOT NULL, 
	served_by BLOB, 
	dropped TEXT, 
	PRIMARY KEY ("row"), 
	CONSTRAINT uq_call_id UNIQUE (id)
);

CREATE TABLE endpoint (
	"row" INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	label TEXT NOT NULL, 
	taken TEXT, 
	url TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	key_reference TEXT, 
	key_sealed BLOB, 
	details TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	principal TEXT NOT NULL, 
	created_us BIGINT NOT NULL, 
	changed_us BIGINT NOT NULL, 
	removed_us BIGINT, 
	PRIMARY KEY ("row"), 
	CONSTRAINT uq_endpoint_id UNIQUE (id), 
	CONSTRAINT uq_endpoint_taken UNIQUE (taken)
);

CREATE TABLE event (
	"row" INTEGER NOT NULL, 
	stream TEXT NOT NULL, 
	last BIGINT NOT NULL, 
	count INTEGER NOT NULL, 
	lines BLOB NOT NULL, 
	PRIMARY KEY ("row")
);

CREATE TABLE execution (
	"row" INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	run BLOB NOT NULL, 
	parent BLOB NOT NULL, 
	item_key BLOB NOT NULL, 
	number INTEGER NOT NULL, 
	repetition INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	stop_reason TEXT, 
	output BLOB, 
	problems TEXT, 
	error TEXT, 
	cached BOOLEAN, 
	started_us BIGINT NOT NULL, 
	latency_us BIGINT, 
	PRIMARY KEY ("row"), 
	CONSTRAINT uq_execution_id UNIQUE (id)
);

CREATE TABLE hosted (
	"row" INTEGER NOT NULL, 
	job BLOB NOT NULL, 
	PRIMARY KEY ("row"), 
	CONSTRAINT uq_hosted_job UNIQUE (job)
);

CREATE TABLE job (
	"row" INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	kind TEXT NOT NULL, 
	spec BLOB NOT NULL, 
	state TEXT NOT NULL, 
	steer TEXT, 
	reason TEXT, 
	epoch INTEGER NOT NULL, 
	holder TEXT, 
	lease_until_us BIGINT NOT NULL, 
	account BLOB NOT NULL, 
	project TEXT NOT NULL, 
	principal TEXT NOT NULL, 
	created_us BIGINT NOT NULL, 
	finished_us BIGINT, 
	PRIMARY KEY ("row"), 
	CONSTRAINT uq_job_id UNIQUE (id)
);

CREATE TABLE letter (
	"row" INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	state TEXT NOT NULL, 
	at_us BIGINT NOT NULL, 
	reason TEXT NOT NULL, 
	task_id TEXT, 
	worker_type TEXT, 
	size INTEGER NOT NULL, 
	left_us BIGINT, 
	left_by TEXT, 
	clearing BLOB, 
	task BLOB NOT NULL, 
	PRIMARY KEY ("row"), 
	CONSTRAINT uq_letter_id UNIQUE (id)
);

CREATE TABLE letter_box (
	"row" INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	PRIMARY KEY ("row")
);

INSERT INTO "letter_box" VALUES(1,randomblob(16));

CREATE TABLE letter_replay (
	"row" INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	letter BLOB NOT NULL, 
	task_id TEXT, 
	worker_type TEXT, 
	reason TEXT NOT NULL, 
	principal TEXT NOT NULL, 
	begun_us BIGINT NOT NULL, 
	sent_us BIGINT, 
	PRIMARY KEY ("row"), 
	CONSTRAINT uq_letter_replay_id UNIQUE (id)
);

CREATE TABLE login (
	"row" INTEGER NOT NULL, 
	hash BLOB NOT NULL, 
	user BLOB NOT NULL, 
	created_us BIGINT NOT NULL, 
	seen_us BIGINT NOT NULL, 
	PRIMARY KEY ("row"), 
	CONSTRAINT uq_login_hash UNIQUE (hash)
);

CREATE TABLE once (
	"row" INTEGER NOT NULL, 
	principal TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	asked BLOB NOT NULL, 
	job BLOB NOT NULL, 
	at_us BIGINT NOT NULL, 
	PRIMARY KEY ("row")
);

CREATE TABLE peek (
	"row" INTEGER NOT NULL, 
	project TEXT NOT NULL, 
	suite TEXT NOT NULL, 
	run BLOB NOT NULL, 
	principal TEXT NOT NULL, 
	at_us BIGINT NOT NULL, sealed BLOB, 
	PRIMARY KEY ("row")
);

CREATE TABLE rating (
	"row" INTEGER NOT NULL, 
	project TEXT NOT NULL, 
	subject BLOB NOT NULL, 
	execution BLOB NOT NULL, 
	rater TEXT NOT NULL, 
	value FLOAT, 
	note TEXT, 
	principal TEXT NOT NULL, 
	rated_us BIGINT NOT NULL, 
	PRIMARY KEY ("row")
);

CREATE TABLE run (
	"row" INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	job BLOB NOT NULL, 
	config_hash BLOB NOT NULL, 
	target TEXT NOT NULL, 
	suite TEXT, 
	suite_hash BLOB, 
	model TEXT NOT NULL, 
	endpoint TEXT NOT NULL, 
	simulated BOOLEAN NOT NULL, 
	planned INTEGER NOT NULL, 
	created_us BIGINT NOT NULL, folder TEXT, 
	PRIMARY KEY ("row"), 
	CONSTRAINT uq_run_id UNIQUE (id)
);

CREATE TABLE score (
	"row" INTEGER NOT NULL, 
	execution BLOB NOT NULL, 
	scorer BLOB NOT NULL, 
	value FLOAT, 
	reason TEXT, 
	details BLOB, 
	PRIMARY KEY ("row")
);

CREATE TABLE sealed_case (
	"row" INTEGER NOT NULL, 
	sealed BLOB NOT NULL, 
	item BLOB NOT NULL, 
	PRIMARY KEY ("row")
);

CREATE TABLE setting (
	"row" INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	principal TEXT NOT NULL, 
	set_us BIGINT NOT NULL, 
	PRIMARY KEY ("row")
);

CREATE TABLE step (
	"row" INTEGER NOT NULL, 
	execution BLOB NOT NULL, 
	seq INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	call BLOB, 
	content BLOB, 
	PRIMARY KEY ("row")
);

CREATE TABLE stream (
	"row" INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	last BIGINT NOT NULL, 
	closed_us BIGINT, 
	PRIMARY KEY ("row"), 
	CONSTRAINT uq_stream_name UNIQUE (name)
);

INSERT INTO "stream" VALUES(1,'jobs',0,NULL);

INSERT INTO "stream" VALUES(2,'dead-letters',0,NULL);

CREATE TABLE user (
	"row" INTEGER NOT NULL, 
	id BLOB NOT NULL, 
	name TEXT NOT NULL, 
	password TEXT NOT NULL, 
	role TEXT NOT NULL, 
	epoch INTEGER NOT NULL, 
	created_us BIGINT NOT NULL, 
	PRIMARY KEY ("row"), 
	CONSTRAINT uq_user_id UNIQUE (id), 
	CONSTRAINT uq_user_name UNIQUE (name)
);

CREATE TABLE version (
	"row" INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	home TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	hash BLOB NOT NULL, 
	definition BLOB, 
	change TEXT NOT NULL, 
	file TEXT NOT NULL, 
	note TEXT, 
	principal TEXT NOT NULL, 
	at_us BIGINT NOT NULL, 
	PRIMARY KEY ("row")
);

CREATE TABLE writer_mark (
	writer BLOB NOT NULL, 
	sequence BIGINT NOT NULL, 
	at_us BIGINT NOT NULL, 
	PRIMARY KEY (writer)
);

CREATE INDEX ix_call_execution ON call (execution);

CREATE INDEX ix_attempt_call ON attempt (call);

CREATE INDEX ix_attempt_open ON attempt (account) WHERE state = 'open';

CREATE UNIQUE INDEX uq_cache_project_key ON cache (project, "key");

CREATE UNIQUE INDEX uq_run_job_config_hash ON run (job, config_hash);

CREATE UNIQUE INDEX uq_execution_run_item ON execution (run, item_key, repetition, parent);

CREATE UNIQUE INDEX uq_step_execution_seq ON step (execution, seq);

CREATE UNIQUE INDEX uq_score_execution_scorer ON score (execution, scorer);

CREATE UNIQUE INDEX uq_version_kind_name_home_number ON version (kind, name, home, number);

CREATE INDEX ix_baseline_worker_suite ON baseline (worker, suite);

CREATE INDEX ix_rating_subject ON rating (subject);

CREATE INDEX ix_peek_suite ON peek (suite);

CREATE INDEX ix_login_user ON login (user);

CREATE INDEX ix_audit_principal ON audit (principal);

CREATE INDEX ix_account_parent ON account (parent);

CREATE UNIQUE INDEX uq_event_stream_last ON event (stream, last);

CREATE UNIQUE INDEX uq_once_principal_key ON once (principal, "key");

CREATE INDEX ix_setting_key ON setting ("key");

CREATE INDEX ix_letter_state_row ON letter (state, "row");

CREATE INDEX ix_letter_clearing ON letter (clearing);

CREATE UNIQUE INDEX uq_sealed_case_item_sealed ON sealed_case (item, sealed);
