//! The rights that the guide lists: they are enough for each call, and a call that lacks one says so.

use super::schema::{named, with_role};
use crate::seam::{Act, HOUR, How, Mode, PATIENCE, Queue, World, collect_logs, inserts, logged_with, say};
use fang_core::Unique;
use fang_core::store::{Prune, Rescue, Vacuum, Vacuumed};
use fang_postgres::{Schema, Statements};
use fang_test_support::TestDatabase;
use std::fmt::Display;
use std::time::Duration;
use tokio::sync::Mutex;
use uuid::Uuid;

crate::each_mode! {
    a_worker_does_all_with_the_rights_in_the_guide_and_is_told_what_it_lacks_without_one,
    a_producer_does_all_with_the_rights_in_the_guide_and_is_told_what_it_lacks_without_one,
    a_worker_needs_each_right_on_the_schema_and_on_the_sequence,
    a_producer_needs_each_right_on_the_schema_and_on_columns,
    a_migration_needs_each_right_in_the_guide_and_none_but_to_read_when_there_is_nothing_to_do,
}

// The statements of both modes are the same.
crate::one_mode! {
    only_asynk, Asynk,
    every_statement_runs_with_the_rights_in_the_guide_and_some_statement_needs_each_of_them,
    a_worker_that_vacuums_needs_the_right_and_the_guide_grants_it_on_each_table,
}

/// The roles of the guide.
const ROLES: [&str; 3] = ["migrator", "worker", "producer"];

/// The grants of the guide, in the schema `jobs`.
fn grants(database: &TestDatabase) -> String {
    grants_of_block(1, database)
}

/// The grants in one of the blocks of the guide.
fn grants_of_block(number: usize, database: &TestDatabase) -> String {
    let guide = include_str!("../../../../src/guide/deploying.md");
    let grants = guide.split("```sql").nth(number).unwrap().split("```").next().unwrap();
    let mut grants = grants.replace("public", "jobs").replace("fang_", "jobs.fang_");
    for role in ROLES {
        grants = grants.replace(&format!("TO {role}"), &format!("TO {}", named_role(database, role)));
    }
    grants
}

pub(super) fn named_role(database: &TestDatabase, role: &str) -> String {
    format!("{}_{role}", database.name())
}

/// A world with tables in the schema `jobs` and with the roles of the guide.
pub(super) async fn with_roles(mode: Mode) -> World {
    let world = World::without_schema(mode).await;
    named(&world, "jobs").migrate().await.unwrap();
    create_roles(&world).await;
    grant_all(&world).await;
    world
}

async fn create_roles(world: &World) {
    for role in ROLES {
        world.run(&format!("CREATE ROLE {}", named_role(world.database(), role))).await;
    }
}

async fn grant_all(world: &World) {
    world.run(&grants(world.database())).await;
}

/// The rights on whole tables that a role has: the name of the table, and that of the right.
async fn rights(world: &World, role: &str) -> Vec<(String, String)> {
    let sql = "SELECT c.relname::text, r.name
        FROM pg_class c, unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) r (name)
        WHERE c.relnamespace = 'jobs'::regnamespace AND c.relkind = 'r' AND has_table_privilege($1::text::name, c.oid, r.name)";
    let rows = world.client().query(sql, &[&role]).await.unwrap();
    assert!(!rows.is_empty());
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

pub(super) async fn without_roles(world: &World) {
    let roles = ROLES.map(|role| named_role(world.database(), role)).join(", ");
    world.run(&format!("DROP SCHEMA jobs CASCADE; DROP ROLE {roles}")).await;
}

fn error<T, E: Display>(outcome: Result<T, E>) -> Option<String> {
    outcome.err().map(|error| error.to_string())
}

/// The errors of all that a program does which inserts tasks, and finds them.
async fn produce(world: &World, queue: &Queue) -> Vec<String> {
    let once = inserts!(queue, &say("once"), .unique_by(Unique::key("a").within(HOUR)).delay(HOUR));
    let many = (0..500).map(|_| world.new_task(&say("many")).delay(HOUR).task_type("others"));
    let errors = [
        error(queue.insert_task(&say("one")).await),
        error(once),
        error(queue.insert_tasks(many.collect()).await),
        error(queue.find_task_by_id(Uuid::nil()).await),
    ];
    errors.into_iter().flatten().collect()
}

/// The errors of all that a program does which runs tasks and controls them.
async fn control(world: &World, queue: &Queue) -> Vec<String> {
    let mut errors = produce(world, queue).await;
    let mut pool = queue.pool(1, &world.stage).task_type("none").build();
    errors.extend(error(pool.start().await));
    pool.shutdown(PATIENCE).await;
    let store = queue.admin();
    let rescue = Rescue { by: None, lease: HOUR, max_crashes: 3 };
    errors.extend(
        [
            error(queue.migrate().await),
            error(queue.schedule_task(&Act::every_second(How::Succeed)).await),
            error(queue.run_cron("none").await),
            error(queue.cancel_task(Uuid::nil()).await),
            error(queue.retry_task(Uuid::nil()).await),
            error(queue.pause("none").await),
            error(queue.resume("none").await),
            error(queue.depths().await),
            error(queue.workers().await),
            error(queue.minutes(Duration::from_secs(60)).await),
            error(store.crons().await),
            error(store.prune(&Prune { older_than: Some(HOUR), limit: 10 }).await),
            error(store.rescue(&rescue).await),
            error(queue.remove_all_tasks().await),
        ]
        .into_iter()
        .flatten(),
    );
    errors
}

async fn a_worker_does_all_with_the_rights_in_the_guide_and_is_told_what_it_lacks_without_one(mode: Mode) {
    let world = with_roles(mode).await;
    let role = named_role(world.database(), "worker");
    let queue = with_role(&world, &role);
    assert_eq!(control(&world, &queue).await, Vec::<String>::new());
    for table in [
        "fang_tasks",
        "fang_workers",
        "fang_meta",
        "fang_crons",
        "fang_unique",
        "fang_queues",
        "fang_cancellations",
        "fang_lock_claims",
        "fang_minutes",
    ] {
        world.run(&format!("REVOKE ALL ON jobs.{table} FROM {role}")).await;
        let errors = control(&world, &queue).await;
        let lacks = format!("permission denied for table {table}");
        assert!(errors.iter().any(|error| error.contains(&lacks)), "{table}: {errors:?}");
        assert!(errors.iter().all(|error| error.contains(&lacks)), "{table}: {errors:?}");
        grant_all(&world).await;
    }
    without_roles(&world).await;
}

async fn a_producer_does_all_with_the_rights_in_the_guide_and_is_told_what_it_lacks_without_one(mode: Mode) {
    let world = with_roles(mode).await;
    let role = named_role(world.database(), "producer");
    let queue = with_role(&world, &role);
    assert_eq!(produce(&world, &queue).await, Vec::<String>::new());
    for (table, right) in rights(&world, &role).await {
        world.run(&format!("REVOKE {right} ON jobs.{table} FROM {role}")).await;
        let errors = produce(&world, &queue).await;
        let lacks = format!("permission denied for table {table}");
        assert!(
            !errors.is_empty() && errors.iter().all(|error| error.contains(&lacks)),
            "{right} on {table}: {errors:?}"
        );
        grant_all(&world).await;
    }
    assert!(!control(&world, &queue).await.is_empty(), "it may not control anything");
    without_roles(&world).await;
}

/// All statements but COPY and VACUUM, which cannot be explained, and those for the tests of an application. Each with its text
/// and with an EXPLAIN, which checks the rights on tables and runs nothing.
async fn explained(world: &World) -> Vec<(String, String)> {
    world.run("SET plan_cache_mode = force_generic_plan").await;
    let mut explained = Vec::new();
    for (name, sql) in Statements::new(&Schema::named("jobs").unwrap()).all() {
        let begin = sql.lines().find(|line| !line.starts_with("--")).unwrap();
        if name == "turn" || begin.starts_with("COPY") || begin.starts_with("VACUUM") {
            continue;
        }
        world.run(&format!("PREPARE {name}_ AS {sql}")).await;
        let count = "SELECT cardinality(parameter_types)::bigint FROM pg_prepared_statements WHERE name = ";
        let nulls: Vec<_> = (0..world.number(&format!("{count}'{name}_'")).await).map(|_| "NULL").collect();
        let values = if nulls.is_empty() { String::new() } else { format!("({})", nulls.join(", ")) };
        explained.push((sql.to_owned(), format!("EXPLAIN EXECUTE {name}_{values}")));
    }
    explained
}

/// The errors of those statements that name a table, for a role.
async fn denied(world: &World, role: &str, statements: &[(String, String)], table: &str) -> Vec<String> {
    world.run(&format!("SET ROLE {role}")).await;
    let mut errors = Vec::new();
    for (_, explain) in statements.iter().filter(|(sql, _)| sql.contains(table)) {
        if let Err(error) = world.client().batch_execute(explain).await {
            errors.push(error.as_db_error().unwrap().message().to_owned());
        }
    }
    world.run("RESET ROLE").await;
    errors
}

async fn every_statement_runs_with_the_rights_in_the_guide_and_some_statement_needs_each_of_them(mode: Mode) {
    let world = with_roles(mode).await;
    let role = named_role(world.database(), "worker");
    let statements = explained(&world).await;
    assert_eq!(denied(&world, &role, &statements, "").await, Vec::<String>::new());
    for (table, right) in rights(&world, &role).await {
        world.run(&format!("REVOKE {right} ON jobs.{table} FROM {role}")).await;
        let errors = denied(&world, &role, &statements, &table).await;
        let lacks = format!("permission denied for table {table}");
        assert!(
            !errors.is_empty() && errors.iter().all(|error| *error == lacks),
            "{right} on {table}: {errors:?}"
        );
        world.run(&format!("GRANT {right} ON jobs.{table} TO {role}")).await;
    }
    world.run("DEALLOCATE ALL").await;
    without_roles(&world).await;
}

/// A right of the guide.
struct Right {
    /// `SELECT`, or `SELECT (info)`.
    name: String,
    /// `jobs.fang_tasks`, or with the kind: `SCHEMA jobs`.
    on: String,
}

impl Right {
    fn is_on_a_table(&self) -> bool {
        !self.on.contains(' ') && !self.name.contains('(')
    }

    /// What the server says without it.
    fn lacks(&self) -> String {
        let (kind, name) = self.on.split_once(' ').unwrap_or(("table", &self.on));
        let name = name.strip_prefix("jobs.").unwrap_or(name);
        format!("permission denied for {} {name}", kind.to_lowercase())
    }
}

/// The rights that the guide grants to a role, one by one.
fn rights_of(world: &World, role: &str) -> Vec<Right> {
    rights_in(&grants(world.database()), role)
}

fn rights_in(grants: &str, role: &str) -> Vec<Right> {
    let code: Vec<_> = grants.lines().map(str::trim).filter(|line| !line.starts_with("--")).collect();
    let mut rights = Vec::new();
    for statement in code.join(" ").split(';').filter_map(|statement| statement.trim().strip_prefix("GRANT "))
    {
        let (granted, to) = statement.split_once(" TO ").unwrap();
        if to != role {
            continue;
        }
        let (names, on) = granted.split_once(" ON ").unwrap();
        let names: Vec<_> = match names.split_once(" (") {
            Some((name, columns)) => {
                columns.trim_end_matches(')').split(", ").map(|column| format!("{name} ({column})")).collect()
            }
            None => names.split(", ").map(str::to_owned).collect(),
        };
        for (on, name) in on.split(", ").flat_map(|on| names.iter().map(move |name| (on, name))) {
            rights.push(Right { name: name.clone(), on: on.to_owned() });
        }
    }
    assert!(!rights.is_empty(), "the guide grants nothing to {role}");
    rights
}

/// Takes away one right after the other. `act` returns errors, of which each has to name what is lacking.
async fn each_is_needed(world: &World, role: &str, rights: Vec<Right>, act: impl AsyncFn() -> Vec<String>) {
    assert!(!rights.is_empty());
    for right in rights {
        let (Right { name, on }, lacks) = (&right, right.lacks());
        world.run(&format!("REVOKE {name} ON {on} FROM {role}")).await;
        let errors = act().await;
        assert!(
            !errors.is_empty() && errors.iter().all(|error| error.contains(&lacks)),
            "{name} on {on}: {errors:?}"
        );
        world.run(&format!("GRANT {name} ON {on} TO {role}")).await;
    }
}

async fn a_worker_needs_each_right_on_the_schema_and_on_the_sequence(mode: Mode) {
    let world = with_roles(mode).await;
    let role = named_role(world.database(), "worker");
    let queue = with_role(&world, &role);
    let others = rights_of(&world, &role).into_iter().filter(|right| !right.is_on_a_table()).collect();
    let row = "INSERT INTO jobs.fang_workers (id, info) OVERRIDING SYSTEM VALUE VALUES (1000, '{}')";
    world.run(row).await;
    let act = async || {
        // The next pool that starts has to put the sequence right.
        world.run("SELECT setval('jobs.fang_workers_id_seq', 1)").await;
        control(&world, &queue).await
    };
    assert_eq!(act().await, Vec::<String>::new());
    each_is_needed(&world, &role, others, act).await;
    without_roles(&world).await;
}

/// The lines in the log about a right are the same in both modes, so the two tests run one after the other.
static ALONE: Mutex<()> = Mutex::const_new(());

async fn a_producer_needs_each_right_on_the_schema_and_on_columns(mode: Mode) {
    let _alone = ALONE.lock().await;
    collect_logs();
    let world = with_roles(mode).await;
    let role = named_role(world.database(), "producer");
    let (on_columns, others): (Vec<_>, Vec<_>) = rights_of(&world, &role)
        .into_iter()
        .filter(|right| !right.is_on_a_table())
        .partition(|right| right.name.contains('('));
    each_is_needed(&world, &role, others, async || produce(&world, &with_role(&world, &role)).await).await;
    let said = || logged_with(&["WARN", "begin late", "permission denied for table fang_workers"]);
    each_is_needed(&world, &role, on_columns, async || {
        let (before, queue) = (said(), with_role(&world, &role));
        let errors = [produce(&world, &queue).await, produce(&world, &queue).await].concat();
        assert_eq!(errors, Vec::<String>::new(), "the tasks are inserted");
        vec!["permission denied for table fang_workers".to_owned(); said() - before]
    })
    .await;
    without_roles(&world).await;
}

async fn a_migration_needs_each_right_in_the_guide_and_none_but_to_read_when_there_is_nothing_to_do(
    mode: Mode,
) {
    let world = World::without_schema(mode).await;
    world.run("CREATE SCHEMA jobs").await;
    create_roles(&world).await;
    let [migrator, worker, producer] = ROLES.map(|role| named_role(world.database(), role));
    world.run(&format!("GRANT USAGE, CREATE ON SCHEMA jobs TO {migrator}")).await;
    let migrates =
        async |role: &str| error(with_role(&world, role).migrate().await).into_iter().collect::<Vec<_>>();
    each_is_needed(&world, &migrator, rights_of(&world, &migrator), async || migrates(&migrator).await).await;
    assert_eq!(migrates(&migrator).await, Vec::<String>::new());
    grant_all(&world).await;
    assert_eq!(migrates(&worker).await, Vec::<String>::new(), "there is nothing to do");

    let to_look = [("USAGE", "SCHEMA jobs"), ("SELECT", "jobs.fang_meta")];
    let to_look = to_look.map(|(name, on)| Right { name: name.to_owned(), on: on.to_owned() });
    world.run(&format!("GRANT SELECT ON jobs.fang_meta TO {producer}")).await;
    assert_eq!(migrates(&producer).await, Vec::<String>::new(), "there is nothing to do");
    each_is_needed(&world, &producer, to_look.into(), async || migrates(&producer).await).await;
    without_roles(&world).await;
}

/// Servers know the right from version 17 on.
async fn a_worker_that_vacuums_needs_the_right_and_the_guide_grants_it_on_each_table(mode: Mode) {
    let world = with_roles(mode).await;
    let role = named_role(world.database(), "worker");
    let rights = rights_in(&grants_of_block(2, world.database()), &role);
    let tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'jobs'::regnamespace AND relkind = 'r'";
    assert_eq!(world.number(tables).await, rights.len() as i64);
    if world.number("SELECT current_setting('server_version_num')::bigint").await >= 170_000 {
        let store = with_role(&world, &role).engine();
        let is_forbidden = async || {
            // The table of tasks is due, even without dead rows.
            let vacuumed = store.vacuum(&Vacuum { dead_rows: 0 }).await.unwrap();
            matches!(vacuumed, Vacuumed::Forbidden { advice } if advice.contains("GRANT MAINTAIN"))
        };
        assert!(is_forbidden().await);
        world.run(&grants_of_block(2, world.database())).await;
        assert!(!is_forbidden().await);
    }
    without_roles(&world).await;
}
