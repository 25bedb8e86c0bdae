//! What the pages show.

use crate::browser::{get, get_with};
use crate::fleet::{Fleet, mail};
use fang::{AsyncBackend, AsyncWorkerPool, MemoryQueue};
use std::time::Duration;

const PAGES: [&str; 13] = [
    "/",
    "/tasks",
    "/running",
    "/errors",
    "/types",
    "/kinds",
    "/insert",
    "/workers",
    "/crons",
    "/doctor",
    "/changes",
    "/log",
    "/settings",
];

#[tokio::test]
async fn every_page_is_there_while_there_is_nothing_to_show() {
    for fleet in Fleet::both().await {
        for page in PAGES {
            get(&fleet.routes, page).await.page();
        }
        assert!(get(&fleet.routes, "/tasks").await.page().contains("No task matches."));
    }
}

#[tokio::test]
async fn every_page_shows_what_is_there() {
    for fleet in Fleet::both().await {
        let waits = fleet.insert(mail("Welcome")).await;
        let failed = fleet.failed("Bill").await;
        fleet.cron().await;
        fleet.admin.pause("mail").await.unwrap();
        let page = async |path: &str| get(&fleet.routes, path).await.page();
        let overview = page("/").await;
        for text in ["Due", "Failed", "<strong class=\"bad\">1</strong>", "<svg role=\"img\""] {
            assert!(overview.contains(text), "{text} in {overview}");
        }
        let tasks = page("/tasks").await;
        assert!(tasks.contains(&waits.to_string()) && tasks.contains(&failed.to_string()));
        let some = page("/tasks?state=failed&kind=Bill&payload=user.id%3D9007199254740993").await;
        assert!(!some.contains(&waits.to_string()) && some.contains(&failed.to_string()));
        assert!(page("/errors").await.contains("cancelled"));
        let types = page("/types").await;
        assert!(types.contains("paused") && types.contains("Resume") && types.contains(">mail<"), "{types}");
        let crons = page("/crons").await;
        assert!(crons.contains("Report/hand:nightly") && crons.contains("0 3 * * *"));
        let doctor = page("/doctor").await;
        assert!(doctor.contains("To do:") || doctor.contains("Nothing was found"), "{doctor}");
    }
}

#[tokio::test]
async fn a_task_is_shown_whole_with_all_digits_of_its_numbers() {
    for fleet in Fleet::both().await {
        let id = fleet.insert(mail("Welcome").tags(["vip"]).header("trace", "abc")).await;
        let page = get(&fleet.routes, &format!("/tasks/{id}")).await.page();
        for text in ["9007199254740993", "Welcome", "vip", "abc", "Timeline", "inserted", "Run now", "normal"]
        {
            assert!(page.contains(text), "{text} in {page}");
        }
        let by_id = get(&fleet.routes, &format!("/tasks?id={id}")).await;
        assert_eq!(by_id.sent_to(), format!("/tasks/{id}"));
        let gone = get(&fleet.routes, "/tasks/01890a5d-ac96-774b-bcce-b302099a8057").await;
        assert_eq!(gone.status, 404);
        assert!(gone.body.contains("no task has the id 01890a5d"), "{}", gone.body);
    }
}

#[fang::task(task_type = "quick")]
async fn short_task() {}

async fn shows_times_of_runs_and_in_the_queue(fleet: &Fleet, queue: impl AsyncBackend + 'static) {
    let mut pool =
        AsyncWorkerPool::builder().number_of_workers(1_u32).task_type("quick").queue(queue).build();
    pool.start().await.unwrap();
    let id = fleet.insert(short_task()).await;
    while fleet.state(id).await != "gone" {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    pool.shutdown(Duration::from_secs(10)).await;
    let row = |page: &str, name: &str| {
        let (_, row) = page.split_once(&format!("<bdi>{name}</bdi></a></th>")).unwrap_or_default();
        let row = row.split("</tr>").next().unwrap_or_default();
        row.matches("s</td>").count()
    };
    for (path, name) in [("/", "quick"), ("/types", "quick"), ("/kinds", "short_task")] {
        let page = get(&fleet.routes, path).await.page();
        assert!(page.contains("Run p95") && page.contains("Wait p95"), "{page}");
        assert_eq!(row(&page, name), 6, "{page}");
    }
}

#[tokio::test]
async fn times_of_runs_and_in_the_queue_are_shown_by_task_type_and_by_kind() {
    let queue = MemoryQueue::new();
    shows_times_of_runs_and_in_the_queue(&Fleet::over(&queue, None), queue).await;
    let (fleet, queue) = Fleet::with_queue().await;
    shows_times_of_runs_and_in_the_queue(&fleet, queue).await;
}

/// What half a year of hours and an hour of minutes would be.
const COUNTED: &str = r#"INSERT INTO fang_minutes (is_hour, minute, is_kind, name, counts)
    SELECT per = 'hour', date_trunc(per, now()) - n * ('1 ' || per)::interval, is_kind, 'Mail',
        '{"started": 9, "failed": 1, "us": 9000, "b20": 9, "wus": 90000, "w26": 9}'
    FROM generate_series(1, 4319) n, (VALUES ('minute'), ('hour')) spans (per), (VALUES (false), (true)) named (is_kind)"#;

#[tokio::test]
async fn charts_of_an_hour_to_half_a_year_are_drawn_by_task_type_and_by_kind() {
    let fleet = Fleet::in_postgres().await;
    fleet.database.as_ref().unwrap().client().await.unwrap().batch_execute(COUNTED).await.unwrap();
    for (window, points) in
        [("1h", 60), ("6h", 72), ("1d", 72), ("3d", 72), ("1w", 56), ("1mo", 72), ("6mo", 72)]
    {
        for path in ["/?type=Mail", "/kinds?kind=Mail", "/?", "/kinds?"] {
            let page = get(&fleet.routes, &format!("{path}&window={window}")).await.page();
            let drawn =
                ["rect class=\"started\"", "rect class=\"failed\""].map(|text| page.matches(text).count());
            assert!(drawn.iter().all(|drawn| points - drawn <= 1), "{drawn:?} {path} {window}");
            assert_eq!(page.matches("path class=\"p99\" d=\"M").count(), 2, "{path} {window}");
            assert!(page.contains(&format!("aria-current=\"true\">{window}</a>")), "{page}");
        }
    }
}

#[fang::task(task_type = "slow")]
async fn long_task() {
    std::future::pending::<()>().await;
}

async fn shows_a_running_task(fleet: &Fleet, queue: impl AsyncBackend + 'static) {
    let mut pool = AsyncWorkerPool::builder().number_of_workers(3_u32).task_type("slow").queue(queue).build();
    pool.start().await.unwrap();
    let id = fleet.insert(long_task()).await;
    while fleet.state(id).await != "in_progress" {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let worker = fleet.admin.workers().await.unwrap().remove(0);
    let page = get(&fleet.routes, &format!("/tasks/{id}")).await.page();
    assert!(page.contains(&format!("worker {}", worker.id)) && page.contains("claimed"), "{page}");
    assert!(page.contains("Time in the queue") && !page.contains("not begun"), "{page}");
    let page = get(&fleet.routes, "/running").await.page();
    assert!(page.contains(&id.to_string()) && page.contains(&worker.host), "{page}");
    pool.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn a_running_task_is_shown_with_its_worker() {
    let queue = MemoryQueue::new();
    shows_a_running_task(&Fleet::over(&queue, None), queue).await;
    let (fleet, queue) = Fleet::with_queue().await;
    shows_a_running_task(&fleet, queue).await;
}

#[tokio::test]
async fn pages_follow_each_other_and_keep_the_filter() {
    let fleet = Fleet::in_memory();
    for _ in 0..51 {
        fleet.insert(mail("Welcome")).await;
    }
    let page = get(&fleet.routes, "/tasks?kind=Welcome").await.page();
    let (_, rest) = page.split_once("rel=\"next\" href=\"").unwrap();
    let next = rest.split_once('"').unwrap().0.replace("&amp;", "&");
    assert!(next.starts_with("/tasks?kind=Welcome&after="), "{next}");
    let page = get(&fleet.routes, &next).await.page();
    assert_eq!(page.matches("name=\"id\" value=").count(), 1);
    assert!(page.contains("First page") && !page.contains("rel=\"next\""));
}

#[tokio::test]
async fn a_payload_is_shown_without_what_the_application_takes_out() {
    let fleet = Fleet::in_memory();
    let id = fleet.insert(mail("Welcome")).await;
    let redact = |_: &fang::Task, payload: &mut serde_json::Value| payload["user"]["id"] = "***".into();
    let routes = fleet.with(|dashboard| dashboard.redact(redact).read_only());
    let page = get(&routes, &format!("/tasks/{id}")).await.page();
    assert!(page.contains("***") && !page.contains("9007199254740993"), "{page}");
    // A search tells as much as the payload.
    for path in
        ["/tasks?payload=user.id%3D9007199254740993", "/change?do=retry&scope=all&payload_json=%7B%7D"]
    {
        assert_eq!(get(&routes, path).await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_says_what_to_write() {
    let fleet = Fleet::in_memory();
    let cases = [
        ("/tasks?older_than=5", "older_than: write a whole number of ms, s, m, h or d, such as 90s"),
        ("/tasks?state=odd", "there is no such state"),
        ("/tasks?after=x", "begin with the first page"),
        ("/tasks?id=7", "this is no id of a task"),
    ];
    for (path, advice) in cases {
        let answer = get(&fleet.routes, path).await;
        assert!(answer.status == 400 && answer.body.contains(advice), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn files_are_served_with_their_types_to_everyone() {
    let fleet = Fleet::in_memory();
    let types = [
        ("/style.css", "text/css"),
        ("/live.js", "text/javascript"),
        ("/keys.js", "text/javascript"),
        ("/icon.svg", "image/svg+xml"),
    ];
    for (path, kind) in types {
        let answer = get_with(&fleet.routes, path, &[]).await;
        assert!(answer.status == 200 && answer.header("content-type").starts_with(kind), "{path}");
    }
}

#[tokio::test]
async fn numbers_beyond_64_bits_are_shown_whole_unless_they_are_taken_out() {
    let payload = r#"{"n":123456789012345678901234567890,"card":98765432109876543210}"#;
    for fleet in Fleet::both().await {
        let fields: Box<serde_json::value::RawValue> = serde_json::from_str(payload).unwrap();
        let id = fleet.insert(fang::NewTask::of_kind("Long", fields)).await;
        let page = get(&fleet.routes, &format!("/tasks/{id}")).await.page();
        assert!(page.contains("123456789012345678901234567890") && page.contains("bytes</small>"), "{page}");
        let json = get(&fleet.routes, &format!("/tasks/{id}/payload.json")).await;
        assert_eq!((json.status.as_u16(), json.header("content-type")), (200, "application/json"));
        assert!(json.body.contains("98765432109876543210"), "{}", json.body);
        let routes = fleet.with(|dashboard| dashboard.redact(|_, payload| payload["card"] = "***".into()));
        for path in [format!("/tasks/{id}"), format!("/tasks/{id}/payload.json")] {
            let shown = get(&routes, &path).await.body;
            assert!(shown.contains("123456789012345678901234567890") && !shown.contains("98765"), "{shown}");
        }
    }
}

#[tokio::test]
async fn old_words_for_states_are_shown_as_the_new_ones() {
    let fleet = Fleet::in_memory();
    let page = get(&fleet.routes, "/tasks?state=in_progress").await.page();
    assert!(page.contains("<option value=\"running\" selected>"), "{page}");
    let newest = get(&fleet.routes, "/tasks?state=failed&order=newest").await.page();
    assert!(newest.contains("<option value=\"newest\" selected>"), "{newest}");
}

/// The script counts from the instant of the page, and not from the clock of the browser.
#[tokio::test]
async fn every_page_tells_the_time_of_the_store() {
    let fleet = Fleet::in_memory();
    let page = get(&fleet.routes, "/tasks").await.page();
    let told = page.split_once("data-now=\"").unwrap().1.split_once('"').unwrap().0.parse::<i64>().unwrap();
    let now = fleet.admin.now().await.unwrap().timestamp_millis();
    assert!((0..10_000).contains(&(now - told)), "{told} {now}");
}

#[tokio::test]
async fn colours_and_zones_are_those_that_the_browser_chose() {
    let fleet = Fleet::in_memory();
    let routes = fleet.with(fang_web::Dashboard::read_only);
    let saved = crate::browser::post(&routes, "/settings", &[("theme", "dark"), ("zone", "utc")]).await;
    assert_eq!(saved.sent_to(), "/settings?told=saved");
    let cookie = saved.header("set-cookie").split(';').next().unwrap().to_owned();
    let page = get_with(&routes, "/", &[crate::browser::BEARER, ("cookie", &cookie)]).await.page();
    for text in ["data-theme=\"dark\"", "content=\"dark\"", "data-zone=\"utc\""] {
        assert!(page.contains(text), "{text} in {page}");
    }
    let odd = crate::browser::post(&routes, "/settings", &[("theme", "\"><script>")]).await;
    assert!(odd.header("set-cookie").starts_with("fang_web_look=auto.local.on;"), "{:?}", odd.headers);
}

#[tokio::test]
async fn the_log_tells_the_actions_of_viewers() {
    let fleet = Fleet::in_memory();
    crate::browser::post(&fleet.routes, "/types", &[("do", "pause"), ("task_type", "mail")]).await;
    let page = get(&fleet.routes, "/log").await.page();
    assert!(page.contains("pause type") && page.contains(">mail<") && page.contains(">token<"), "{page}");
}
