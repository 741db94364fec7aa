-- A work item may be kept in another repository than the one that its run writes to. Empty: in the same.

ALTER TABLE run ADD COLUMN item_repository TEXT NOT NULL DEFAULT '';
CREATE INDEX run_item_elsewhere ON run (item_repository, item) WHERE item_repository <> '';
