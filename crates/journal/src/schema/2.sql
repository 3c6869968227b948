-- What was remembered before a look, where that does not follow from the looks taken down before it: at the start of each run, after an
-- operator's order, after looks that could not be taken down, and once an hour, so that decisions can be made again although older looks
-- are forgotten. body: zlib-compressed JSON.
CREATE TABLE origins (
    look INTEGER PRIMARY KEY REFERENCES looks (id) ON DELETE CASCADE,
    body BLOB NOT NULL
) STRICT;
