//! What is looked for, and the most rows that each look may read.

/// A statement, what it looks for, its parameters, and the most rows that it may read. `FETCHED` stands for a thousand ids, `FILTER` for the
/// parameters of `matches.sql`, `ID` for several places in the order of ids, and `AT` for several instants.
pub(crate) type Look = (&'static str, &'static str, &'static str, u64);

const BY_ID: u64 = 10_000;
const BY_INSTANT: u64 = 4_000;

pub(crate) const NONE: &str = "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL";
pub(crate) const FAILED: &str = "NULL, '{failed}', NULL, NULL, NULL, NULL, 'nowhere', NULL, NULL, NULL, NULL";
pub(crate) const READY: &str =
    "'type1', '{new,retried}', NULL, 'None', NULL, NULL, NULL, NULL, NULL, NULL, NULL";

pub(crate) const LOOKS: &[Look] = &[
    ("look_newest", "any, 100 tasks", "FILTER, ID, 10000, 100, NULL, NULL", 101),
    (
        "look_newest",
        "kind",
        "NULL, NULL, NULL, 'None', NULL, NULL, NULL, NULL, NULL, NULL, NULL, ID, 10000, 100, NULL, NULL",
        BY_ID,
    ),
    (
        "look_newest",
        "tag",
        "NULL, NULL, 'none', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, ID, 10000, 100, NULL, NULL",
        BY_ID,
    ),
    (
        "look_newest",
        "age",
        "NULL, NULL, NULL, NULL, 100000000000000000, NULL, NULL, NULL, NULL, NULL, NULL, ID, 10000, 100, NULL, NULL",
        BY_ID,
    ),
    (
        "look_newest",
        "error text",
        "NULL, NULL, NULL, NULL, NULL, NULL, 'nowhere', NULL, NULL, NULL, NULL, ID, 10000, 100, NULL, NULL",
        BY_ID,
    ),
    (
        "look_newest",
        "payload path",
        "NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{\"user\":{\"id\":-1}}', NULL, NULL, NULL, ID, 10000, 100, NULL, NULL",
        BY_ID,
    ),
    (
        "look_newest",
        "count of waiting",
        "NULL, '{new,retried}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, ID, 10000, 10000, NULL, NULL",
        BY_ID,
    ),
    (
        "look_newest",
        "priority",
        "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, ID, 10000, 100, NULL, NULL",
        BY_ID,
    ),
    ("look_newest", "crowd of an instant", "FILTER, ID, 10000, 100, now(), 1", BY_ID),
    (
        "look_oldest",
        "change of a kind",
        "NULL, '{failed}', NULL, 'None', NULL, NULL, NULL, NULL, now(), NULL, NULL, ID, 1000",
        BY_ID,
    ),
    ("look_running", "count of running", "FILTER, ID, 10000, 10000", BY_ID),
    ("look_ended", "failed, error text", "FAILED, AT, 4000, 100, NULL", BY_INSTANT),
    ("look_kept", "failed, error text", "FAILED, AT, 4000, 100, NULL", BY_INSTANT),
    ("look_ready", "task type, kind", "READY, '-infinity', 4000, 100, NULL, 2, 1", BY_INSTANT),
    ("look_ready", "task type, kind", "READY, now(), 4000, 100, NULL, 2, 1", BY_INSTANT),
    ("list_running", "1,000 tasks", "ID, 1000", 1_001),
    ("errors", "groups", "'infinity', 'infinity'", BY_INSTANT),
    ("depths", "one task type", "'type1', 1000, 10001, 20002", 10_001 + 30),
    ("depths", "all task types", "NULL, 1000, 10001, 20002", 20_002 + 1_000),
    ("fetch", "1,000 tasks", "FETCHED, true", 1_020),
    ("fetch", "1,000 without payloads", "FETCHED, false", 1_020),
    ("unserved", "100 task types", "'', 100", OF_ALL_WORKERS),
    ("doctor/paused", "1,000 paused types", "", 1_000),
    ("doctor/unknown", "6 task types", "'', 6", 6 * 2_040 + 7),
    ("doctor/unknown", "6 task types", "'type2', 6", 6 * 2_040 + 7),
];

/// A page of 1,000 may have one in each minute, and jumps to each.
const OF_MINUTES: u64 = 2_100;
/// There are 1,000, and a thousand paused types.
const OF_ALL_WORKERS: u64 = 2_500;

/// Statements that do not depend on the settings of a look: others read the tables by their keys, or all of a small one. `LONG`
/// stands for the longest window, and `TABLES` for the names of tables.
pub(crate) const OTHERS: &[Look] = &[
    ("find", "a task", "FOUND", 1),
    ("payloads", "1,000 tasks", "ID, 1000", 1_001),
    ("minutes", "72 h, task types", "now() - interval '72 h', NULL, NULL, 1000, false, false", OF_MINUTES),
    ("minutes", "72 h, kinds", "now() - interval '72 h', NULL, NULL, 1000, true, false", OF_MINUTES),
    (
        "minutes",
        "72 h, the middle",
        "now() - interval '72 h', MINUTE, 'type7', 1000, false, false",
        OF_MINUTES,
    ),
    (
        "minutes",
        "6 months, task types",
        "now() - interval '180 days', NULL, NULL, 1000, false, true",
        OF_MINUTES,
    ),
    ("minutes", "6 months, kinds", "now() - interval '180 days', NULL, NULL, 1000, true, true", OF_MINUTES),
    (
        "minutes",
        "6 months, the middle",
        "now() - interval '180 days', HOUR, 'type7', 1000, false, true",
        OF_MINUTES,
    ),
    ("workers", "50 workers", "0, 50", 51),
    ("workers", "the last 50", "900, 50", 51),
    ("paused_types", "1,000 types", "1000", 1_000),
    ("list_crons", "1,000 crons", "", 1_000),
    ("find_cron", "a cron", "'cron 7'", 1),
    ("now", "the clock", "", 0),
    ("version", "the version", "", 1),
    ("has_tables", "a row", "", 1),
    ("hidden_schema", "", "'fang_tasks', true", 0),
    ("longest_poll", "all workers", "", 1_000),
    ("doctor/connections", "", "", 0),
    ("doctor/durability", "", "", 0),
    ("doctor/fleet", "1,000 workers", "", 1_000),
    ("doctor/horizon", "", "300", 0),
    ("doctor/meta", "", "", 1),
    ("doctor/objects", "", "'public', 'TABLES'", 0),
    ("doctor/place", "", "NULL, 'fang_tasks'", 0),
    ("doctor/read_only", "", "", 0),
    ("doctor/open_inserts", "", "'public', '{fang_insert}'", 0),
    ("doctor/rights", "", "'public', 'TABLES', '{fang_session}', '{}'", 0),
    ("doctor/session", "", "", 0),
    ("doctor/vacuum", "", "'public', 'TABLES'", 0),
    ("doctor/workers", "1,000 workers", "120", 2_000),
];

/// Statements that read and are no look of a tool: those of pools, of inserts and of changes, which other tests are about.
/// `count` reads the whole table by its nature, and `fang status --exact` says so.
pub(crate) const NOT_HERE: &[&str] = &[
    "ahead",
    "cancelled",
    "change_ids",
    "claim_with_next",
    "count",
    "crons",
    "duplicates",
    "ended",
    "ended_transactions",
    "first_listed",
    "kept",
    "listed",
    "raise_worker_id",
    "ready_types",
    "running",
    "this_transaction",
    "vacuum_left",
];

/// Whether a statement only reads.
pub(crate) fn is_look(sql: &str) -> bool {
    const CHANGES: [&str; 7] = ["INSERT", "UPDATE", "DELETE", "COPY", "VACUUM", "SET", "DROP"];
    let code = sql.lines().filter(|line| !line.trim_start().starts_with("--"));
    let words: Vec<&str> =
        code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_')).collect();
    let changes = |word: &&str| CHANGES.contains(word) || word.starts_with("pg_") && word.contains("lock");
    !words.iter().any(changes) && !words.iter().any(|word| ["set_config", "pg_notify"].contains(word))
}
