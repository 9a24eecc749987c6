-- Figures: what was counted of the ledger's leaves, behind the intake.

-- Sums of contributions. `grouped_by`: 0 all, 1 agency, 2 host, 3 class; `month` counts from year 0. What stands is comings and
-- goings, so that its number at the end of a month is the sum of all months up to it.
CREATE TABLE figure (
    grouped_by  BIGINT NOT NULL,
    name        TEXT NOT NULL,
    figure      BIGINT NOT NULL,
    month       BIGINT NOT NULL,
    number      BIGINT NOT NULL,
    PRIMARY KEY (grouped_by, name, figure, month)
) {without_rowid};

-- What the count remembers of a target from leaf to leaf (JSON).
CREATE TABLE figure_target (
    target_no  BIGINT NOT NULL PRIMARY KEY,
    body       TEXT NOT NULL
);

-- What figures still know of a leaf that was redacted (JSON): no link, no case, no person.
CREATE TABLE figure_fact (
    leaf_index  BIGINT NOT NULL PRIMARY KEY,
    body        TEXT NOT NULL
);

-- Up to which leaf leaves were counted; no row: none was.
CREATE TABLE figured (
    job        TEXT NOT NULL PRIMARY KEY,
    next_leaf  BIGINT NOT NULL
) {without_rowid};
