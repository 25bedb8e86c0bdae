//! Options that cannot be.

#![allow(unused)]

use fang::Unique;

#[fang::task(retries = 5)]
async fn unknown() {}

#[fang::task(max_retries = 5, max_retries = 6)]
async fn twice() {}

#[fang::task("mail")]
async fn no_name() {}

#[fang::task(timeout)]
async fn no_value() {}

#[fang::task(timeout = 30)]
async fn no_unit() {}

#[fang::task(timeout = "30")]
async fn no_unit_in_text() {}

#[fang::task(timeout = "30 parsecs")]
async fn no_time() {}

#[fang::task(timeout = "soon")]
async fn no_number() {}

#[fang::task(timeout = "30s later")]
async fn too_much() {}

#[fang::task(timeout = "999999999999 weeks")]
async fn too_long() {}

#[fang::task(backoff = "quadratic(1s)")]
async fn no_shape() {}

#[fang::task(backoff = "exponential")]
async fn no_parts() {}

#[fang::task(backoff = "linear(1s, 2s)")]
async fn two_waits() {}

#[fang::task(backoff = "list(jitter)")]
async fn no_waits() {}

#[fang::task(backoff = "constant(1s, jitter = 200%)")]
async fn wild() {}

#[fang::task(backoff = "constant(1s, least = 1s)")]
async fn unknown_part() {}

#[fang::task(max_retries = "five")]
async fn text() {}

#[fang::task(priority = "highest")]
async fn no_priority() {}

#[fang::task(kind = 5)]
async fn no_kind() {}

#[fang::task(aliases = "greet")]
async fn no_list() {}

#[fang::task(aliases = ["own"])]
async fn own() {}

#[fang::task(kind = "one", aliases = ["two", "one"])]
async fn other() {}

#[fang::task(task_type = "")]
async fn empty() {}

#[fang::task(unique(fields(usr)))]
async fn no_field(user: i64) {}

#[fang::task(unique(fields(user), key = "user"))]
async fn two_ways(user: i64) {}

#[fang::task(unique(until_started, within = "1h"))]
async fn two_spans(user: i64) {}

#[fang::task(unique(replace = "everything"))]
async fn no_part(user: i64) {}

#[fang::task(unique(or_else))]
async fn no_such_part(user: i64) {}

#[fang::task(cron = "0 3 *")]
async fn no_pattern() {}

#[fang::task(time_zone = "Europe/Berlin")]
async fn no_cron() {}

#[fang::task(cron = "0 3 * * *", missed = "later")]
async fn no_policy() {}

#[fang::task(version = 2)]
async fn no_upgrade() {}

#[fang::task(upgrade = upgrade)]
async fn no_version() {}

#[fang::task(version = 1, upgrade = upgrade)]
async fn first_version() {}

#[fang::task(version = 2, upgrade = upgrade)]
async fn version(version: u8) {}

#[fang::task(unique = Unique::payload(), timeout = "1y", priority = "low", backoff = "never")]
async fn two_at_once() {}

#[fang::task(expires = 60)]
async fn expires_without_a_unit() {}

#[fang::task(keep = "always")]
async fn kept_without_a_number() {}

#[fang::task(unique(fields(user)))]
async fn unique_by_a_renamed_argument(#[serde(rename = "id")] user: u8) {}

#[fang::task(unique(fields(group), fields(user)))]
async fn fields_twice(group: u8, user: u8) {}

#[fang::task(unique(within = "1h", within = "2h"))]
async fn within_twice(user: u8) {}

#[fang::task(backoff = "exponential(1s, max = 1h, max = 2h)")]
async fn max_twice() {}

#[fang::task(timeout = "0s")]
async fn no_time_at_all() {}

#[fang::task(expires = "0ms")]
async fn expires_at_once() {}

#[fang::task(timeout = "0.0000000001s")]
async fn too_exact() {}

fn main() {}
