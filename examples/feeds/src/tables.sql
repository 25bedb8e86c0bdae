CREATE SCHEMA IF NOT EXISTS fang_feeds;

CREATE TABLE IF NOT EXISTS fang_feeds.feeds (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    url text NOT NULL UNIQUE,
    -- The outcome of the last sync: one of the two is set. Both are null before the first run has ended.
    synced_at timestamptz,
    trouble text,
    -- The attempt that had this outcome.
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

-- An item is saved once, even if its feed is synced many times. The index has a hash, since a guid may be
-- too long for an index.
CREATE UNIQUE INDEX IF NOT EXISTS feed_items_once ON fang_feeds.feed_items (feed, md5(guid));

-- The deliveries. A task runs at least once. The key makes sure that an item is delivered once.
CREATE TABLE IF NOT EXISTS fang_feeds.outbox (
    item bigint NOT NULL REFERENCES fang_feeds.feed_items,
    subscriber bigint NOT NULL,
    PRIMARY KEY (item, subscriber)
);

-- The digests. Here too, the key makes sure that an item has one digest.
CREATE TABLE IF NOT EXISTS fang_feeds.digests (
    item bigint PRIMARY KEY REFERENCES fang_feeds.feed_items,
    language text,
    words integer NOT NULL,
    top_words text[] NOT NULL,
    sha256 bytea NOT NULL
);
