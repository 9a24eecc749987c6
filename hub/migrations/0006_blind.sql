-- Blind questions: the epochs, their sets, and how much each agency has had evaluated.

-- An epoch's key is made of its nonce and of a seed that never is in the database; it is gone when the nonce is. No end: the key
-- is in office. Referrals before `seen_leaf` are in the filter or in an increment.
CREATE TABLE blind_epoch (
    epoch             BIGINT NOT NULL PRIMARY KEY,
    public_key        {blob} NOT NULL,
    nonce             {blob},
    filter_digest     {blob} NOT NULL,
    entries           BIGINT NOT NULL,
    leaf_index        BIGINT NOT NULL,
    from_us           BIGINT NOT NULL,
    until_us          BIGINT,
    newest_increment  BIGINT NOT NULL,
    added             BIGINT NOT NULL,
    seen_leaf         BIGINT NOT NULL
);

-- The filters in pieces; pieces of an epoch that is not there yet are of one that is being made.
CREATE TABLE blind_piece (
    epoch     BIGINT NOT NULL,
    position  BIGINT NOT NULL,
    piece     {blob} NOT NULL,
    PRIMARY KEY (epoch, position)
);

-- What came to a set since: tags of 16 bytes, sorted.
CREATE TABLE blind_increment (
    epoch   BIGINT NOT NULL,
    number  BIGINT NOT NULL,
    tags    {blob} NOT NULL,
    PRIMARY KEY (epoch, number)
);

-- How many elements an agency has had evaluated on a day (UTC, counted since 1970), for all hubs alike.
CREATE TABLE blind_spent (
    agency_no  BIGINT NOT NULL PRIMARY KEY,
    day        BIGINT NOT NULL,
    elements   BIGINT NOT NULL
);
