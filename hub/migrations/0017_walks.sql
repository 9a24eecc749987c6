-- Numbers of links that differ in a number alone, by agency, day and series of links, so that a walk shows however it is cut into
-- questions. A day's rows go when it is over. stem: digest of what stands around the number; runs: first and last number of each.
CREATE TABLE liaison_walk (
    day        BIGINT NOT NULL,
    agency_no  BIGINT NOT NULL,
    stem       {blob} NOT NULL,
    runs       {blob} NOT NULL,
    PRIMARY KEY (day, agency_no, stem)
) {without_rowid};
