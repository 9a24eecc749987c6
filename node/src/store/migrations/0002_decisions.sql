-- The hosts of canonical links, each once.
CREATE TABLE host (
    id    INTEGER PRIMARY KEY,
    name  TEXT NOT NULL UNIQUE
);

-- host: null in rows of the first schema until the store is next opened.
ALTER TABLE referral ADD COLUMN host BIGINT REFERENCES host (id);
CREATE INDEX referral_host ON referral (host);

-- fence: of the live grant or of the thread, 0: none. intent: the decision that intended the notice under way.
-- under_way: 0 nothing, 1 under way, 2 in doubt, 3 failed. held: 0 no, 1 in force, 2 lapsed.
-- due_kinds: bit n is set if something of the contract's kind n is due. work_rank: the order of the work list, urgent
-- things first, then by when they are due; 2^62 if nothing is.
ALTER TABLE target ADD COLUMN fence BIGINT NOT NULL DEFAULT 0;
ALTER TABLE target ADD COLUMN intent BLOB;
ALTER TABLE target ADD COLUMN under_way BIGINT NOT NULL DEFAULT 0;
ALTER TABLE target ADD COLUMN held BIGINT NOT NULL DEFAULT 0;
ALTER TABLE target ADD COLUMN due_kinds BIGINT NOT NULL DEFAULT 0;
ALTER TABLE target ADD COLUMN work_rank BIGINT NOT NULL DEFAULT 4611686018427387904;
CREATE INDEX target_work ON target (work_rank, id) WHERE due_kinds <> 0;

-- The v1.TargetView as the hub last told it; apart from target, whose rows stay short.
CREATE TABLE target_view (
    target  INTEGER PRIMARY KEY,
    view    BLOB NOT NULL
);

-- What an officer decided, over any number of targets. what: the name of the decision's field in the contract.
CREATE TABLE decision (
    id            INTEGER PRIMARY KEY,
    what          TEXT NOT NULL,
    needs_hub     BIGINT NOT NULL,
    target_count  BIGINT NOT NULL,
    given_us      BIGINT NOT NULL,
    given_by      TEXT NOT NULL,
    annotation    TEXT NOT NULL
);

-- What is sent to the hub as one. The long columns stand last: what lists read lies before them. request: the v1.DecideRequest as it is sent, salt included. decided: the v1.Decided
-- as it came. lane: 0 holds and withdrawals, 1 a few targets, 2 bulk; lower ones go first. state: 1 waiting,
-- 2 answered, 3 refused as a whole, 4 given up because the line broke before it was sent. sent_us is kept for
-- decisions that need the hub alone. taken: targets on which it took effect.
CREATE TABLE decision_batch (
    id              INTEGER PRIMARY KEY,
    decision        BIGINT NOT NULL REFERENCES decision (id),
    command_id      BLOB NOT NULL UNIQUE,
    lane            BIGINT NOT NULL,
    state           BIGINT NOT NULL,
    needs_hub       BIGINT NOT NULL,
    target_count    BIGINT NOT NULL,
    sent_us         BIGINT,
    answered_us     BIGINT,
    taken           BIGINT NOT NULL DEFAULT 0,
    refusal_code    BIGINT,
    refusal_field   TEXT,
    refusal_reason  TEXT,
    decided         BLOB,
    request         BLOB NOT NULL
);
CREATE INDEX decision_batch_state ON decision_batch (state, lane, id);
CREATE INDEX decision_batch_decision ON decision_batch (decision);
