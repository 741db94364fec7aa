-- Dead letters have a life of their own, people are told of them, and decisions are chained.

ALTER TABLE dlq ADD COLUMN state TEXT NOT NULL DEFAULT 'open'
    CHECK (state IN ('open', 'acknowledged', 'replayed', 'dropped'));
-- The run or event that a replay made, or why it was dropped.
ALTER TABLE dlq ADD COLUMN outcome TEXT;
ALTER TABLE dlq ADD COLUMN criticality TEXT NOT NULL DEFAULT 'medium';
-- Whether it was decided who is told.
ALTER TABLE dlq ADD COLUMN judged INTEGER NOT NULL DEFAULT 0;
-- What was given up before this version wakes nobody now.
UPDATE dlq SET judged = 1;
CREATE INDEX dlq_cause ON dlq (project, agent, error_kind, at);
CREATE INDEX dlq_unjudged ON dlq (id) WHERE judged = 0;

-- What people are to be told. Like the outbox, but it belongs to no run.
CREATE TABLE notice (
    id         INTEGER PRIMARY KEY,
    key        TEXT    NOT NULL UNIQUE,
    cause      TEXT    NOT NULL,
    channel    TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    state      TEXT    NOT NULL DEFAULT 'planned'
        CHECK (state IN ('planned', 'attempting', 'confirmed', 'withdrawn', 'dead')),
    owner      TEXT,
    attempts   INTEGER NOT NULL DEFAULT 0,
    next_at    INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    at         INTEGER NOT NULL
) STRICT;
CREATE INDEX notice_cause ON notice (cause, at);
CREATE INDEX notice_open ON notice (next_at) WHERE state IN ('planned', 'attempting');

-- Each decision carries the hash of the one before it and of itself. Rows from before the chain have none.
ALTER TABLE decision ADD COLUMN hash TEXT;
CREATE TABLE audit_chain (first INTEGER NOT NULL) STRICT;
INSERT INTO audit_chain (first) SELECT coalesce(max(id), 0) + 1 FROM decision;
