-- receipt: as the hub gave it for a liaison body's request for details.
ALTER TABLE liaison_command ADD COLUMN receipt BLOB;
