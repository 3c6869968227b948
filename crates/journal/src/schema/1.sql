-- Times are microseconds since 1970 (UTC), amounts nanomina.

-- One row for each start of the service.
CREATE TABLE runs (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    version TEXT NOT NULL,
    pid     INTEGER NOT NULL
) STRICT;

-- The settings that decisions depended on, each set once, as JSON.
CREATE TABLE settings (
    id   INTEGER PRIMARY KEY,
    json TEXT NOT NULL UNIQUE
) STRICT;

-- One row for each look. body: zlib-compressed JSON of the whole record, of what else the decision depended on, and of what the
-- policy remembered afterwards.
CREATE TABLE looks (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    run              INTEGER NOT NULL REFERENCES runs (id),
    daemon           TEXT NOT NULL,
    sequence         INTEGER NOT NULL,
    at               INTEGER NOT NULL,
    mode             TEXT NOT NULL,
    action           TEXT NOT NULL,
    reason           TEXT NOT NULL,
    text             TEXT NOT NULL,
    outcome          TEXT NOT NULL,
    fee              INTEGER,
    enabled          INTEGER,
    target_fee       INTEGER,
    target_enabled   INTEGER,
    sale_probability REAL,
    expected_profit  INTEGER,
    cost             INTEGER,
    settings         INTEGER NOT NULL REFERENCES settings (id),
    body             BLOB NOT NULL
) STRICT;
CREATE INDEX looks_by_daemon ON looks (daemon, at);
CREATE INDEX looks_by_time ON looks (at);

-- What was about to be done, written before it was done; ending stays null when the process ended in between, until a later one has
-- read the daemon's settings. settings_before and action are JSON.
CREATE TABLE intents (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    run             INTEGER NOT NULL REFERENCES runs (id),
    daemon          TEXT NOT NULL,
    at              INTEGER NOT NULL,
    mode            TEXT NOT NULL,
    settings_before TEXT NOT NULL,
    action          TEXT NOT NULL,
    reason          TEXT NOT NULL,
    ending          TEXT,
    ended_at        INTEGER
) STRICT;
CREATE INDEX open_intents ON intents (daemon, id) WHERE ending IS NULL;
CREATE INDEX intents_by_time ON intents (at);

-- What outlives the process, for each daemon. memory: JSON; rest: zlib-compressed JSON.
CREATE TABLE daemons (
    daemon      TEXT PRIMARY KEY,
    at          INTEGER NOT NULL,
    memory      TEXT NOT NULL,
    rest        BLOB,
    orders_seen INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- The operator's orders; daemon is null for every daemon, until is null for without end (RFC 3339).
CREATE TABLE orders (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    at     INTEGER NOT NULL,
    daemon TEXT,
    verb   TEXT NOT NULL CHECK (verb IN ('pause', 'resume')),
    until  TEXT
) STRICT;

-- For people: sqlite3 journal.sqlite 'SELECT * FROM decisions ORDER BY at DESC LIMIT 20'
CREATE VIEW decisions AS
SELECT strftime('%Y-%m-%dT%H:%M:%fZ', at / 1e6, 'unixepoch') AS at, daemon, mode, action, reason, text, outcome,
       fee / 1e9 AS fee_mina, enabled, target_fee / 1e9 AS target_fee_mina, target_enabled, sale_probability,
       expected_profit / 1e9 AS expected_profit_mina_per_hour, cost / 1e9 AS cost_mina, id AS look
FROM looks;
