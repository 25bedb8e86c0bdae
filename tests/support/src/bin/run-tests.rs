//! `run-tests [ARGUMENT...]`
//!
//! Runs the test programs of the workspace side by side, and its doctests. Each program's output comes when it has
//! ended: if a test failed, all of it but the tests that passed, else a line. Arguments go to each test program, as those
//! of `cargo test -- ` do.

use std::collections::VecDeque;
use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::io::{PipeReader, Read, pipe};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// What is built and run, in both calls of cargo the same, so that nothing is compiled twice.
const ALL: [&str; 3] = ["test", "--workspace", "--all-features"];

/// Programs whose tests have leases to keep, and mostly wait: one of them at a time, the longest first.
const KEEP_TIME: [&str; 2] = ["fang-pool-tests pools", "fang-example-feeds feeds"];

/// The longest of the others, the longest first: begun last, one of them would run alone at the end.
const LONGEST: [&str; 12] = [
    "fang-asynk contract_postgres",
    "doctests",
    "fang-cli command",
    "fang-blocking contract_postgres",
    "fang signals",
    "fang-web dashboard",
    "fang-store-tests stores",
    "fang-faults proxy",
    "fang-campaigns kit",
    "fang-blocking sharing",
    "fang-faults campaign",
    "fang-model protocol",
];

/// How many of their tests run at once, for each processor.
const TESTS_PER_CORE: usize = 3;

/// How long output may come after a program has ended.
const LAST_OUTPUT: Duration = Duration::from_secs(5);

/// How far the others, which only take as long as they take, stand back behind those.
const NICENESS: &str = "5";

/// One program, or the doctests.
struct Job {
    name: String,
    program: PathBuf,
    arguments: Vec<OsString>,
    folder: PathBuf,
}

impl Job {
    /// Its place among those that keep time, if it does.
    fn rank(&self) -> Option<usize> {
        KEEP_TIME.iter().position(|name| *name == self.name)
    }

    /// Its place among the others.
    fn rank_of_others(&self) -> usize {
        LONGEST.iter().position(|name| *name == self.name).unwrap_or(LONGEST.len())
    }

    /// What carries it out.
    fn command(&self, cores: usize) -> Command {
        let mut command = if self.rank().is_some() {
            let mut command = Command::new(&self.program);
            if env::var_os("RUST_TEST_THREADS").is_none() {
                command.env("RUST_TEST_THREADS", (TESTS_PER_CORE * cores).to_string());
            }
            command
        } else {
            let mut command = Command::new("nice");
            command.args(["-n", NICENESS]).arg(&self.program);
            command
        };
        command.args(&self.arguments).current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder);
        command
    }
}

struct Outcome {
    name: String,
    passed: bool,
    output: String,
    took: Duration,
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("run-tests: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all passed.
fn run() -> Result<bool, Box<dyn Error>> {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let mut jobs = vec![doctests(&arguments)?];
    jobs.extend(programs(&arguments)?);
    let (mut timed, mut others): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.rank().is_some());
    timed.sort_by_key(Job::rank);
    others.sort_by_key(Job::rank_of_others);
    let (timed, others) = (queue(timed), queue(others));
    let (libraries, cores) = (libraries()?, thread::available_parallelism()?.get());
    let (sender, outcomes) = mpsc::channel();
    let failed: Vec<String> = thread::scope(|scope| {
        // One more than there are processors: each program waits now and then.
        for number in 0..=cores {
            let (sender, timed, others, libraries) = (sender.clone(), &timed, &others, &libraries);
            let next = move || if number == 0 { next(timed).or_else(|| next(others)) } else { next(others) };
            scope.spawn(move || {
                while let Some(job) = next() {
                    // It fails where nobody is told of outcomes any more.
                    let _ = sender.send(outcome(&job, libraries, cores));
                }
            });
        }
        drop(sender);
        outcomes.iter().inspect(tell).filter(|outcome| !outcome.passed).map(|outcome| outcome.name).collect()
    });
    for name in &failed {
        println!("failed: {name}");
    }
    Ok(failed.is_empty())
}

type Queue = Mutex<VecDeque<Job>>;

fn queue(jobs: Vec<Job>) -> Queue {
    Mutex::new(jobs.into())
}

fn next(jobs: &Queue) -> Option<Job> {
    jobs.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

/// Builds all test programs.
fn programs(arguments: &[OsString]) -> Result<Vec<Job>, Box<dyn Error>> {
    let output = Command::new(cargo())
        .args(ALL)
        .args(["--no-run", "--message-format=json-render-diagnostics", "--quiet"])
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err("the tests do not build".into());
    }
    let lines = String::from_utf8(output.stdout)?;
    let messages = lines.lines().map(serde_json::from_str::<serde_json::Value>);
    let mut jobs = Vec::new();
    for message in messages {
        let message = message?;
        if message["profile"]["test"] == true {
            jobs.push(
                program(&message, arguments).ok_or("cargo tells of a test program in an unknown form")?,
            );
        }
    }
    if jobs.is_empty() { Err("cargo tells of no test program".into()) } else { Ok(jobs) }
}

/// The test program that a message of cargo tells of.
fn program(message: &serde_json::Value, arguments: &[OsString]) -> Option<Job> {
    let folder = Path::new(message["manifest_path"].as_str()?).parent()?.to_owned();
    let words = message["package_id"].as_str()?.rsplit(['/', '#']);
    let package = words.into_iter().find(|word| !word.starts_with(|first: char| first.is_ascii_digit()))?;
    Some(Job {
        name: format!("{} {}", package.split('@').next()?, message["target"]["name"].as_str()?),
        program: message["executable"].as_str()?.into(),
        arguments: arguments.to_vec(),
        folder,
    })
}

fn doctests(arguments: &[OsString]) -> Result<Job, Box<dyn Error>> {
    let words = ALL.iter().chain(&["--doc", "--"]).map(OsString::from);
    Ok(Job {
        name: "doctests".to_owned(),
        program: cargo().into(),
        arguments: words.chain(arguments.iter().cloned()).collect(),
        folder: env::current_dir()?,
    })
}

fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Where the standard library is: tests of macros link to it as macros do.
fn libraries() -> Result<String, Box<dyn Error>> {
    let output = Command::new("rustc").args(["--print", "target-libdir"]).output()?;
    let own = String::from_utf8(output.stdout)?.trim().to_owned();
    let known = env::var("LD_LIBRARY_PATH").unwrap_or_default();
    Ok(if known.is_empty() { own } else { format!("{own}:{known}") })
}

fn outcome(job: &Job, libraries: &str, cores: usize) -> Outcome {
    let began = Instant::now();
    let (passed, output) =
        carry_out(job, libraries, cores).unwrap_or_else(|error| (false, error.to_string()));
    Outcome { name: job.name.clone(), passed, output, took: began.elapsed() }
}

fn carry_out(job: &Job, libraries: &str, cores: usize) -> Result<(bool, String), Box<dyn Error>> {
    let (reader, writer) = pipe()?;
    let mut command = job.command(cores);
    command.env("LD_LIBRARY_PATH", libraries);
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn()?;
    // The ends for writing that are ours: while they are open, there is no end to read.
    drop(command);
    let output = Arc::<Mutex<Vec<u8>>>::default();
    let (sender, ended) = mpsc::channel();
    let gathered = output.clone();
    thread::spawn(move || {
        read(reader, &gathered);
        drop(sender);
    });
    let status = child.wait()?;
    // A child of the program that outlives it keeps the output open.
    let _: Result<(), _> = ended.recv_timeout(LAST_OUTPUT);
    let output = output.lock().unwrap_or_else(PoisonError::into_inner);
    Ok((status.success(), String::from_utf8_lossy(&output).into_owned()))
}

fn read(mut reader: PipeReader, output: &Mutex<Vec<u8>>) {
    let mut chunk = [0; 8192];
    while let Ok(count @ 1..) = reader.read(&mut chunk) {
        output.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&chunk[..count]);
    }
}

fn tell(outcome: &Outcome) {
    let Outcome { name, passed, output, took } = outcome;
    if !passed {
        println!("\n==== {name} failed after {:.1} s", took.as_secs_f64());
        output.lines().filter(|line| !is_pass(line)).for_each(|line| println!("{line}"));
        println!("==== end of {name}\n");
        return;
    }
    let results = output.lines().filter_map(|line| line.strip_prefix("test result: ok. "));
    let passed: u64 = results.filter_map(|result| result.split(' ').next()?.parse::<u64>().ok()).sum();
    println!("{name}: {passed} passed in {:.1} s", took.as_secs_f64());
}

/// Whether a line of output says that one test has passed. There are thousands, and the reason of a failure is among them.
fn is_pass(line: &str) -> bool {
    line.starts_with("test ") && line.ends_with(" ... ok")
}
