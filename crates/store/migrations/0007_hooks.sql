-- Hooks: what forges elsewhere sent, as it came. A hook only says where to look now; nothing in it is acted upon.

CREATE TABLE hook (
    -- In order of arrival.
    seq         INTEGER PRIMARY KEY,
    -- `github`, `azure-devops`.
    source      TEXT    NOT NULL,
    -- The source's own number of the delivery; a redelivery has the same.
    delivery    TEXT    NOT NULL,
    event       TEXT    NOT NULL,
    action      TEXT,
    -- Where to look; null: nobody knows, so everywhere.
    repository  TEXT,
    digest      TEXT    NOT NULL,
    bytes       INTEGER NOT NULL,
    -- The raw bytes, null when they are long and lie in the blob directory, or were put away.
    body        BLOB,
    is_blob     INTEGER NOT NULL DEFAULT 0,
    received_at INTEGER NOT NULL,
    state       TEXT    NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'seen')),
    seen_at     INTEGER,
    UNIQUE (source, delivery)
) STRICT;
CREATE INDEX hook_new ON hook (seq) WHERE state = 'new';
-- The same thing told again under another number.
CREATE INDEX hook_meaning ON hook (digest, received_at);
CREATE INDEX hook_bodies ON hook (received_at) WHERE body IS NOT NULL OR is_blob = 1;
CREATE INDEX hook_old ON hook (seen_at) WHERE state = 'seen';
