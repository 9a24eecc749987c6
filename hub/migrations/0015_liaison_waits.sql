-- What of liaison waits, and details of a hit that named nobody (H3).

-- Whether the hit named whom it is asked of: if not, who asks is not told either.
ALTER TABLE disclosure ADD COLUMN is_named BIGINT NOT NULL DEFAULT 1;

-- What the overview counts: only what waits.
CREATE INDEX announcement_waiting ON announcement (leaf_index) WHERE answered_at_us = 0;
CREATE INDEX disclosure_waiting ON disclosure (due_us, escalated) WHERE answered_at_us = 0;
CREATE INDEX liaison_signal_unseen ON liaison_signal (day) WHERE seen_by = '';
