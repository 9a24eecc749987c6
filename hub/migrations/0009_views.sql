-- What people at the console saw, which certificates the nodes showed, and where notices stand.

-- The access log of views (BDSG § 76): who saw which targets, when, on which page, in which roles. A row is there before its page
-- leaves the hub. Erased on a term of its own.
CREATE TABLE page_view (
    view_no    BIGINT NOT NULL PRIMARY KEY,
    at_us      BIGINT NOT NULL,
    agency_id  TEXT NOT NULL,
    issuer     TEXT NOT NULL,
    officer    TEXT NOT NULL,
    roles      TEXT NOT NULL,
    page       TEXT NOT NULL,
    -- The ids of the targets that stood on the page, 16 bytes each; never a link or a case's number.
    shown      {blob} NOT NULL
);
CREATE INDEX page_view_time ON page_view (at_us, view_no);

-- Certificates that nodes of registered agencies have shown: what runs out is seen before it does. Rows are kept for as long as
-- anybody may ask whose certificate it was.
CREATE TABLE certificate (
    agency_no      BIGINT NOT NULL REFERENCES agency (agency_no),
    node           TEXT NOT NULL,
    serial         TEXT NOT NULL,
    public_key     TEXT NOT NULL,
    not_after_us   BIGINT NOT NULL,
    first_seen_us  BIGINT NOT NULL,
    seen_at_us     BIGINT NOT NULL,
    PRIMARY KEY (agency_no, node, serial)
) {without_rowid};

-- Where a target's notice stands (1 under way, 2 failed, 3 in doubt, 4 the provider is silent, 5 it has answered), and the time by
-- which such notices are ordered. 0: there is none; -1: an earlier schema wrote the row, and it is looked up when the database is
-- opened. It follows from the body, and stands beside it to be found.
ALTER TABLE life ADD COLUMN notice BIGINT NOT NULL DEFAULT -1;
ALTER TABLE life ADD COLUMN notice_us BIGINT NOT NULL DEFAULT 0;
CREATE INDEX life_notice ON life (notice, notice_us, target_no) WHERE notice <> 0;
