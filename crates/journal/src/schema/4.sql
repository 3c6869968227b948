-- Orders, memory and intents have checksums (CRC-32 of the row's values, NULL only while it is written). format: which fields memory
-- has. doubt: why the service, and not the operator, ordered this pause.
ALTER TABLE daemons ADD COLUMN format INTEGER NOT NULL DEFAULT 1;
ALTER TABLE daemons ADD COLUMN memory_checksum INTEGER;
ALTER TABLE daemons ADD COLUMN rest_checksum INTEGER;
ALTER TABLE orders ADD COLUMN doubt TEXT;
ALTER TABLE orders ADD COLUMN checksum INTEGER;
ALTER TABLE intents ADD COLUMN checksum INTEGER;

-- How far the journal has come. journal: a random number that tells journals apart; sequence: transactions that changed protected rows;
-- checksums: the sum of theirs; checksum: that of this row. The last one acknowledged is also in the file journal.seal.
CREATE TABLE seal (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    journal   INTEGER NOT NULL,
    sequence  INTEGER NOT NULL,
    checksums INTEGER NOT NULL,
    checksum  INTEGER NOT NULL
) STRICT;

CREATE INDEX looks_by_settings ON looks (settings);
DELETE FROM settings WHERE id NOT IN (SELECT settings FROM looks);
