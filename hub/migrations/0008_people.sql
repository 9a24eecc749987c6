-- People at the console: who is signed in, and which attempts to sign in have succeeded.

-- A session is known by the digest of an id that only the browser has. Times are the ledger's; it ends at `ends_at_us` at the
-- latest, and earlier if it was not used for a while.
CREATE TABLE session (
    digest               {blob} NOT NULL PRIMARY KEY,
    issuer               TEXT NOT NULL,
    subject              TEXT NOT NULL,
    issuer_session       TEXT,
    agency_id            TEXT NOT NULL,
    roles                TEXT NOT NULL,
    name                 TEXT,
    authenticated_at_us  BIGINT NOT NULL,
    begun_at_us          BIGINT NOT NULL,
    seen_at_us           BIGINT NOT NULL,
    ends_at_us           BIGINT NOT NULL
) {without_rowid};
CREATE INDEX session_by_person ON session (issuer, subject);
CREATE INDEX session_by_issuer_session ON session (issuer, issuer_session);
CREATE INDEX session_by_end ON session (ends_at_us);

-- Attempts that have begun a session: none begins a second one. Kept for as long as an attempt could be shown again.
CREATE TABLE used_sign_in (
    digest       {blob} NOT NULL PRIMARY KEY,
    until_us     BIGINT NOT NULL
) {without_rowid};
CREATE INDEX used_sign_in_by_end ON used_sign_in (until_us);

-- What issuers have logged out a moment ago: a sign-in that was under way then begins no session. `kind` 0 is a session of the
-- issuer, 1 a person.
CREATE TABLE logged_out (
    issuer       TEXT NOT NULL,
    kind         BIGINT NOT NULL,
    name         TEXT NOT NULL,
    at_us        BIGINT NOT NULL,
    until_us     BIGINT NOT NULL,
    PRIMARY KEY (issuer, kind, name)
) {without_rowid};
