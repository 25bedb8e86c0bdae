//! A role that may only insert, and names that lead the function astray.

use crate::seam::{Mode, PATIENCE, World};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

crate::one_mode! {
    only_asynk, Asynk,
    a_role_that_may_only_insert_can_do_nothing_else,
    a_function_of_the_guide_lets_a_role_insert_one_kind_only,
    no_role_has_the_right_by_default_privileges,
    no_name_of_the_caller_comes_before_those_of_the_function,
    the_function_works_in_a_schema_of_any_name_and_after_a_dump_and_a_restore,
}

/// The n-th block of statements that the guide has about roles, with other names of the roles.
fn statements(block: usize, prefix: &str) -> String {
    let guide = include_str!("../../../../../src/guide/inserting_from_elsewhere.md");
    let page = guide.split("# A role that may only insert").nth(1).unwrap();
    let block = page.split("```sql").nth(block).unwrap().split("```").next().unwrap();
    ["website", "newsletter"]
        .iter()
        .fold(block.to_owned(), |block, role| block.replace(role, &format!("{prefix}_{role}")))
}

/// A connection of this role, as its own program opens it.
async fn log_in(world: &World, role: &str) -> Client {
    let mut config: Config = world.uri().parse().unwrap();
    let (client, connection) = config.user(role).connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The role of the guide.
async fn with_role(world: &World) -> (Client, String) {
    let prefix = world.database().name();
    world.run(&statements(1, prefix)).await;
    let role = format!("{prefix}_website");
    (log_in(world, &role).await, role)
}

async fn is_denied(client: &Client, sql: &str) {
    let error = client.batch_execute(sql).await.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{sql}: {error}");
}

async fn a_role_that_may_only_insert_can_do_nothing_else(mode: Mode) {
    let world = World::postgres(mode).await;
    let (client, role) = with_role(&world).await;
    client.batch_execute("SELECT fang_insert('Say', '{\"text\": \"x\"}')").await.unwrap();
    let unique = "SELECT * FROM fang_insert_unique('Say', '{\"text\": \"y\"}', 'k', unique_within => '1 h')";
    client.batch_execute(unique).await.unwrap();
    // One function does not need the right to call the other.
    let one = format!("REVOKE EXECUTE ON FUNCTION fang_insert_unique FROM {role}");
    world.run(&one).await;
    client.batch_execute("SELECT fang_insert('Say', unique_key => 'k')").await.unwrap();
    is_denied(&client, unique).await;
    for sql in [
        "SELECT * FROM fang_tasks",
        "UPDATE fang_tasks SET priority = 0",
        "DELETE FROM fang_tasks",
        "INSERT INTO fang_tasks (metadata) VALUES ('{}')",
        "SELECT * FROM fang_unique",
        "SELECT * FROM fang_workers",
        "UPDATE fang_meta SET version = 9",
    ] {
        is_denied(&client, sql).await;
    }
    world.run(&format!("DROP OWNED BY {role}; CREATE ROLE {role}_2 LOGIN")).await;
    let client = log_in(&world, &format!("{role}_2")).await;
    is_denied(&client, "SELECT fang_insert('Say')").await;
    is_denied(&client, "SELECT fang_insert_unique('Say', '{}', 'k')").await;
    world.run(&format!("DROP ROLE {role}, {role}_2")).await;
}

/// It may insert the kind that the function is for, whatever the role puts first in its search path.
async fn a_function_of_the_guide_lets_a_role_insert_one_kind_only(mode: Mode) {
    let world = World::postgres(mode).await;
    let prefix = world.database().name();
    world.run(&statements(2, prefix)).await;
    let role = format!("{prefix}_newsletter");
    world.run(&format!("CREATE SCHEMA astray AUTHORIZATION {role}")).await;
    let client = log_in(&world, &role).await;
    let astray = "CREATE FUNCTION astray.fang_insert(text, jsonb, task_type text) RETURNS uuid LANGUAGE sql
            RETURN NULL::uuid;
        SET search_path TO astray, public; SELECT insert_welcome(7)";
    client.batch_execute(astray).await.unwrap();
    let welcome = "SELECT count(*) FROM fang_tasks WHERE metadata = '{\"type\": \"welcome\", \"user\": 7}'";
    assert_eq!(world.number(welcome).await, 1);
    is_denied(&client, "SELECT public.fang_insert('Say')").await;
    is_denied(&client, "SELECT * FROM fang_tasks").await;
    drop(client);
    world.run(&format!("DROP SCHEMA astray CASCADE; CREATE ROLE {role}_2 LOGIN")).await;
    is_denied(&log_in(&world, &format!("{role}_2")).await, "SELECT insert_welcome(7)").await;
    world.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}, {role}_2")).await;
}

/// The owner grants roles the right to all functions that it creates.
async fn no_role_has_the_right_by_default_privileges(mode: Mode) {
    let world = World::without_schema(mode).await;
    let role = format!("{}_odd name", world.database().name());
    world.run(&format!("CREATE ROLE \"{role}\" LOGIN; GRANT USAGE ON SCHEMA public TO \"{role}\"")).await;
    world.run(&format!("ALTER DEFAULT PRIVILEGES GRANT ALL ON FUNCTIONS TO \"{role}\", PUBLIC")).await;
    world.queue.migrate().await.unwrap();
    let client = log_in(&world, &role).await;
    is_denied(&client, "SELECT fang_insert('Say')").await;
    is_denied(&client, "SELECT fang_insert_unique('Say', '{}', 'k')").await;
    drop(client);
    world.run(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\"")).await;
}

/// The caller has a table and a function of the names that the function uses, and puts them first.
async fn no_name_of_the_caller_comes_before_those_of_the_function(mode: Mode) {
    let world = World::postgres(mode).await;
    let (client, role) = with_role(&world).await;
    world.run(&format!("CREATE SCHEMA astray AUTHORIZATION {role}")).await;
    let astray = "CREATE TEMP TABLE fang_tasks (id uuid, metadata jsonb);
        CREATE FUNCTION astray.fang_new_id() RETURNS uuid LANGUAGE sql RETURN NULL::uuid;
        CREATE FUNCTION astray.now() RETURNS timestamptz LANGUAGE sql RETURN 'infinity'::timestamptz;
        SET search_path TO pg_temp, astray, pg_catalog, public;
        SELECT public.fang_insert('Say', '{}', delay => '1 h')";
    client.batch_execute(astray).await.unwrap();
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks WHERE isfinite(scheduled_at)").await, 1);
    drop(client);
    world.run(&format!("DROP SCHEMA astray CASCADE; DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

async fn the_function_works_in_a_schema_of_any_name_and_after_a_dump_and_a_restore(mode: Mode) {
    let world = World::without_schema(mode).await;
    let options = crate::seam::Options { schema: Some("it's \"odd\""), ..Default::default() };
    let queue = mode.queue_with(world.uri(), &options);
    queue.migrate().await.unwrap();
    let insert =
        "SET search_path TO pg_catalog; SELECT \"it's \"\"odd\"\"\".fang_insert('Say', '{\"text\": \"x\"}')";
    world.run(insert).await;
    let restored = world.restored(&[]).await;
    let world = World::in_database(mode, restored).await;
    let queue = mode.queue_with(world.uri(), &options);
    assert_eq!(queue.migrate().await.unwrap(), 0);
    let (client, role) =
        (world.database().client().await.unwrap(), format!("{}_other", world.database().name()));
    world.run(&format!("CREATE ROLE {role}; GRANT USAGE ON SCHEMA \"it's \"\"odd\"\"\" TO {role}")).await;
    client.batch_execute(&format!("SET ROLE {role}")).await.unwrap();
    is_denied(&client, insert).await;
    world.run(insert).await;
    let mut pool = queue.pool(1, &world.stage).start().await;
    for _ in 0..2 {
        assert_eq!(world.heard().await, "x");
    }
    pool.shutdown(PATIENCE).await;
    drop(client);
    world.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}
