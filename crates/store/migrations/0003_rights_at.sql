-- The rights of every page of the space that is served were read then, or later. Empty: not yet.
ALTER TABLE space ADD COLUMN rights_at BIGINT;
