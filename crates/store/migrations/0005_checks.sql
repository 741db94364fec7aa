-- Marks on lines of a commit, as a JSON list.
ALTER TABLE forge_check ADD COLUMN annotations TEXT NOT NULL DEFAULT '[]';
