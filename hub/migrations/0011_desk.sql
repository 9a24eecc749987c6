-- The central office's desk: what it looks for is found by key.

-- 1: a hold stands on the target, in force or run out, as the body says.
ALTER TABLE life ADD COLUMN held BIGINT NOT NULL DEFAULT 0;
UPDATE life SET held = 1 WHERE body LIKE '%"holds":[_"id"%';
CREATE INDEX life_held ON life (target_no) WHERE held = 1;

-- Decisions on duplicates (leaves of kind 24), the newest first.
CREATE INDEX event_duplicates ON event (leaf_index) WHERE kind = 24;

-- All links are compared anew: hosts and the central office's own cases are noted beside what is alike.
UPDATE compared SET next_leaf = 0 WHERE id = 1;
