-- Questions to the hub, as the asking office's own access log keeps them (BDSG § 76). digest: names the input of one that is not
-- finished; finished_us: when everything was answered; hits_of: the blind question whose hits are asked about openly.
CREATE TABLE question (
    id            INTEGER PRIMARY KEY,
    digest        BLOB NOT NULL,
    blind         BIGINT NOT NULL,
    officer       TEXT NOT NULL,
    purpose_code  TEXT NOT NULL,
    case_number   TEXT NOT NULL,
    reason        TEXT NOT NULL,
    source_name   TEXT NOT NULL,
    asked_us      BIGINT NOT NULL,
    row_count     BIGINT NOT NULL,
    taken_us      BIGINT,
    finished_us   BIGINT,
    hits_of       BIGINT
);
CREATE INDEX question_open ON question (digest) WHERE finished_us IS NULL;
CREATE INDEX question_age ON question (asked_us);

-- What goes to the hub as one: id and salt stand before the hub sees it. epoch, elements, secrets: of a blind one that was blinded
-- and not evaluated yet; secrets go with the answer. receipt: as the hub gave it.
CREATE TABLE question_batch (
    id           INTEGER PRIMARY KEY,
    question     BIGINT NOT NULL REFERENCES question (id),
    query_id     BLOB NOT NULL UNIQUE,
    salt         BLOB NOT NULL,
    epoch        BIGINT,
    elements     BLOB,
    secrets      BLOB,
    recorded_us  BIGINT,
    leaf_index   BIGINT,
    answered_us  BIGINT,
    receipt      BLOB
);
CREATE INDEX question_batch_of ON question_batch (question, id);
CREATE INDEX question_batch_open ON question_batch (question, id) WHERE answered_us IS NULL;

-- What was asked about. selector: as it is sent; text: as it was typed, where it could not be read. state: 1 waiting, 2 no hit,
-- 3 hit, 4 refused; detail: the hit, or the refusal; epoch and increment: the set by which a blind one was answered.
CREATE TABLE question_row (
    question   BIGINT NOT NULL REFERENCES question (id),
    row        BIGINT NOT NULL,
    line       BIGINT NOT NULL,
    batch      BIGINT REFERENCES question_batch (id),
    position   BIGINT NOT NULL,
    selector   BLOB,
    text       TEXT,
    state      BIGINT NOT NULL,
    detail     BLOB,
    epoch      BIGINT,
    increment  BIGINT,
    PRIMARY KEY (question, row)
) WITHOUT ROWID;
CREATE INDEX question_row_batch ON question_row (batch, position) WHERE batch IS NOT NULL;
CREATE INDEX question_row_state ON question_row (question, state, row);

-- Commands about liaison that a person waits for: the bytes stand before the hub sees them, so that asked again after a broken line
-- they are the same command. digest: of what was asked for, without id and salt.
CREATE TABLE liaison_command (
    id           INTEGER PRIMARY KEY,
    digest       BLOB NOT NULL,
    officer      TEXT NOT NULL,
    made_us      BIGINT NOT NULL,
    message      BLOB NOT NULL,
    answered_us  BIGINT
);
CREATE UNIQUE INDEX liaison_command_open ON liaison_command (digest) WHERE answered_us IS NULL;

-- Disclosures as last told; asked: this agency is asked. state: the contract's number.
CREATE TABLE disclosure (
    disclosure_id  BLOB PRIMARY KEY,
    asked          BIGINT NOT NULL,
    state          BIGINT NOT NULL,
    asked_us       BIGINT NOT NULL,
    due_us         BIGINT NOT NULL,
    answered_us    BIGINT NOT NULL,
    target_id      BLOB,
    told_us        BIGINT NOT NULL,
    message        BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX disclosure_due ON disclosure (due_us) WHERE answered_us = 0;
CREATE INDEX disclosure_target ON disclosure (target_id) WHERE target_id IS NOT NULL;

-- Announcements as last told; agency: who announced it.
CREATE TABLE announcement (
    announcement_id  BLOB PRIMARY KEY,
    agency           BIGINT REFERENCES agency (id),
    recorded_us      BIGINT NOT NULL,
    told_us          BIGINT NOT NULL,
    message          BLOB NOT NULL
) WITHOUT ROWID;

-- Liaison bodies that asked about targets of this office, and which. hidden: not visible to liaison, so the answer was no hit.
CREATE TABLE liaison_asked (
    id            INTEGER PRIMARY KEY,
    query_id      BLOB NOT NULL UNIQUE,
    agency        BIGINT NOT NULL REFERENCES agency (id),
    asked_us      BIGINT NOT NULL,
    purpose_code  TEXT NOT NULL
);
CREATE INDEX liaison_asked_age ON liaison_asked (asked_us);
CREATE TABLE liaison_asked_target (
    asked      BIGINT NOT NULL REFERENCES liaison_asked (id),
    target_id  BLOB NOT NULL,
    hidden     BIGINT NOT NULL,
    PRIMARY KEY (asked, target_id)
) WITHOUT ROWID;
CREATE INDEX liaison_asked_about ON liaison_asked_target (target_id);
