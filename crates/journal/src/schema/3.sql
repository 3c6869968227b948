-- Blocks and open works, each set once however many looks show it: the daemons of a fleet share what one of them read, and remember the
-- same sales. body: zlib-compressed JSON. A row goes with the last look that refers to it.
CREATE TABLE markets (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    body BLOB NOT NULL
) STRICT;

-- Where these are set, blocks and open works of a look, or blocks of what was remembered, are those of the market and not in the body.
ALTER TABLE looks ADD COLUMN market INTEGER REFERENCES markets (id);
ALTER TABLE origins ADD COLUMN market INTEGER REFERENCES markets (id);
CREATE INDEX looks_by_market ON looks (market) WHERE market IS NOT NULL;
CREATE INDEX origins_by_market ON origins (market) WHERE market IS NOT NULL;
