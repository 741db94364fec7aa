-- The local forge: what a forge keeps beside Git. Times are milliseconds since the Unix epoch.

CREATE TABLE forge_user (
    id         INTEGER PRIMARY KEY,
    login      TEXT    NOT NULL UNIQUE COLLATE NOCASE,
    bot        INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE forge_repository (
    id          INTEGER PRIMARY KEY,
    owner       TEXT    NOT NULL COLLATE NOCASE,
    name        TEXT    NOT NULL COLLATE NOCASE,
    private     INTEGER NOT NULL DEFAULT 0,
    -- Issues and pull requests share one sequence.
    last_number INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL,
    UNIQUE (owner, name)
) STRICT;

CREATE TABLE forge_role (
    repository INTEGER NOT NULL REFERENCES forge_repository (id),
    user       INTEGER NOT NULL REFERENCES forge_user (id),
    role       TEXT    NOT NULL CHECK (role IN ('guest', 'reader', 'editor', 'maintainer', 'admin')),
    PRIMARY KEY (repository, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE forge_label (
    repository  INTEGER NOT NULL REFERENCES forge_repository (id),
    name        TEXT    NOT NULL COLLATE NOCASE,
    description TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (repository, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE forge_item (
    repository  INTEGER NOT NULL REFERENCES forge_repository (id),
    number      INTEGER NOT NULL,
    kind        TEXT    NOT NULL CHECK (kind IN ('issue', 'pull_request')),
    title       TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('open', 'closed', 'merged')),
    author      TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    -- Pull requests only. The commits are those last seen: of an open one the head branch's tip is what counts.
    head        TEXT    NOT NULL DEFAULT '',
    base        TEXT    NOT NULL DEFAULT '',
    draft       INTEGER NOT NULL DEFAULT 0,
    head_commit TEXT    NOT NULL DEFAULT '',
    base_commit TEXT    NOT NULL DEFAULT '',
    merged_commit TEXT,
    closed_by   TEXT,
    PRIMARY KEY (repository, number)
) STRICT, WITHOUT ROWID;
-- A branch has at most one open pull request into the same base.
CREATE UNIQUE INDEX forge_open_pull_request ON forge_item (repository, head, base)
    WHERE kind = 'pull_request' AND state = 'open';

CREATE TABLE forge_item_label (
    repository INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    label      TEXT    NOT NULL COLLATE NOCASE,
    PRIMARY KEY (repository, number, label),
    FOREIGN KEY (repository, number) REFERENCES forge_item (repository, number),
    FOREIGN KEY (repository, label) REFERENCES forge_label (repository, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE forge_comment (
    id         INTEGER PRIMARY KEY,
    repository INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    author     TEXT    NOT NULL,
    -- Key of the hidden marker; only a bot's comments have one.
    marker     TEXT,
    body       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (repository, number, author, marker),
    FOREIGN KEY (repository, number) REFERENCES forge_item (repository, number)
) STRICT;
CREATE INDEX forge_comment_item ON forge_comment (repository, number);

CREATE TABLE forge_check (
    repository  INTEGER NOT NULL REFERENCES forge_repository (id),
    commit_oid  TEXT    NOT NULL,
    external_id TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    status      TEXT    NOT NULL CHECK (status IN ('queued', 'in_progress', 'completed')),
    conclusion  TEXT    CHECK (conclusion IN ('success', 'failure', 'neutral', 'cancelled', 'timed_out', 'action_required', 'skipped')),
    summary     TEXT    NOT NULL,
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (repository, commit_oid, external_id)
) STRICT, WITHOUT ROWID;

-- Branch tips as the feed has told them.
CREATE TABLE forge_ref (
    repository INTEGER NOT NULL REFERENCES forge_repository (id),
    branch     TEXT    NOT NULL,
    commit_oid TEXT    NOT NULL,
    PRIMARY KEY (repository, branch)
) STRICT, WITHOUT ROWID;

-- Everything that changed, in order, written in the transaction that changed it. Numbers are never used again.
CREATE TABLE forge_event (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    repository INTEGER NOT NULL REFERENCES forge_repository (id),
    kind       TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    actor      TEXT    NOT NULL,
    payload    TEXT    NOT NULL,
    at         INTEGER NOT NULL
) STRICT;
CREATE INDEX forge_event_repository ON forge_event (repository, seq);
