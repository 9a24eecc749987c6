-- Releases that wait for a second person, found by whose they are.

-- The agency whose release of the open round waits for a second officer; 0: none does. It follows from the body.
ALTER TABLE life ADD COLUMN release_awaits BIGINT NOT NULL DEFAULT 0;
UPDATE life SET release_awaits = coalesce((SELECT a.agency_no FROM agency a
    WHERE life.body LIKE '%"release":_"by":' || a.agency_no || ',%"second":_"Awaited":%'), 0)
    WHERE body LIKE '%"release":_"by":%"second":_"Awaited":%';
CREATE INDEX life_release_awaits ON life (release_awaits, target_no) WHERE release_awaits <> 0;
