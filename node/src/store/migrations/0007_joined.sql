-- Who joined, by the id under which it did: an agency that joined two targets which became one has joined both again once they
-- are parted. name: empty where it is the target itself.
CREATE TABLE target_joined_new (
    target     BIGINT NOT NULL REFERENCES target (id),
    agency     BIGINT NOT NULL REFERENCES agency (id),
    name       BLOB NOT NULL,
    joined_us  BIGINT NOT NULL,
    PRIMARY KEY (target, agency, name)
) WITHOUT ROWID;
INSERT INTO target_joined_new (target, agency, name, joined_us)
SELECT target, agency, coalesce(name, X''), joined_us FROM target_joined;
DROP TABLE target_joined;
ALTER TABLE target_joined_new RENAME TO target_joined;

-- Of some of the targets of which nothing is told any more, a store that knew nothing of names was told that they had become
-- another's name. The hub is asked for all of them once more.
UPDATE target SET told_us = 0 WHERE owner IS NULL AND stage = 0;

CREATE INDEX target_untold ON target (id) WHERE told_us = 0;

-- receipt: as the hub gave it.
ALTER TABLE announcement ADD COLUMN receipt BLOB;
