-- Effects that no run asks for (answers, labels) lie in the same outbox, without a run. Runs can wait, be paused and be
-- held back.

CREATE TABLE outbox_next (
    id         INTEGER PRIMARY KEY,
    key        TEXT    NOT NULL UNIQUE,
    run_id     TEXT    REFERENCES run (run_id),
    effect     TEXT    NOT NULL,
    state      TEXT    NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'attempting', 'confirmed', 'dead')),
    owner      TEXT,
    attempts   INTEGER NOT NULL DEFAULT 0,
    next_at    INTEGER NOT NULL DEFAULT 0,
    last_error TEXT
) STRICT;
INSERT INTO outbox_next SELECT id, key, run_id, effect, state, owner, attempts, next_at, last_error FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_next RENAME TO outbox;
CREATE INDEX outbox_open ON outbox (next_at) WHERE state IN ('planned', 'attempting');
CREATE INDEX outbox_run ON outbox (run_id) WHERE state IN ('planned', 'attempting');

-- Runs of a group follow each other; `wake_at` is when a run must be looked at though nothing has happened to it.
ALTER TABLE run ADD COLUMN concurrency TEXT;
ALTER TABLE run ADD COLUMN priority INTEGER NOT NULL DEFAULT 50;
ALTER TABLE run ADD COLUMN wake_at INTEGER;
ALTER TABLE run ADD COLUMN actor TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN again_of TEXT;
CREATE INDEX run_group ON run (concurrency) WHERE finished = 0 AND concurrency IS NOT NULL;
CREATE INDEX run_open ON run (priority DESC, created_at) WHERE finished = 0;
CREATE INDEX run_actor ON run (actor, created_at);
CREATE INDEX run_project ON run (project, created_at);

-- What is held back by an operator: `all`, `project/<id>`, `blueprint/<name>`. Nothing of it is claimed or published.
CREATE TABLE hold (
    scope  TEXT PRIMARY KEY,
    by     TEXT    NOT NULL,
    reason TEXT    NOT NULL,
    at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
