-- What a run left as it was until somebody does something about it: a list of holds, JSON.
ALTER TABLE run ADD COLUMN held TEXT NOT NULL DEFAULT '[]';
