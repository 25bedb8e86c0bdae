//! The scripts of `examples/insert_from_elsewhere`, which insert from psql, Python and Node.

use crate::seam::{Mode, PATIENCE, Report, Run, World};
use fang_core::FangError;
use fang_test_support::find_binaries;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

crate::one_mode! {
    only_asynk, Asynk,
    three_languages_insert_at_once_while_pools_run_and_each_task_runs_once,
    the_programs_of_the_guide_insert_a_task,
}

/// How many tasks of each mode a script inserts.
const TASKS: usize = 500;

macro_rules! from_elsewhere {
    ($task:ident, $name:literal, $number:ident) => {
        #[derive(Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct $task {
            $number: usize,
            from: String,
        }

        impl $task {
            async fn does(&self, run: Run<'_>) -> Result<(), FangError> {
                let name = format!("{} {} {:?}", $name, self.from, run.mode());
                let _under_way = run.stage().tell(&format!("{name} {}", self.$number), run.context());
                Ok(())
            }
        }
    };
}

from_elsewhere!(Welcome, "welcome", user);
from_elsewhere!(Resize, "resize", picture);

#[fang_core::async_trait]
#[typetag::serde(name = "welcome")]
impl fang_core::AsyncRunnable for Welcome {
    async fn run(&self, queue: &mut dyn fang_core::AsyncQueueable) -> Result<(), FangError> {
        self.does(Run::Asynk(queue)).await
    }
}

#[typetag::serde(name = "resize")]
impl fang_core::Runnable for Resize {
    fn run(&self, queue: &dyn fang_core::Queueable) -> Result<(), FangError> {
        crate::seam::block_on(self.does(Run::Blocking(queue)))
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/insert_from_elsewhere").join(name)
}

/// The Python that has psycopg: that of the system, if another one comes before it.
fn python() -> &'static str {
    let has_psycopg = |python: &&str| {
        let import =
            std::process::Command::new(python).args(["-c", "import psycopg"]).stderr(Stdio::null()).status();
        import.is_ok_and(|status| status.success())
    };
    ["python3", "/usr/bin/python3"].into_iter().find(has_psycopg).expect("`make setup` installs psycopg")
}

/// Where `make setup` installs the packages of Node: Debian's own folder, or the target folder.
fn node_modules() -> [PathBuf; 2] {
    let program = std::env::current_exe().unwrap();
    let target = program.ancestors().nth(3).unwrap();
    ["/usr/share/nodejs".into(), target.join("node/node_modules")]
}

fn node_path() -> OsString {
    std::env::join_paths(node_modules()).unwrap()
}

fn commands() -> [Command; 3] {
    let bin = find_binaries(std::env::var_os("PATH").as_deref(), Path::new("/usr/lib/postgresql")).unwrap();
    let count = TASKS.to_string();
    let mut psql = Command::new(bin.join("psql"));
    psql.args(["--set", "ON_ERROR_STOP=1", "--set", &format!("count={count}"), "--file"])
        .arg(script("insert.sql"));
    let mut py = Command::new(python());
    py.arg(script("insert.py")).arg(&count);
    let mut node = Command::new("node");
    node.arg(script("insert.js")).arg(&count).env("NODE_PATH", node_path());
    [psql, py, node]
}

/// Starts a script. It says whether it inserted the report, which is unique for a day.
async fn run(mut command: Command, uri: String) -> String {
    // psql takes the name of a database, and the others what the environment says.
    if command.as_std().get_program().to_string_lossy().ends_with("psql") {
        command.arg(&uri);
    }
    let output = command.env("DATABASE_URL", &uri).kill_on_drop(true).output().await.unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{shown}\n{}", String::from_utf8_lossy(&output.stderr));
    shown
}

async fn three_languages_insert_at_once_while_pools_run_and_each_task_runs_once(mode: Mode) {
    let mut world = World::postgres(mode).await;
    let mut threads = Mode::Blocking.queue(world.uri()).pool(2, &world.stage).start().await;
    let mut tokio_tasks = world.pool(4).start().await;
    let scripts = commands().map(|command| tokio::spawn(run(command, world.uri().to_owned())));
    let mut said = Vec::new();
    for script in scripts {
        said.push(script.await.unwrap());
    }
    // The report is due in an hour.
    world.until_number("SELECT count(*) FROM fang_tasks", 1).await;
    threads.shutdown(PATIENCE).await;
    tokio_tasks.shutdown(PATIENCE).await;
    drop((threads, tokio_tasks));

    let mut runs = BTreeMap::<String, Vec<Report>>::new();
    for report in world.told_to_the_end().await {
        runs.entry(report.name.clone()).or_default().push(report);
    }
    for from in ["psql", "python", "node"] {
        for number in 1..=TASKS {
            for task in [format!("welcome {from} Asynk {number}"), format!("resize {from} Blocking {number}")]
            {
                let reports = runs.remove(&task).unwrap_or_default();
                assert_eq!(reports.len(), 1, "{task}: {reports:?}");
            }
        }
    }
    assert!(runs.is_empty(), "{runs:?}");
    let report = "SELECT count(*) FROM fang_tasks WHERE metadata->>'type' = 'report' AND state = 'new'";
    assert_eq!(world.number(report).await, 1);
    let refusals =
        said.iter().filter(|said| said.contains("refused: the payload has a field \"type\"")).count();
    assert_eq!(refusals, 2, "{said:?}");
}

/// The program of the guide in this language, for this database.
fn of_the_guide(language: &str, uri: &str) -> String {
    let guide = include_str!("../../../../../src/guide/inserting_from_elsewhere.md");
    let (_, block) = guide.split_once(&format!("```{language}\n")).unwrap();
    let (program, _) = block.split_once("```").unwrap();
    let placeholder = "postgres://website@localhost/app";
    assert!(program.contains(placeholder), "{program}");
    program.replace(placeholder, uri)
}

async fn the_programs_of_the_guide_insert_a_task(mode: Mode) {
    let world = World::postgres(mode).await;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(world.database().name());
    std::fs::create_dir_all(&folder).unwrap();
    // A module of Node finds packages beside it, and does not look at NODE_PATH.
    let packages = node_modules().into_iter().find(|folder| folder.join("pg").is_dir()).unwrap();
    std::os::unix::fs::symlink(packages, folder.join("node_modules")).unwrap();
    for (language, program, name) in [("python", python(), "welcome.py"), ("js", "node", "welcome.mjs")] {
        let file = folder.join(name);
        std::fs::write(&file, of_the_guide(language, world.uri())).unwrap();
        let mut command = Command::new(program);
        command.arg(file);
        run(command, world.uri().to_owned()).await;
    }
    let welcomes = "SELECT count(*) FROM fang_tasks WHERE metadata = '{\"type\": \"welcome\", \"user\": 7}'
        AND task_type = 'mail'";
    assert_eq!(world.number(welcomes).await, 2);
    std::fs::remove_dir_all(folder).unwrap();
}
