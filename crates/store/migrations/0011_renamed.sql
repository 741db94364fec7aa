-- Repositories elsewhere are followed by the forge's own id, so that a new name is only a new name.

-- The forge's id of it, as text; null for one that is kept here, or was not listed since this column came.
ALTER TABLE forge_repository ADD COLUMN remote_id TEXT;
-- What keys of runs call it: `owner/name` as it was first. Null: as it is called now.
ALTER TABLE forge_repository ADD COLUMN known_as TEXT COLLATE NOCASE;
-- Since when its forge does not show it any more, milliseconds.
ALTER TABLE forge_repository ADD COLUMN gone_at INTEGER;
CREATE UNIQUE INDEX forge_repository_remote ON forge_repository (remote, remote_id) WHERE remote_id IS NOT NULL;

-- Names that a repository had before. One that is in use again is not here.
CREATE TABLE forge_former_name (
    owner      TEXT    NOT NULL COLLATE NOCASE,
    name       TEXT    NOT NULL COLLATE NOCASE,
    repository INTEGER NOT NULL REFERENCES forge_repository (id),
    until      INTEGER NOT NULL,
    PRIMARY KEY (owner, name)
) STRICT, WITHOUT ROWID;
