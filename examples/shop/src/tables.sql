-- A real program would have a tool for its migrations; one file is enough here.

CREATE TABLE IF NOT EXISTS users (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS products (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name TEXT NOT NULL,
    cents BIGINT NOT NULL
);

-- Each upload is a row of its own. So a slow thumbnail of an older upload never replaces that of a newer one.
CREATE TABLE IF NOT EXISTS pictures (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id BIGINT NOT NULL REFERENCES products,
    original BYTEA NOT NULL,
    thumbnail BYTEA
);

CREATE TABLE IF NOT EXISTS reports (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    made_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    orders BIGINT NOT NULL,
    cents BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS orders (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES users,
    product_id BIGINT NOT NULL REFERENCES products,
    -- The Idempotency-Key of the request. Keys of different users have nothing to do with each other.
    key TEXT,
    -- The price when the order was placed.
    cents BIGINT NOT NULL,
    -- The task that tells the warehouse.
    task_id UUID,
    sent_at TIMESTAMPTZ,
    -- The report that counts this order: one at most.
    report_id BIGINT REFERENCES reports,
    UNIQUE (user_id, key)
);

-- For the report, which looks for the orders that no report counts, and for its own.
CREATE INDEX IF NOT EXISTS orders_by_report ON orders (report_id);
