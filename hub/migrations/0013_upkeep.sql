-- Upkeep at size.

-- Up to which leaf hosts and the central office's own cases were noted of links, for its search. `next_leaf` beside it goes back
-- when host rules change, and a hub of an earlier version moves it on without noting anything.
ALTER TABLE compared ADD COLUMN noted_leaf BIGINT NOT NULL DEFAULT 0;
