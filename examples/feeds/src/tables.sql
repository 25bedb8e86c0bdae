CREATE SCHEMA IF NOT EXISTS fang_feeds;

CREATE TABLE IF NOT EXISTS fang_feeds.feeds (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    url text NOT NULL UNIQUE,
    -- The outcome of the last sync: one or the other; neither before the first run has ended.
    synced_at timestamptz,
    trouble text,
    -- At which attempt.
    attempt integer
);

CREATE TABLE IF NOT EXISTS fang_feeds.subscriptions (
    feed bigint NOT NULL REFERENCES fang_feeds.feeds,
    subscriber bigint NOT NULL,
    PRIMARY KEY (feed, subscriber)
);

CREATE TABLE IF NOT EXISTS fang_feeds.feed_items (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feed bigint NOT NULL REFERENCES fang_feeds.feeds,
    guid text NOT NULL,
    title text,
    link text,
    text text NOT NULL
);

-- An item is saved once, however often its feed is synced. The hash, since a guid may be longer than
-- an index takes.
CREATE UNIQUE INDEX IF NOT EXISTS feed_items_once ON fang_feeds.feed_items (feed, md5(guid));

-- What a subscriber is sent. The key makes of "at least once", which a task is run, a single delivery.
CREATE TABLE IF NOT EXISTS fang_feeds.outbox (
    item bigint NOT NULL REFERENCES fang_feeds.feed_items,
    subscriber bigint NOT NULL,
    PRIMARY KEY (item, subscriber)
);

-- What an item is about. One of each: here too, the key makes of "at least once" a single one.
CREATE TABLE IF NOT EXISTS fang_feeds.digests (
    item bigint PRIMARY KEY REFERENCES fang_feeds.feed_items,
    language text,
    words integer NOT NULL,
    top_words text[] NOT NULL,
    sha256 bytea NOT NULL
);
