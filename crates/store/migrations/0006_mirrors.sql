-- Repositories that are kept on a forge elsewhere: what is here of them is a mirror, and that forge has the last word.

-- Kind of the forge that keeps it, `github` for example; null for one that is kept here.
ALTER TABLE forge_repository ADD COLUMN remote TEXT;
-- Up to which change of its items and comments it was read, milliseconds; null before the first look.
ALTER TABLE forge_repository ADD COLUMN items_seen_to INTEGER;
ALTER TABLE forge_repository ADD COLUMN comments_seen_to INTEGER;

-- Number of the comment on the forge that keeps it.
ALTER TABLE forge_comment ADD COLUMN remote_id INTEGER;
CREATE UNIQUE INDEX forge_comment_remote ON forge_comment (repository, remote_id) WHERE remote_id IS NOT NULL;
