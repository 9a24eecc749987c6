-- handed_over_us: this store's work goes on elsewhere, and nothing works on it any more.
ALTER TABLE meta ADD COLUMN handed_over_us BIGINT;

-- Backups from which this store was put back. former_instance: the id that the store had then; backup_us: when the backup
-- was made.
CREATE TABLE restored (
    id               INTEGER PRIMARY KEY,
    restored_us      BIGINT NOT NULL,
    backup_us        BIGINT NOT NULL,
    former_instance  BLOB NOT NULL
);
