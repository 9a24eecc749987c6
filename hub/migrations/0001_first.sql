-- The hub's first schema. One text for every engine: {blob} and {without_rowid} are the engine's own words.
-- Times are microseconds since 1970 UTC. Only `target` has a random index; all other keys grow.

-- The one row that every write takes first: it puts all decisions into one order.
CREATE TABLE head (
    id            BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    next_leaf     BIGINT NOT NULL,
    next_target   BIGINT NOT NULL,
    next_case     BIGINT NOT NULL,
    last_time_us  BIGINT NOT NULL
);
INSERT INTO head (id, next_leaf, next_target, next_case, last_time_us) VALUES (1, 0, 1, 1, 0);

-- Secrets and facts of this database, made with it.
CREATE TABLE meta (
    name   TEXT NOT NULL PRIMARY KEY,
    value  {blob} NOT NULL
);

CREATE TABLE agency (
    agency_no         BIGINT NOT NULL PRIMARY KEY,
    agency_id         TEXT NOT NULL UNIQUE,
    name              TEXT NOT NULL,
    contact           TEXT NOT NULL,
    kind              BIGINT NOT NULL,
    suspended         BIGINT NOT NULL,
    registered_at_us  BIGINT NOT NULL,
    feed_sequence     BIGINT NOT NULL
);

-- Public keys of nodes whose administration issues no certificates with the federation's names.
CREATE TABLE agency_key (
    fingerprint  {blob} NOT NULL PRIMARY KEY,
    agency_no    BIGINT NOT NULL REFERENCES agency (agency_no),
    node         TEXT NOT NULL
);

CREATE TABLE case_file (
    case_no               BIGINT NOT NULL PRIMARY KEY,
    agency_no             BIGINT NOT NULL REFERENCES agency (agency_no),
    number                TEXT NOT NULL,
    unit                  TEXT NOT NULL,
    kind                  BIGINT NOT NULL,
    review_on             TEXT NOT NULL,
    delete_on             TEXT NOT NULL,
    prosecutor_reference  TEXT NOT NULL,
    closed                BIGINT NOT NULL,
    UNIQUE (agency_no, number)
);

CREATE TABLE target (
    target_no    BIGINT NOT NULL PRIMARY KEY,
    link_id      {blob} NOT NULL UNIQUE,
    stage        BIGINT NOT NULL,
    round        BIGINT NOT NULL,
    owner_no     BIGINT NOT NULL,
    owner_basis  BIGINT NOT NULL,
    owner_since  BIGINT NOT NULL
);

CREATE TABLE binding (
    target_no   BIGINT NOT NULL,
    agency_no   BIGINT NOT NULL,
    case_no     BIGINT NOT NULL,
    since_leaf  BIGINT NOT NULL,
    PRIMARY KEY (target_no, agency_no, case_no)
) {without_rowid};

-- The ledger's leaves in their one order. Salt, statement and decision go when their retention ends; the hash stays.
CREATE TABLE event (
    leaf_index      BIGINT NOT NULL PRIMARY KEY,
    kind            BIGINT NOT NULL,
    recorded_at_us  BIGINT NOT NULL,
    agency_no       BIGINT NOT NULL,
    leaf_hash       {blob} NOT NULL,
    salt            {blob},
    statement       {blob},
    decision        {blob}
);

-- Every command once: the same id with the same digest gets the same verdict.
CREATE TABLE command (
    agency_no       BIGINT NOT NULL,
    command_id      {blob} NOT NULL,
    digest          {blob} NOT NULL,
    recorded_at_us  BIGINT NOT NULL,
    first_leaf      BIGINT NOT NULL,
    leaf_count      BIGINT NOT NULL,
    verdict         {blob} NOT NULL,
    PRIMARY KEY (agency_no, command_id)
) {without_rowid};

-- What concerns an agency, one row a batch, in a sequence without gaps.
CREATE TABLE feed (
    agency_no       BIGINT NOT NULL,
    sequence        BIGINT NOT NULL,
    kind            BIGINT NOT NULL,
    recorded_at_us  BIGINT NOT NULL,
    first_leaf      BIGINT NOT NULL,
    leaf_count      BIGINT NOT NULL,
    body            {blob} NOT NULL,
    PRIMARY KEY (agency_no, sequence)
) {without_rowid};

-- The nodes' stores, and up to where each has applied its feed.
CREATE TABLE instance (
    agency_no     BIGINT NOT NULL,
    instance_id   {blob} NOT NULL,
    acknowledged  BIGINT NOT NULL,
    seen_at_us    BIGINT NOT NULL,
    PRIMARY KEY (agency_no, instance_id)
) {without_rowid};
