-- Reviews on the local forge: threads on lines, and submitted reviews. Of a mirror only the comments are here.

CREATE TABLE forge_thread (
    id          INTEGER PRIMARY KEY,
    repository  INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    path        TEXT    NOT NULL,
    -- Null for the whole file.
    line        INTEGER,
    start_line  INTEGER,
    side        TEXT    NOT NULL CHECK (side IN ('old', 'new')),
    -- The head that was looked at.
    commit_oid  TEXT    NOT NULL,
    resolved_by TEXT,
    FOREIGN KEY (repository, number) REFERENCES forge_item (repository, number)
) STRICT;
CREATE INDEX forge_thread_item ON forge_thread (repository, number);

-- The thread that a comment stands in, by the number that the forge which keeps it has for it; null in the conversation.
ALTER TABLE forge_comment ADD COLUMN thread INTEGER;
-- What a comment that is the text of a review says of the pull request.
ALTER TABLE forge_comment ADD COLUMN verdict TEXT;
