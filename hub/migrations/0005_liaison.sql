-- Hit or no hit: what may be told of bindings, what was asked, announced and disclosed.

-- What liaison may be told of the binding (handling, hidden, grading), and when it was recorded. None: an earlier schema wrote
-- it, and it is told like none until it was looked up in its event.
ALTER TABLE binding ADD COLUMN visible BIGINT;
ALTER TABLE binding ADD COLUMN since_us BIGINT;

-- Digests that referrals carry, filled up with zeros to 32 bytes; only referrals with hashes have rows.
CREATE TABLE content_hash (
    digest      {blob} NOT NULL,
    algorithm   BIGINT NOT NULL,
    target_no   BIGINT NOT NULL,
    agency_no   BIGINT NOT NULL,
    case_no     BIGINT NOT NULL,
    leaf_index  BIGINT NOT NULL,
    PRIMARY KEY (digest, algorithm, target_no, agency_no, case_no)
) {without_rowid};

-- The access log of questions (BDSG § 76): who asked, when, why, and what; erased on a term of its own. Nothing in it depends on
-- the answers.
CREATE TABLE liaison_query (
    leaf_index      BIGINT NOT NULL PRIMARY KEY,
    agency_no       BIGINT NOT NULL,
    query_id        {blob} NOT NULL,
    recorded_at_us  BIGINT NOT NULL,
    issuer          TEXT NOT NULL,
    officer         TEXT NOT NULL,
    purpose         TEXT NOT NULL,
    case_number     TEXT NOT NULL,
    reason          TEXT NOT NULL,
    -- 1: open, 2: blind.
    mode            BIGINT NOT NULL,
    selectors       BIGINT NOT NULL,
    -- The selectors of an open question, as they came; of a blind one none.
    body            {blob} NOT NULL
);
CREATE UNIQUE INDEX liaison_query_id ON liaison_query (agency_no, query_id);
CREATE INDEX liaison_query_time ON liaison_query (recorded_at_us);

-- How much an agency has asked in this minute and on this day (UTC; both numbered since 1970), for all hubs alike.
CREATE TABLE liaison_spent (
    agency_no  BIGINT NOT NULL PRIMARY KEY,
    minute     BIGINT NOT NULL,
    in_minute  BIGINT NOT NULL,
    day        BIGINT NOT NULL,
    in_day     BIGINT NOT NULL
);

-- How far jobs of liaison have come in the ledger: who was told of questions up to this leaf.
CREATE TABLE liaison_progress (
    name        TEXT NOT NULL PRIMARY KEY,
    leaf_index  BIGINT NOT NULL
);

-- What liaison bodies announced, and what the central office answered. The selector is erased with the access log.
CREATE TABLE announcement (
    leaf_index       BIGINT NOT NULL PRIMARY KEY,
    agency_no        BIGINT NOT NULL,
    announcement_id  {blob} NOT NULL,
    recorded_at_us   BIGINT NOT NULL,
    issuer           TEXT NOT NULL,
    officer          TEXT NOT NULL,
    state            BIGINT NOT NULL,
    -- The request, without its salt.
    body             {blob} NOT NULL,
    answer           TEXT NOT NULL,
    answered_by      TEXT NOT NULL,
    answered_at_us   BIGINT NOT NULL,
    UNIQUE (agency_no, announcement_id)
);

-- Details that liaison bodies asked for, and what was released.
CREATE TABLE disclosure (
    leaf_index      BIGINT NOT NULL PRIMARY KEY,
    disclosure_id   {blob} NOT NULL UNIQUE,
    agency_no       BIGINT NOT NULL,
    asked_no        BIGINT NOT NULL,
    target_no       BIGINT NOT NULL,
    recorded_at_us  BIGINT NOT NULL,
    due_us          BIGINT NOT NULL,
    -- When the sweep is to look at it; none: it is answered, or was escalated.
    look_us         BIGINT,
    reminded        BIGINT NOT NULL,
    escalated       BIGINT NOT NULL,
    issuer          TEXT NOT NULL,
    officer         TEXT NOT NULL,
    -- The request without its salt, the question's purpose, and the answer, as the wire has them.
    request         {blob} NOT NULL,
    purpose         {blob} NOT NULL,
    state           BIGINT NOT NULL,
    answered_at_us  BIGINT NOT NULL,
    answered_by     TEXT NOT NULL,
    answer          {blob} NOT NULL
);
CREATE INDEX disclosure_look ON disclosure (look_us) WHERE look_us IS NOT NULL;
CREATE INDEX disclosure_agency ON disclosure (agency_no, leaf_index);
CREATE INDEX disclosure_asked ON disclosure (asked_no, leaf_index);

-- Who read the access log, and what for (BDSG § 76).
CREATE TABLE access_read (
    read_no     BIGINT NOT NULL PRIMARY KEY,
    at_us       BIGINT NOT NULL,
    reader      TEXT NOT NULL,
    reason      TEXT NOT NULL,
    asked_for   TEXT NOT NULL,
    found       BIGINT NOT NULL
);

-- What looks like misuse, for the central office to look at.
CREATE TABLE liaison_signal (
    agency_no   BIGINT NOT NULL,
    kind        BIGINT NOT NULL,
    day         BIGINT NOT NULL,
    at_us       BIGINT NOT NULL,
    detail      TEXT NOT NULL,
    seen_by     TEXT NOT NULL,
    PRIMARY KEY (agency_no, kind, day)
);
