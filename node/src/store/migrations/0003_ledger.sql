-- The hub's promise for a submission or a decision, with all that it takes to verify it alone. kind: of all its leaves, 1
-- referral, 9 decision. epoch, size, root: as its note says; 0 and null if the note cannot be read. state: 0 unchecked,
-- because no key of the hub was known, 1 proven, 2 unproven, 3 proven and given up by a later epoch. linked_epoch,
-- linked_size: the published checkpoint whose tree was shown to continue the note's. statements, decisions: the leaves' digests; before,
-- after: the rest of the tree; 32 bytes each.
CREATE TABLE receipt (
    id            INTEGER PRIMARY KEY,
    command_id    BLOB NOT NULL UNIQUE,
    kind          BIGINT NOT NULL,
    submission    BIGINT UNIQUE REFERENCES submission (id),
    batch         BIGINT UNIQUE REFERENCES decision_batch (id),
    recorded_us   BIGINT NOT NULL,
    first_leaf    BIGINT NOT NULL,
    leaf_count    BIGINT NOT NULL,
    epoch         BIGINT NOT NULL,
    size          BIGINT NOT NULL,
    state         BIGINT NOT NULL,
    linked_epoch  BIGINT,
    linked_size   BIGINT,
    root          BLOB,
    note          TEXT NOT NULL,
    before        BLOB NOT NULL,
    after         BLOB NOT NULL,
    statements    BLOB NOT NULL,
    decisions     BLOB NOT NULL
);
CREATE INDEX receipt_leaf ON receipt (first_leaf);
CREATE INDEX receipt_open ON receipt (size) WHERE state = 1 AND linked_size IS NULL;
CREATE INDEX receipt_unchecked ON receipt (id) WHERE state = 0;
CREATE INDEX receipt_unproven ON receipt (id) WHERE state >= 2;
CREATE INDEX receipt_linked ON receipt (linked_epoch, linked_size) WHERE linked_size IS NOT NULL;

-- Published checkpoints that this node verified, with the cosignatures known. votes: of the pinned witnesses' agencies.
-- cosigned_us: when this node first vouched for it; the row is durable before the cosignature leaves.
CREATE TABLE checkpoint (
    epoch        BIGINT NOT NULL,
    size         BIGINT NOT NULL,
    root         BLOB NOT NULL,
    note         TEXT NOT NULL,
    votes        BIGINT NOT NULL,
    final        BIGINT NOT NULL,
    seen_us      BIGINT NOT NULL,
    cosigned_us  BIGINT,
    PRIMARY KEY (epoch, size)
) WITHOUT ROWID;

-- Keys of the hub that no configuration names. previous: the key that vouched for this one; null: taken at first use.
CREATE TABLE hub_key (
    vkey        TEXT NOT NULL PRIMARY KEY,
    previous    TEXT,
    since_leaf  BIGINT NOT NULL,
    learned_us  BIGINT NOT NULL
);

-- What a person has to look at. notice: 1 if it is told and does not stop this node's cosignatures. digest: of kind and
-- evidence, so that one fault is one row as long as nobody has seen it.
CREATE TABLE alarm (
    id                INTEGER PRIMARY KEY,
    kind              BIGINT NOT NULL,
    notice            BIGINT NOT NULL,
    raised_us         BIGINT NOT NULL,
    detail            TEXT NOT NULL,
    evidence_known    TEXT NOT NULL,
    evidence_shown    TEXT NOT NULL,
    digest            BLOB NOT NULL,
    acknowledged_us   BIGINT,
    acknowledged_by   TEXT,
    acknowledged_why  TEXT
);
CREATE UNIQUE INDEX alarm_open ON alarm (digest) WHERE acknowledged_us IS NULL;
