-- handed_over_us: this store's work goes on elsewhere, and nothing works on it any more. feed_epoch: the ledger's epoch of the
-- event at feed_cursor; 0 is the first.
ALTER TABLE meta ADD COLUMN handed_over_us BIGINT;
ALTER TABLE meta ADD COLUMN feed_epoch BIGINT NOT NULL DEFAULT 0;

-- Backups from which this store was put back. former_instance: the id that the store had then; backup_us: when the backup
-- was made.
CREATE TABLE restored (
    id               INTEGER PRIMARY KEY,
    restored_us      BIGINT NOT NULL,
    backup_us        BIGINT NOT NULL,
    former_instance  BLOB NOT NULL
);

-- Epochs that the hub began after a restore. kept: leaves that it kept; last_us: up to when it has everything of this
-- office's that was proven. translated_us: when decisions learnt the new ids of targets that were opened anew; refreshed_us:
-- when targets were asked for again; reported_us: when the hub was told that all is handed in again.
CREATE TABLE epoch_begun (
    epoch          INTEGER PRIMARY KEY,
    kept           BIGINT NOT NULL,
    last_us        BIGINT NOT NULL,
    began_us       BIGINT NOT NULL,
    translated_us  BIGINT,
    refreshed_us   BIGINT,
    reported_us    BIGINT
);

-- What is handed in again for an epoch, until the hub is told that all is. target_id: where the referral led before.
CREATE TABLE again_submission (submission INTEGER PRIMARY KEY, epoch BIGINT NOT NULL);
CREATE TABLE again_batch (batch INTEGER PRIMARY KEY, epoch BIGINT NOT NULL);
CREATE TABLE again_answer (referral INTEGER PRIMARY KEY, target_id BLOB NOT NULL);

-- A command has one receipt that counts, and beside it those that epochs gave up: they still prove what was promised.
CREATE TABLE receipt_new (
    id            INTEGER PRIMARY KEY,
    command_id    BLOB NOT NULL,
    kind          BIGINT NOT NULL,
    submission    BIGINT REFERENCES submission (id),
    batch         BIGINT REFERENCES decision_batch (id),
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
INSERT INTO receipt_new (id, command_id, kind, submission, batch, recorded_us, first_leaf, leaf_count, epoch, size, state,
  linked_epoch, linked_size, root, note, before, after, statements, decisions)
SELECT id, command_id, kind, submission, batch, recorded_us, first_leaf, leaf_count, epoch, size, state,
  linked_epoch, linked_size, root, note, before, after, statements, decisions FROM receipt;
DROP TABLE receipt;
ALTER TABLE receipt_new RENAME TO receipt;
CREATE UNIQUE INDEX receipt_command ON receipt (command_id) WHERE state <> 3;
CREATE UNIQUE INDEX receipt_submission ON receipt (submission) WHERE state <> 3 AND submission IS NOT NULL;
CREATE UNIQUE INDEX receipt_batch ON receipt (batch) WHERE state <> 3 AND batch IS NOT NULL;
CREATE INDEX receipt_of ON receipt (submission);
CREATE INDEX receipt_leaf ON receipt (first_leaf);
CREATE INDEX receipt_open ON receipt (size) WHERE state = 1 AND linked_size IS NULL;
CREATE INDEX receipt_unchecked ON receipt (id) WHERE state = 0;
CREATE INDEX receipt_unproven ON receipt (id) WHERE state >= 2;
CREATE INDEX receipt_linked ON receipt (linked_epoch, linked_size) WHERE linked_size IS NOT NULL;
CREATE INDEX receipt_newest ON receipt (epoch, size) WHERE root IS NOT NULL;
