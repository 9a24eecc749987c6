-- What became of a large submission is kept as it is. Making it smaller took the server as long as writing it.

{server ALTER TABLE command ALTER COLUMN verdict SET STORAGE EXTERNAL}
