-- The tables that carry the guarantees. Times are milliseconds since the Unix epoch; structured values are JSON text.

CREATE TABLE inbox (
    seq          INTEGER PRIMARY KEY,
    delivery_key TEXT    NOT NULL UNIQUE,
    source       TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    body         BLOB    NOT NULL,
    received_at  INTEGER NOT NULL,
    state        TEXT    NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'done', 'dead')),
    attempts     INTEGER NOT NULL DEFAULT 0,
    next_at      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX inbox_new ON inbox (seq) WHERE state = 'new';

CREATE TABLE definition (
    digest TEXT PRIMARY KEY,
    bundle TEXT NOT NULL
) STRICT;

CREATE TABLE run (
    run_id       TEXT PRIMARY KEY,
    trigger_key  TEXT    NOT NULL UNIQUE,
    tenant       TEXT    NOT NULL DEFAULT 'default',
    project      TEXT    NOT NULL,
    blueprint    TEXT    NOT NULL,
    repository   TEXT    NOT NULL,
    item         TEXT    NOT NULL DEFAULT '',
    branch       TEXT    NOT NULL,
    spec         TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    finished     INTEGER NOT NULL DEFAULT 0,
    facts        INTEGER NOT NULL DEFAULT 0,
    commit_oid   TEXT,
    pull_request INTEGER,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX run_created ON run (created_at);
CREATE INDEX run_item ON run (repository, item);

-- A projection of the journal: which tasks may be claimed, and who holds them.
CREATE TABLE stage (
    run_id      TEXT    NOT NULL REFERENCES run (run_id),
    stage       TEXT    NOT NULL,
    item        TEXT    NOT NULL DEFAULT '',
    state       TEXT    NOT NULL CHECK (state IN ('queued', 'ready', 'running', 'done', 'failed', 'dropped')),
    pool        TEXT    NOT NULL,
    attempt     INTEGER NOT NULL DEFAULT 1,
    run_at      INTEGER NOT NULL DEFAULT 0,
    lease_owner TEXT,
    lease_epoch INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER NOT NULL DEFAULT 0,
    out_digest  TEXT,
    PRIMARY KEY (run_id, stage, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX stage_ready ON stage (run_at) WHERE state = 'ready';
CREATE INDEX stage_running ON stage (lease_until) WHERE state = 'running';

CREATE TABLE journal (
    run_id TEXT    NOT NULL REFERENCES run (run_id),
    seq    INTEGER NOT NULL,
    fact   TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY,
    key        TEXT    NOT NULL UNIQUE,
    run_id     TEXT    NOT NULL REFERENCES run (run_id),
    effect     TEXT    NOT NULL,
    state      TEXT    NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'attempting', 'confirmed', 'dead')),
    owner      TEXT,
    attempts   INTEGER NOT NULL DEFAULT 0,
    next_at    INTEGER NOT NULL DEFAULT 0,
    last_error TEXT
) STRICT;
CREATE INDEX outbox_open ON outbox (next_at) WHERE state IN ('planned', 'attempting');

-- What a publisher is about to do to a ref, written before it does it.
CREATE TABLE intent (
    run_id     TEXT    NOT NULL REFERENCES run (run_id),
    n          INTEGER NOT NULL,
    ref        TEXT    NOT NULL,
    base_oid   TEXT,
    tree_oid   TEXT    NOT NULL,
    commit_oid TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('intended', 'done', 'moved')),
    at         INTEGER NOT NULL,
    PRIMARY KEY (run_id, n)
) STRICT, WITHOUT ROWID;

-- Results of tasks by the digest of all they depend on.
CREATE TABLE result (
    key        TEXT PRIMARY KEY,
    proposal   TEXT    NOT NULL,
    -- The proposal itself when it is small; else it lies in the blob directory.
    body       TEXT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX result_proposal ON result (proposal);

CREATE TABLE artifact (
    id         INTEGER PRIMARY KEY,
    project    TEXT    NOT NULL,
    repository TEXT    NOT NULL,
    path       TEXT    NOT NULL,
    type       TEXT    NOT NULL,
    digest     TEXT    NOT NULL,
    validation TEXT    NOT NULL,
    supersedes INTEGER,
    run_id     TEXT    NOT NULL REFERENCES run (run_id),
    stage      TEXT    NOT NULL,
    commit_oid TEXT,
    merged_oid TEXT,
    at         INTEGER NOT NULL,
    UNIQUE (run_id, path)
) STRICT;
CREATE INDEX artifact_path ON artifact (repository, path);

CREATE TABLE event (
    seq      INTEGER PRIMARY KEY,
    event_id TEXT    NOT NULL UNIQUE,
    type     TEXT    NOT NULL,
    project  TEXT    NOT NULL,
    run_id   TEXT,
    body     TEXT    NOT NULL,
    at       INTEGER NOT NULL
) STRICT;

-- How far each subscription has read the event log.
CREATE TABLE subscription (
    name     TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE dlq (
    id         INTEGER PRIMARY KEY,
    tenant     TEXT    NOT NULL DEFAULT 'default',
    project    TEXT    NOT NULL,
    agent      TEXT    NOT NULL,
    error_kind TEXT    NOT NULL,
    severity   TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    attempts   INTEGER NOT NULL,
    run_id     TEXT,
    at         INTEGER NOT NULL,
    UNIQUE (subject, error_kind)
) STRICT;

CREATE TABLE decision (
    id            INTEGER PRIMARY KEY,
    subject       TEXT    NOT NULL,
    rule          TEXT    NOT NULL,
    verdict       TEXT    NOT NULL,
    detail        TEXT    NOT NULL,
    inputs_digest TEXT    NOT NULL,
    at            INTEGER NOT NULL
) STRICT;
CREATE INDEX decision_subject ON decision (subject);
