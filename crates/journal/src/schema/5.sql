-- The log of a daemon's decisions is read from this alone, however large the looks are.
DROP INDEX looks_by_daemon;
CREATE INDEX looks_by_daemon ON looks (daemon, at, action, reason);
-- Those that changed something are few.
CREATE INDEX changes_by_time ON looks (at) WHERE action <> 'hold';
