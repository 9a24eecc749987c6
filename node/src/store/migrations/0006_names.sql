-- Targets that are another name of one, and which one goes on for them; a name has no row in target. told_us: when the hub said so.
CREATE TABLE target_name (
    name     BLOB PRIMARY KEY,
    target   BIGINT NOT NULL REFERENCES target (id),
    told_us  BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX target_name_of ON target_name (target);

-- name: the id under which the link itself stands, or the other agency joined, where that is another name of the target.
ALTER TABLE answer ADD COLUMN name BLOB;
CREATE INDEX answer_name ON answer (name) WHERE name IS NOT NULL;
ALTER TABLE target_joined ADD COLUMN name BLOB;
