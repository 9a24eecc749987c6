-- Times are microseconds since 1970-01-01T00:00:00Z; enums are the contract's numbers, which never change.

CREATE TABLE meta (
    one          BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    instance_id  BLOB NOT NULL,
    agency_id    TEXT NOT NULL,
    made_us      BIGINT NOT NULL,
    feed_cursor  BIGINT NOT NULL
);

CREATE TABLE agency (
    id         INTEGER PRIMARY KEY,
    agency_id  TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    contact    TEXT NOT NULL,
    kind       BIGINT NOT NULL
);

-- at_hub: 1 waiting, 2 open, 3 closed, 4 refused.
CREATE TABLE case_file (
    id                    INTEGER PRIMARY KEY,
    number                TEXT NOT NULL UNIQUE,
    unit                  TEXT NOT NULL,
    kind                  BIGINT NOT NULL,
    review_on             TEXT NOT NULL,
    delete_on             TEXT NOT NULL,
    prosecutor_reference  TEXT NOT NULL,
    state                 BIGINT NOT NULL,
    at_hub                BIGINT NOT NULL,
    opened_us             BIGINT NOT NULL,
    opened_by             TEXT NOT NULL
);

-- What the hub has to be told about a case, in order. verb: 1 open, 2 close; state: 1 waiting, 2 done, 3 refused.
CREATE TABLE case_command (
    id              INTEGER PRIMARY KEY,
    command_id      BLOB NOT NULL UNIQUE,
    salt            BLOB NOT NULL,
    case_file       BIGINT NOT NULL REFERENCES case_file (id),
    verb            BIGINT NOT NULL,
    reason          TEXT NOT NULL,
    given_us        BIGINT NOT NULL,
    given_by        TEXT NOT NULL,
    annotation      TEXT NOT NULL,
    state           BIGINT NOT NULL,
    answered_us     BIGINT,
    refusal_code    BIGINT,
    refusal_field   TEXT,
    refusal_reason  TEXT
);
CREATE INDEX case_command_state ON case_command (state, id);

CREATE TABLE hand_in (
    id             INTEGER PRIMARY KEY,
    digest         BLOB NOT NULL,
    case_file      BIGINT NOT NULL REFERENCES case_file (id),
    source_name    TEXT NOT NULL,
    officer        TEXT NOT NULL,
    annotation     TEXT NOT NULL,
    begun_us       BIGINT NOT NULL,
    finished_us    BIGINT,
    answered_us    BIGINT,
    row_count      BIGINT NOT NULL,
    rejected       BIGINT NOT NULL,
    new            BIGINT NOT NULL,
    joined         BIGINT NOT NULL,
    already_yours  BIGINT NOT NULL,
    reopened       BIGINT NOT NULL,
    refused        BIGINT NOT NULL
);
CREATE INDEX hand_in_digest ON hand_in (digest);
CREATE INDEX hand_in_case ON hand_in (case_file);

-- A row that is no referral; kept for the report.
CREATE TABLE rejected_row (
    hand_in  BIGINT NOT NULL REFERENCES hand_in (id),
    row_no   BIGINT NOT NULL,
    line     BIGINT NOT NULL,
    input    TEXT NOT NULL,
    code     BIGINT NOT NULL,
    field    TEXT NOT NULL,
    reason   TEXT NOT NULL,
    PRIMARY KEY (hand_in, row_no)
) WITHOUT ROWID;

-- Its referrals are the rows first_referral .. first_referral + referral_count - 1: one transaction wrote them all.
-- hand_in is null for what another node of the agency handed in. state: 1 waiting, 2 answered, 3 refused.
-- lane: 0 urgent, 1 a few links, 2 bulk; lower ones go first.
CREATE TABLE submission (
    id              INTEGER PRIMARY KEY,
    submission_id   BLOB NOT NULL UNIQUE,
    case_file       BIGINT NOT NULL REFERENCES case_file (id),
    hand_in         BIGINT REFERENCES hand_in (id),
    first_referral  BIGINT NOT NULL,
    referral_count  BIGINT NOT NULL,
    lane            BIGINT NOT NULL,
    state           BIGINT NOT NULL,
    composed_us     BIGINT NOT NULL,
    answered_us     BIGINT,
    refusal_code    BIGINT,
    refusal_field   TEXT,
    refusal_reason  TEXT
);
CREATE INDEX submission_state ON submission (state, lane, id);
CREATE INDEX submission_hand_in ON submission (hand_in);
CREATE INDEX submission_case ON submission (case_file);

-- message: the v1.Referral as it is sent, salt included. link_key: the first 8 bytes of the canonical link's id; a
-- whole one makes the index, whose pages are written in random order, three times as long.
CREATE TABLE referral (
    id          INTEGER PRIMARY KEY,
    submission  BIGINT NOT NULL,
    row_no      BIGINT NOT NULL,
    line        BIGINT NOT NULL,
    link_key    BIGINT NOT NULL,
    message     BLOB NOT NULL
);
CREATE INDEX referral_link ON referral (link_key);

CREATE TABLE target (
    id         INTEGER PRIMARY KEY,
    target_id  BLOB NOT NULL UNIQUE,
    owner      BIGINT REFERENCES agency (id),
    basis      BIGINT NOT NULL,
    stage      BIGINT NOT NULL,
    round      BIGINT NOT NULL,
    role       BIGINT NOT NULL,
    told_us    BIGINT NOT NULL
);

-- Another agency whose case joined a target.
CREATE TABLE target_joined (
    target     BIGINT NOT NULL REFERENCES target (id),
    agency     BIGINT NOT NULL REFERENCES agency (id),
    joined_us  BIGINT NOT NULL,
    PRIMARY KEY (target, agency)
) WITHOUT ROWID;

-- The hub's verdict; apart from referral, so that an answer appends instead of rewriting the long rows.
CREATE TABLE answer (
    referral  INTEGER PRIMARY KEY,
    verdict   BIGINT NOT NULL,
    target    BIGINT REFERENCES target (id),
    code      BIGINT,
    field     TEXT,
    reason    TEXT
);
CREATE INDEX answer_target ON answer (target) WHERE target IS NOT NULL;

-- Events of the feed that could not be applied: shown, never skipped. The hub has the event itself: what this version
-- does not know it could not keep.
CREATE TABLE parked (
    sequence   INTEGER PRIMARY KEY,
    reason     TEXT NOT NULL,
    parked_us  BIGINT NOT NULL
);
