-- The access log of persons (BDSG § 76): who stood behind a leaf, where an officer's token came with the command. It stands beside
-- the ledger, not in it, and is erased on the term of the log of questions.
CREATE TABLE person_act (
    leaf_index      BIGINT NOT NULL PRIMARY KEY,
    recorded_at_us  BIGINT NOT NULL,
    agency_no       BIGINT NOT NULL,
    issuer          TEXT NOT NULL,
    -- The token's subject.
    officer         TEXT NOT NULL,
    -- What was done, as the configuration names it.
    act             TEXT NOT NULL
);
CREATE INDEX person_act_time ON person_act (recorded_at_us, leaf_index);
