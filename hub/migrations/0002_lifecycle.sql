-- From referral to outcome: what was decided on targets, and what decisions follow.

-- What was decided on a target, as the rules keep it (JSON). A target without a row is as its referral opened it.
CREATE TABLE life (
    target_no  BIGINT NOT NULL PRIMARY KEY,
    due_us     BIGINT,
    -- 1: the central office may have to see to it, as the body says: a dispute, an unresolved notice, an incident, a
    -- hold that has run out.
    centre     BIGINT NOT NULL,
    body       TEXT NOT NULL
);
CREATE INDEX life_due ON life (due_us) WHERE due_us IS NOT NULL;
CREATE INDEX life_centre ON life (target_no) WHERE centre = 1;

-- Bound agencies other than the one that opened the target, each once however many of its cases are bound.
CREATE TABLE interest (
    target_no    BIGINT NOT NULL,
    agency_no    BIGINT NOT NULL,
    joined_leaf  BIGINT NOT NULL,
    PRIMARY KEY (target_no, agency_no)
) {without_rowid};
INSERT INTO interest (target_no, agency_no, joined_leaf)
    SELECT b.target_no, b.agency_no, min(b.since_leaf) FROM binding b JOIN target t ON t.target_no = b.target_no
    WHERE b.agency_no <> t.owner_no GROUP BY b.target_no, b.agency_no;

-- Which leaves decided on a target; its referrals are found by its bindings.
CREATE TABLE history (
    target_no   BIGINT NOT NULL,
    leaf_index  BIGINT NOT NULL,
    PRIMARY KEY (target_no, leaf_index)
) {without_rowid};

-- When an agency first acknowledged its feed up to a row: objection windows begin then.
CREATE TABLE acknowledgement (
    agency_no  BIGINT NOT NULL,
    sequence   BIGINT NOT NULL,
    at_us      BIGINT NOT NULL,
    PRIMARY KEY (agency_no, sequence)
) {without_rowid};
CREATE INDEX feed_leaf ON feed (agency_no, first_leaf);

-- The members' policy (TOML), each with the leaf that put it in force; the newest counts.
CREATE TABLE policy (
    leaf_index  BIGINT NOT NULL PRIMARY KEY,
    text        TEXT NOT NULL
);

-- The leaf that opened the target; owners since then are in its history.
ALTER TABLE target RENAME COLUMN owner_since TO opened_leaf;

-- When the agency was suspended, and up to which target what it owns was given away since; none: all of it, or nothing is.
ALTER TABLE agency ADD COLUMN suspended_at_us BIGINT;
ALTER TABLE agency ADD COLUMN given_away_to BIGINT;
UPDATE agency SET suspended_at_us = (SELECT last_time_us FROM head), given_away_to = 0 WHERE suspended = 1;
