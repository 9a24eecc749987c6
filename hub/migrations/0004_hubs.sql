-- Several hubs on one database, and one that was restored: who does which job, what nodes have shown, who hands in again.

-- Which hub does which job, in the ledger's time. The fence grows whenever another hub takes the job over; `renewals` with
-- everything that its holder says of it, so that others see that it lives where time stands still.
CREATE TABLE lease (
    name      TEXT NOT NULL PRIMARY KEY,
    holder    {blob} NOT NULL,
    fence     BIGINT NOT NULL,
    renewals  BIGINT NOT NULL,
    until_us  BIGINT NOT NULL
);

-- Checkpoints that this ledger's key has signed and this database does not continue, as a node showed them. One of the
-- newest epoch stops every write until the next epoch begins.
CREATE TABLE lost_checkpoint (
    epoch        BIGINT NOT NULL,
    size         BIGINT NOT NULL,
    root         {blob} NOT NULL,
    note         TEXT NOT NULL,
    agency_no    BIGINT NOT NULL,
    shown_at_us  BIGINT NOT NULL,
    PRIMARY KEY (epoch, size)
) {without_rowid};

-- Up to where each agency's feed was kept when an epoch after the first began: what was told behind that place was lost.
CREATE TABLE feed_kept (
    agency_no  BIGINT NOT NULL,
    epoch      BIGINT NOT NULL,
    sequence   BIGINT NOT NULL,
    PRIMARY KEY (agency_no, epoch)
) {without_rowid};

-- Whom an epoch after the first waits for, and the leaf that says that it has handed in again, or need not; none: not yet.
CREATE TABLE reconciliation (
    epoch       BIGINT NOT NULL,
    agency_no   BIGINT NOT NULL REFERENCES agency (agency_no),
    leaf_index  BIGINT,
    PRIMARY KEY (epoch, agency_no)
) {without_rowid};
