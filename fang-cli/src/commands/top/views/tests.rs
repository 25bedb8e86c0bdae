use super::super::history::Point;
use super::super::looks::{Focus, SeenOverview, SeenTask};
use super::super::rig::Rig;
use super::*;
use chrono::Utc;
use fang_core::Task;
use fang_core::store::{Matching, Overview};
use ratatui::crossterm::event::KeyCode;
use ratatui::style::Color;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn every_tab_fits_into_the_smallest_terminal() {
    let mut rig = Rig::new();
    let id = rig.failed("Mail").await;
    rig.insert("Report", "reports").await;
    let shown: [&[&str]; 6] = [
        &["waiting 1  due 1 (oldest 0s)  running 0  failed 1", "finished a minute: 0 at most", "STARTED/S"],
        &["TASK TYPE", "reports", "PAUSED"],
        &["FOR", "none", "short tasks may run"],
        &["FAILED", "cancelled", "0s ago"],
        &["STATE", "HOST", "none"],
        &["NEXT TICK", "none"],
    ];
    for (number, texts) in (1..).zip(shown) {
        rig.press(&number.to_string());
        rig.look().await;
        let screen = rig.screen(60, 15);
        let all = screen.join("\n");
        assert!(texts.iter().all(|text| all.contains(text)), "{all}");
        assert!(screen[0].starts_with("1 Overview 2 Types 3 Running 4 Failed 5 Workers 6 Crons"), "{all}");
        assert!(screen[14].ends_with("/ filter  ? help  q leave"), "{all}");
    }
    rig.press("4d");
    let asked = rig.screen(60, 15).join("\n");
    assert!(
        asked.contains(&format!("remove the task {id}")) && asked.contains("cancelled)? [y/N]"),
        "{asked}"
    );
    rig.press("n?");
    let help = rig.screen(60, 15);
    assert!(
        help[12].starts_with("q, Ctrl-C") && help.iter().any(|line| line.ends_with("kind=X, type=X")),
        "{help:?}"
    );
}

#[test]
fn a_smaller_terminal_says_what_is_needed() {
    let mut rig = Rig::new();
    for (width, height) in [(59, 15), (60, 14), (20, 3), (1, 1)] {
        let screen = rig.screen(width, height).join(" ").trim_end().to_owned();
        let told = format!("The terminal has {width}x{height}; fang top needs 60x15.");
        assert!(told.starts_with(&screen) && !screen.is_empty(), "{screen:?}");
    }
}

fn hour(points: Vec<Point>) -> Seen {
    let none = Matching::default();
    let overview = Overview::new(&[], none, none);
    Seen::Overview(Box::new(SeenOverview {
        overview,
        types: vec![],
        workers: vec![],
        points,
        counted_ago: Duration::from_secs(8),
    }))
}

#[test]
fn the_last_hour_is_a_bar_for_each_minute_with_the_newest_at_the_right() {
    let mut rig = Rig::new();
    let point = |minute: u64| Point { finished: minute * 10, failed: u64::from(minute == 59) * 3 };
    rig.state.see(Focus::Overview, hour((0..60).map(point).collect()));
    let screen = rig.screen(122, 30);
    assert!(screen[1].contains("due 0 (counted 8s ago)"), "{screen:#?}");
    assert!(
        screen[3].contains("finished a minute: 590 at most")
            && screen[3].contains("failed a minute: 3 at most")
    );
    let bars: Vec<char> = screen[9].chars().collect();
    assert_eq!((bars[0], bars[59], bars[120], bars[121]), (' ', '█', ' ', '█'), "{screen:#?}");
    let narrow: Vec<char> = rig.screen(60, 15)[6].chars().collect();
    assert_eq!((narrow[28], narrow[59]), ('█', '█'));
}

#[test]
fn without_colours_there_are_only_bold_dim_and_reversed_texts() {
    let mut rig = Rig::new();
    rig.state.see(Focus::Overview, hour(vec![Point { finished: 1, failed: 1 }; 60]));
    let colours = |rig: &mut Rig| {
        let buffer = rig.buffer(80, 24);
        buffer.content().iter().any(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset)
    };
    assert!(!colours(&mut rig));
    rig.state.theme = Theme::coloured();
    assert!(colours(&mut rig));
}

#[tokio::test]
async fn no_kind_can_break_a_row() {
    let mut rig = Rig::new();
    for kind in
        ["plain", "a\u{1b}[2Jb", "gpj\u{202e}exe", "漢字漢字", "e\u{301}\u{302}x", "👨\u{200d}👩", "a\tb\nc"]
    {
        rig.failed(kind).await;
    }
    rig.press("4");
    rig.look().await;
    let buffer = rig.buffer(100, 15);
    let column =
        |y: u16| (0..100).find(|x| buffer[(*x, y)].symbol() == "0" && buffer[(*x + 1, y)].symbol() == "s");
    let first = column(2).unwrap();
    assert!((2..9).all(|y| column(y) == Some(first)), "{buffer:?}");
    let screen = rig.screen(100, 15).join("\n");
    assert!(
        screen.contains("gpj\\u{202e}exe") && screen.contains("a\\u{1b}[2Jb") && screen.contains("a b c"),
        "{screen}"
    );
}

async fn task(rig: &Rig) -> Task {
    let id = rig.failed("Mail").await;
    rig.admin.find(id).await.unwrap().unwrap()
}

fn seen(task: Task) -> Seen {
    Seen::Task(Box::new(SeenTask { task: Some(task), running: None, now: Utc::now() }))
}

#[tokio::test]
async fn a_task_is_shown_with_its_history_failures_and_payload() {
    let mut rig = Rig::new();
    let task = task(&rig).await;
    rig.press("4");
    rig.look().await;
    rig.key(KeyCode::Enter);
    rig.look().await;
    let all = rig.screen(80, 40).join("\n");
    for text in
        ["Mail  failed  ", "cancelled", "task type    mail", "Timeline", "inserted", "Payload", "\"user\": 7"]
    {
        assert!(all.contains(text), "{text}: {all}");
    }
    rig.admin.remove(&fang_core::store::Removal::Id(task.id)).await.unwrap();
    rig.look().await;
    assert!(rig.screen(100, 15)[1].starts_with(&format!("no task has the id {}", task.id)));
}

#[tokio::test]
async fn a_long_payload_is_folded_and_scrolled() {
    let mut rig = Rig::new();
    let mut task = task(&rig).await;
    task.metadata = json!({ "type": "Mail", "lines": (0..1000).collect::<Vec<_>>() });
    rig.press("4");
    rig.look().await;
    rig.key(KeyCode::Enter);
    rig.state.see(Focus::Task(task.id), seen(task));
    let folded = rig.screen(60, 30).join("\n");
    assert!(folded.contains("bytes, f shows them") && !folded.contains("999"), "{folded}");
    rig.press("fG");
    let end = rig.screen(60, 30).join("\n");
    assert!(end.contains("    999\n") && !end.contains("Timeline"), "{end}");
    rig.key(KeyCode::PageUp);
    assert!(!rig.screen(60, 30).join("\n").contains("    999\n"));
    rig.press("g");
    assert!(rig.screen(60, 30)[1].starts_with("Mail  failed"));
    rig.press("Gf");
    assert!(rig.screen(60, 30)[1].starts_with("Mail  failed"), "a folded payload begins at its top");
}
