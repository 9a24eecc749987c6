-- The ledger as a tree: what is kept of it, who signs, who vouches, and what goes when retention ends.

-- The log's epoch, how many leaves the tree has, and the roots of its perfect subtrees from left to right (32 bytes each).
-- A tree smaller than `next_leaf` is one of an earlier schema: it is caught up when the database is opened.
ALTER TABLE head ADD COLUMN epoch BIGINT NOT NULL DEFAULT 1;
ALTER TABLE head ADD COLUMN tree_size BIGINT NOT NULL DEFAULT 0;
ALTER TABLE head ADD COLUMN frontier {blob} NOT NULL DEFAULT '';

-- Roots of full subtrees at levels 8, 16, 24 and so on: 256 leaves, 65,536, … Level 0 is `event.leaf_hash`.
CREATE TABLE subtree (
    level     BIGINT NOT NULL,
    position  BIGINT NOT NULL,
    hash      {blob} NOT NULL,
    PRIMARY KEY (level, position)
) {without_rowid};

-- Which leaves were redacted (first and count), and by which leaf.
CREATE TABLE redaction (
    first_leaf  BIGINT NOT NULL PRIMARY KEY,
    leaf_count  BIGINT NOT NULL,
    by_leaf     BIGINT NOT NULL
);

-- When a case was closed: its retention counts from there, for those that were closed before from now.
ALTER TABLE case_file ADD COLUMN closed_at_us BIGINT;
UPDATE case_file SET closed_at_us = (SELECT last_time_us FROM head) WHERE closed = 1;

-- What stays of a redacted event: its statement's and its decision's digest, 64 bytes.
ALTER TABLE event ADD COLUMN digests {blob};

-- A leaf's command is found by its leaves.
CREATE INDEX command_leaf ON command (first_leaf);

-- Published checkpoints: those that witnesses cosign. The note is as the hub signed it.
CREATE TABLE checkpoint (
    epoch  BIGINT NOT NULL,
    size   BIGINT NOT NULL,
    root   {blob} NOT NULL,
    note   TEXT NOT NULL,
    PRIMARY KEY (epoch, size)
) {without_rowid};

-- Each agency's word for a published checkpoint: one signature line.
CREATE TABLE cosignature (
    epoch      BIGINT NOT NULL,
    size       BIGINT NOT NULL,
    agency_no  BIGINT NOT NULL,
    line       TEXT NOT NULL,
    PRIMARY KEY (epoch, size, agency_no)
) {without_rowid};

-- The hub's own keys, each with the leaf that put it in office; the newest signs.
CREATE TABLE ledger_key (
    vkey        TEXT NOT NULL PRIMARY KEY,
    since_leaf  BIGINT NOT NULL
);

-- The agencies' witness keys; a dropped one vouches for nothing any more.
CREATE TABLE witness_key (
    vkey          TEXT NOT NULL PRIMARY KEY,
    agency_no     BIGINT NOT NULL REFERENCES agency (agency_no),
    since_leaf    BIGINT NOT NULL,
    dropped_leaf  BIGINT
);

-- The agencies' statement keys; signatures on leaves from `revoked_leaf` on do not count.
CREATE TABLE statement_key (
    agency_no     BIGINT NOT NULL REFERENCES agency (agency_no),
    key_id        TEXT NOT NULL,
    vkey          TEXT NOT NULL UNIQUE,
    since_leaf    BIGINT NOT NULL,
    revoked_leaf  BIGINT,
    PRIMARY KEY (agency_no, key_id)
);

-- What an agency signed: the digests of its batch (32 bytes each) in their order, those of refused items included.
CREATE TABLE envelope (
    first_leaf  BIGINT NOT NULL PRIMARY KEY,
    leaf_count  BIGINT NOT NULL,
    agency_no   BIGINT NOT NULL,
    command_id  {blob} NOT NULL,
    key_id      TEXT NOT NULL,
    signature   {blob} NOT NULL,
    digests     {blob} NOT NULL
);
