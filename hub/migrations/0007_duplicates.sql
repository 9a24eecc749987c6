-- Duplicates: targets that are one thing, links that a host rule maps to one, and what looks alike and waits for a person.

-- Another name of a target. `into_no` is the target that it was merged into, `root_no` the one that goes on for all of them;
-- that is never a name itself. `body` (JSON) says how both were before; none: a host rule made it a name from the first.
CREATE TABLE alias (
    target_no   BIGINT NOT NULL PRIMARY KEY,
    into_no     BIGINT NOT NULL,
    root_no     BIGINT NOT NULL,
    since_leaf  BIGINT NOT NULL,
    body        TEXT NOT NULL
);
CREATE INDEX alias_root ON alias (root_no);

-- The leaf that first bound an agency; none: `joined_leaf`, from which on its window counts. A merge starts windows again.
ALTER TABLE interest ADD COLUMN seised_leaf BIGINT;

-- The host rules (TOML), each with the leaf that put them in force; the newest count.
CREATE TABLE host_rules (
    leaf_index  BIGINT NOT NULL PRIMARY KEY,
    text        TEXT NOT NULL
);

-- The first link of each object, by the digest of the object's key under the host rules.
CREATE TABLE object_key (
    digest     {blob} NOT NULL PRIMARY KEY,
    target_no  BIGINT NOT NULL
) {without_rowid};

-- What is alike in two links, as digests that were cut short: enough to suggest, and to be looked at by a person.
CREATE TABLE likeness (
    kind       BIGINT NOT NULL,
    digest     BIGINT NOT NULL,
    target_no  BIGINT NOT NULL,
    PRIMARY KEY (kind, digest, target_no)
) {without_rowid};

-- Pairs that look alike, once for each reason, the older target first. `decided_leaf`: the leaf that rejected the pair for that
-- reason; none: it waits.
CREATE TABLE suggestion (
    one_no        BIGINT NOT NULL,
    other_no      BIGINT NOT NULL,
    kind          BIGINT NOT NULL,
    since_leaf    BIGINT NOT NULL,
    decided_leaf  BIGINT,
    PRIMARY KEY (one_no, other_no, kind)
) {without_rowid};
CREATE INDEX suggestion_open ON suggestion (kind, one_no, other_no) WHERE decided_leaf IS NULL;

-- Up to which leaf links were compared.
CREATE TABLE compared (
    id         BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    next_leaf  BIGINT NOT NULL
);
INSERT INTO compared (id, next_leaf) VALUES (1, 0);
