//! The options of the attribute: each overrides the default of the traits.

use fang::{Backoff, Cron, Missed, Priority, Replace, Scheduled, Unique};
use std::time::Duration;

const TYPE: &str = "by a constant";
const RETRIES: i32 = 4;

macro_rules! options {
    ([$($async:tt)?] [$($await:tt)*] $insert:ident $mode:ident $queueable:ident) => {
        use crate::options::{Backoff, Cron, Duration, Missed, Priority, RETRIES, Replace, Scheduled, TYPE, Unique};
        use crate::{Heard, PATIENCE, Told, telephone};
        use fang::store::NewCron;
        use fang::{Declared, Mode, NewTask, State};

        #[fang::task]
        $($async)? fn plain() {}

        #[fang::task(
            kind = "welcome by mail", task_type = "mail", max_retries = 5, timeout = "1m 30s", priority = "high",
            backoff = "exponential(1s, max = 1h, jitter = 20%)", unique(fields(user), within = "1 day", replace = "payload | time"),
            cron = "0 3 * * *", time_zone = "Europe/Berlin", missed = "skip", expires = "1h", keep = "7 days",
        )]
        $($async)? fn all(user: i64, text: String) {
            let _ = (user, text);
        }

        #[fang::task(
            task_type = TYPE, max_retries = RETRIES, timeout = Duration::from_millis(7), priority = Priority::Urgent,
            backoff = Backoff::linear(Duration::from_secs(2)), unique = Unique::key("one").until_started(),
            cron = Cron::every(Duration::from_secs(90)), expires = Duration::from_secs(8), keep = Duration::ZERO,
        )]
        $($async)? fn by_expressions() {}

        #[fang::task(keep = "forever", unique, backoff = "list(1s, 10s, 1 minute, max = 5s)", cron = "@every 90s")]
        $($async)? fn others() {}

        #[fang::task(unique(key = format!("{}/{}", self.group, self.user)), timeout = Duration::from_secs(self.user))]
        $($async)? fn by_arguments(group: String, user: u64) {
            let _ = (group, user);
        }

        #[fang::task(unique(key = "k", until_started, or_error), backoff = "linear(500ms, jitter)")]
        $($async)? fn strict() {}

        #[fang::task(kind = "greeted", aliases = ["greet", "say hello"], task_type = "renamed", max_retries = 1)]
        $($async)? fn greeted(name: String, #[serde(default)] greeting: Option<String>, told: State<Told>) {
            told.tell(format!("{} {name}", greeting.unwrap_or("hello".to_owned())));
        }

        /// Version 1 had an `id`, version 2 a `user`.
        fn upgrade_versioned(version: u32, mut saved: fang::serde_json::Value) -> fang::serde_json::Value {
            if version < 2 {
                saved["user"] = saved["id"].clone();
            }
            saved["by"] = format!("version {version}").into();
            saved
        }

        #[fang::task(version = 3, upgrade = upgrade_versioned, task_type = "versions", aliases = ["before"])]
        $($async)? fn versioned(user: i64, by: String, told: State<Told>) {
            told.tell(format!("{user} by {by}"));
        }

        #[test]
        fn without_options_the_defaults_of_the_traits_count() {
            let task = &plain {} as &dyn Runnable;
            assert_eq!((task.task_type(), task.max_retries(), task.timeout()), ("common".to_owned(), 20, None));
            assert_eq!((task.backoff_policy(), task.cron()), (None, None));
            assert_eq!((task.expires(), task.keep()), (None, None));
            assert!(task.unique_by().is_none());
            assert_eq!((plain::KIND, <plain as Declared>::KIND), ("plain", "plain"));
        }

        #[test]
        fn strings_say_what_the_traits_return() {
            let task = &all { user: 7, text: String::new() } as &dyn Runnable;
            assert_eq!((task.task_type(), task.max_retries()), ("mail".to_owned(), 5));
            assert_eq!(task.timeout(), Some(Duration::from_secs(90)));
            assert_eq!(task.expires(), Some(Duration::from_secs(3600)));
            assert_eq!(task.keep(), Some(Duration::from_secs(7 * 86_400)));
            assert_eq!(all(7, String::new()).row().expires, Some(Duration::from_secs(3600)));
            let backoff = Backoff::exponential(Duration::from_secs(1)).at_most(Duration::from_secs(3600)).jitter(0.2);
            assert_eq!(task.backoff_policy(), Some(backoff));
            let unique = Unique::fields(["user"]).within(Duration::from_secs(86_400));
            assert!(task.unique_by() == Some(unique.replace(Replace::PAYLOAD | Replace::TIME)));
            let cron = Cron::new("0 3 * * *").time_zone("Europe/Berlin").missed(Missed::Skip);
            assert_eq!(task.cron(), Some(Scheduled::Cron(cron)));
            assert_eq!(all::KIND, "welcome by mail");
        }

        #[test]
        fn expressions_are_taken_as_they_are() {
            let task = &by_expressions {} as &dyn Runnable;
            assert_eq!((task.task_type(), task.max_retries()), (TYPE.to_owned(), RETRIES));
            assert_eq!(task.timeout(), Some(Duration::from_millis(7)));
            assert_eq!((task.expires(), task.keep()), (Some(Duration::from_secs(8)), Some(Duration::ZERO)));
            assert_eq!(task.backoff_policy(), Some(Backoff::linear(Duration::from_secs(2))));
            assert!(task.unique_by() == Some(Unique::key("one").until_started()));
            assert_eq!(task.cron(), Some(Scheduled::Cron(Cron::every(Duration::from_secs(90)))));
            assert_eq!(<by_expressions as Declared>::DECLARATION.task_type, TYPE);
        }

        #[test]
        fn the_other_forms_of_strings_are_known() {
            let task = &others {} as &dyn Runnable;
            assert!(task.unique_by() == Some(Unique::payload()));
            assert_eq!(task.keep(), Some(Duration::MAX));
            let waits = [1, 10, 60].map(Duration::from_secs);
            assert_eq!(task.backoff_policy(), Some(Backoff::list(waits).at_most(Duration::from_secs(5))));
            assert_eq!(task.cron(), Some(Scheduled::Cron(Cron::new("@every 90s"))));
            let task = &by_arguments { group: "a".to_owned(), user: 7 } as &dyn Runnable;
            assert!(task.unique_by() == Some(Unique::key("a/7")));
            assert_eq!(task.timeout(), Some(Duration::from_secs(7)));
            let task = &strict {} as &dyn Runnable;
            assert!(task.unique_by() == Some(Unique::key("k").until_started().or_error()));
            assert_eq!(task.backoff_policy(), Some(Backoff::linear(Duration::from_millis(500)).jitter(0.1)));
        }

        over_each_store! {
            $mode:
            the_options_reach_the_row,
            a_task_is_scheduled_by_its_cron,
            a_renamed_task_runs_what_was_saved_before,
            a_renamed_or_newer_task_takes_over_its_crons,
            older_arguments_are_upgraded_and_newer_ones_wait,
        }

        async fn older_arguments_are_upgraded_and_newer_ones_wait(queue: impl Backend) {
            let mode = <versioned as Declared>::DECLARATION.mode;
            let (told, mut heard) = telephone();
            let builder = WorkerPool::builder().number_of_workers(1_u32).queue(queue.clone());
            let mut pool = builder.task_type("versions").state(told).build();
            pool.start()$($await)*.unwrap();
            let now = queue.insert(versioned(1, "now".to_owned()))$($await)*.unwrap();
            assert_eq!(now.metadata["version"], 3);
            assert_eq!(heard.next().await, "1 by now");
            for (fields, expected) in [
                (r#""id":2"#, "2 by version 1"),
                (r#""user":3,"version":2"#, "3 by version 2"),
                (r#""user":4,"by":"hand","version":3"#, "4 by hand"),
            ] {
                for kind in ["versioned", "before"] {
                    let json = format!(r#"{{{fields},"type":"{kind}"}}"#);
                    queue.insert(NewTask::new(json, "versions".to_owned(), mode))$($await)*.unwrap();
                    assert_eq!(heard.next().await, expected);
                }
            }
            let json = r#"{"type":"versioned","user":5,"by":"hand","version":4}"#.to_owned();
            let newer = queue.insert(NewTask::new(json, "versions".to_owned(), mode))$($await)*.unwrap();
            // A program that does not know versions of this kind yet.
            let json = r#"{"type":"plain","version":2}"#.to_owned();
            let second = queue.insert(NewTask::new(json, "versions".to_owned(), mode))$($await)*.unwrap();
            queue.insert(versioned(6, "after".to_owned()))$($await)*.unwrap();
            assert_eq!(heard.next().await, "6 by after");
            pool.shutdown(PATIENCE)$($await)*;
            for id in [newer.id, second.id] {
                let row = queue.find_task_by_id(id)$($await)*.unwrap().unwrap();
                assert!(row.state.is_alive() && row.retries == 0 && row.lease == 1, "{row:?}");
            }
        }

        async fn the_options_reach_the_row(queue: impl Backend) {
            let first = queue.insert(all(7, "a".to_owned()))$($await)*.unwrap();
            assert_eq!((first.task_type.as_str(), first.priority, first.kind()), ("mail", Priority::High, Some(all::KIND)));
            let same = queue.insert(all(7, "b".to_owned()))$($await)*.unwrap();
            assert_eq!((same.id, &same.metadata["text"]), (first.id, &"b".into()));
            let other = queue.insert(all(8, "a".to_owned()).priority(Priority::Low).task_type("t"))$($await)*.unwrap();
            assert!(other.id != first.id);
            assert_eq!((other.task_type.as_str(), other.priority), ("t", Priority::Low));
            let by_struct = queue.insert_task(&all { user: 9, text: "a".to_owned() })$($await)*.unwrap();
            assert_eq!(by_struct.priority, Priority::High);
            let not_unique = queue.insert(all(7, "a".to_owned()).not_unique())$($await)*.unwrap();
            assert!(not_unique.id != first.id);
        }

        async fn a_task_is_scheduled_by_its_cron(queue: impl Backend) {
            queue.schedule(all(7, "a".to_owned()))$($await)*.unwrap();
            let crons = queue.admin().unwrap().list_crons()$($await)*.unwrap();
            assert_eq!((crons.len(), crons[0].kind(), crons[0].cron.time_zone.as_str()), (1, all::KIND, "Europe/Berlin"));
            let at = queue.schedule(plain().cron(Cron::new("0 4 * * *")))$($await)*.unwrap();
            assert!(at.scheduled_at > fang::Utc::now());
            let error = queue.schedule(plain())$($await)*.unwrap_err();
            assert!(matches!(error, fang::QueueError::Schedule(fang::ScheduleError::Missing)), "{error}");
            assert_eq!(queue.schedule_only(vec![others()])$($await)*.unwrap(), 2);
        }

        async fn a_renamed_or_newer_task_takes_over_its_crons(queue: impl Backend) {
            let hourly = || Cron::every(Duration::from_secs(3600));
            let saved = |json: &str, mode| NewTask::new(json.to_owned(), "renamed".to_owned(), mode).cron(hourly());
            let mode = <greeted as Declared>::DECLARATION.mode;
            let other = saved(r#"{"type":"greet","name":"Bob","greeting":null}"#, mode);
            queue.schedule(other.clone())$($await)*.unwrap();
            let mut bob = queue.admin().unwrap().list_crons()$($await)*.unwrap().remove(0);
            let task = greeted("Bob".to_owned(), None);
            assert!(task.may_take_over() && task.takes_over(&bob));
            bob.mode = if mode == Mode::Asynk { Mode::Blocking } else { Mode::Asynk };
            assert!(!task.takes_over(&bob), "it belongs to the other mode");
            (bob.mode, bob.name) = (mode, NewCron::name_by_hand("bob", &other).unwrap());
            assert!(!task.takes_over(&bob), "it was made by hand");
            let versions = [r#"{"type":"plain"}"#, r#"{"type":"plain","version":2}"#];
            assert_eq!(versions.map(|json| saved(json, mode).may_take_over()), [false, true]);
            // From before the argument `greeting`, and from a program that was already renamed.
            for json in [r#"{"type":"greet","name":"Ada"}"#, r#"{"type":"say hello","name":"Ada","greeting":null}"#] {
                let old = queue.schedule(saved(json, mode))$($await)*.unwrap();
                let new = queue.schedule(greeted("Ada".to_owned(), None).cron(hourly()))$($await)*.unwrap();
                assert!(new.id == old.id || json.contains("say"), "{new:?} is not the tick of {old:?}");
            }
            let old = queue.schedule(saved(r#"{"type":"before","id":7}"#, mode))$($await)*.unwrap();
            let new = || versioned(7, "version 1".to_owned()).task_type("renamed").cron(hourly());
            assert_eq!(queue.schedule(new())$($await)*.unwrap().id, old.id);
            assert_eq!(queue.schedule(new())$($await)*.unwrap().id, old.id);
            let crons = queue.admin().unwrap().list_crons()$($await)*.unwrap();
            let mut names = crons.into_iter().map(|cron| cron.name).collect::<Vec<_>>();
            let mut expected = [greeted("Ada".to_owned(), None), new(), other].map(|task| task.cron_name());
            names.sort_unstable();
            expected.sort_unstable();
            assert_eq!(names, expected);
        }

        async fn a_renamed_task_runs_what_was_saved_before(queue: impl Backend) {
            let mode = <greeted as Declared>::DECLARATION.mode;
            let (told, mut heard): (Told, Heard) = telephone();
            let mut pool = WorkerPool::builder()
                .number_of_workers(1_u32)
                .queue(queue.clone())
                .task_type("renamed")
                .state(told)
                .register::<greeted>()
                .allow_kind(greeted::KIND)
                .build();
            pool.start()$($await)*.unwrap();
            for (kind, greeting) in [("greet", "hi"), ("say hello", "good day"), ("greeted", "welcome")] {
                let json = format!(r#"{{"type":"{kind}","name":"Ada","greeting":"{greeting}"}}"#);
                queue.insert(NewTask::new(json, "renamed".to_owned(), mode))$($await)*.unwrap();
                assert_eq!(heard.next().await, format!("{greeting} Ada"));
            }
            // A payload from before the argument was added.
            let json = r#"{"type":"greet","name":"Ada"}"#.to_owned();
            queue.insert(NewTask::new(json, "renamed".to_owned(), mode))$($await)*.unwrap();
            assert_eq!(heard.next().await, "hello Ada");
            pool.shutdown(PATIENCE)$($await)*;
        }
    };
}
in_both_modes!(options);
