-- Prosecutors at the console: a person's own proceedings, found by the prosecutor's reference.

-- Which references the login service names as the person's own, one a line; empty: none.
ALTER TABLE session ADD COLUMN proceedings TEXT NOT NULL DEFAULT '';

-- Of proceedings alone: the prosecutor's reference with one space between its words; empty: there is none. Compared byte by byte, so
-- that all references that begin alike stand beside each other. Of cases that were opened before, ordinary spaces are counted.
ALTER TABLE case_file ADD COLUMN reference_key TEXT {bytewise} NOT NULL DEFAULT '';
UPDATE case_file SET reference_key = trim(replace(replace(replace(replace(replace(replace(prosecutor_reference,
    '  ', ' '), '  ', ' '), '  ', ' '), '  ', ' '), '  ', ' '), '  ', ' ')) WHERE kind = 1;
CREATE INDEX case_file_by_reference ON case_file (agency_no, reference_key, case_no) WHERE reference_key <> '';
