use super::super::rig::Rig;
use super::*;
use chrono::DateTime;
use fang_core::FangTaskState;
use fang_core::store::{Change, Counts, WorkerId, WorkerRow};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

#[test]
fn tabs_are_reached_by_number_and_one_after_the_other() {
    let mut rig = Rig::new();
    for (key, tab) in ('1'..='6').zip(Tab::ALL) {
        rig.press(&key.to_string());
        assert_eq!(rig.state.tab, tab);
    }
    rig.key(KeyCode::Tab);
    assert_eq!(rig.state.tab, Tab::Overview);
    rig.key(KeyCode::Left);
    assert_eq!((rig.state.tab, rig.state.wanted().focus), (Tab::Crons, Focus::Crons));
}

#[tokio::test]
async fn nothing_is_changed_before_it_is_confirmed() {
    let mut rig = Rig::new();
    let id = rig.failed("Mail").await;
    rig.press("4");
    rig.look().await;
    assert_eq!(rig.press("r"), Effect::None);
    assert_eq!(rig.told(), format!("retry the task {id} (Mail, failed: cancelled)? [y/N]"));
    rig.press("n");
    for no in [KeyCode::Char('n'), KeyCode::Esc, KeyCode::Enter, KeyCode::Char('q')] {
        rig.press("r");
        assert_eq!(rig.key(no), Effect::None);
        assert_eq!(rig.told(), "not confirmed; nothing was changed");
    }
    let act = rig.act(id, Change::Retry).await;
    assert_eq!(rig.press("ry"), Effect::Do(act.clone()));
    assert_eq!(rig.told(), format!("retry the task {id}: asked; waiting for the database"));
    rig.perform(&act).await;
    assert_eq!(rig.told(), format!("retried {id}"));
    assert!(rig.state.rows().is_empty() && rig.admin.find(id).await.unwrap().unwrap().state.is_waiting());
}

#[tokio::test]
async fn a_task_that_is_not_what_was_shown_is_left_alone() {
    let mut rig = Rig::new();
    let id = rig.failed("Mail").await;
    let act = rig.act(id, Change::Remove).await;
    assert!(rig.admin.retry(id).await.unwrap());
    rig.perform(&act).await;
    let told = format!("{id} has changed since it was shown, and is retried now; nothing was changed");
    assert_eq!(rig.told(), told);
    assert!(rig.admin.cancel(id).await.unwrap());
    rig.perform(&act).await;
    assert!(rig.told().contains("has changed since it was shown, and is failed now"), "failed once more");
    let act = rig.act(id, Change::Remove).await;
    rig.perform(&act).await;
    assert_eq!(rig.told(), format!("removed {id}"));
    rig.perform(&act).await;
    assert_eq!(rig.told(), format!("{id} is gone; nothing was changed"));
}

#[tokio::test]
async fn only_keys_move_the_selection() {
    let mut rig = Rig::new();
    let (first, second) = (rig.failed("First").await, rig.failed("Second").await);
    rig.press("4");
    rig.look().await;
    let third = rig.failed("Third").await;
    rig.look().await;
    let act = rig.act(second, Change::Remove).await;
    assert_eq!(rig.press("dy"), Effect::Do(act.clone()), "the one that was selected before a key");
    rig.perform(&act).await;
    let act = rig.act(first, Change::Remove).await;
    assert_eq!(rig.press("dy"), Effect::Do(act), "the one in the place of a row that is gone");
    rig.press("k");
    assert!(rig.admin.retry(third).await.unwrap());
    rig.look().await;
    assert!(rig.admin.cancel(third).await.unwrap());
    rig.look().await;
    assert_eq!(rig.press("dy"), Effect::Do(rig.act(first, Change::Remove).await), "it does not jump back");
}

#[tokio::test]
async fn a_question_about_a_row_that_is_gone_is_withdrawn() {
    let mut rig = Rig::new();
    let (other, id) = (rig.failed("Other").await, rig.failed("Mail").await);
    rig.press("4");
    rig.look().await;
    rig.press("d");
    rig.look().await;
    assert!(matches!(rig.state.mode, Mode::Ask(_)), "it is still there");
    assert!(rig.admin.retry(id).await.unwrap());
    rig.look().await;
    assert_eq!((rig.press("y"), rig.state.rows().len()), (Effect::None, 1));
    assert_eq!(rig.press("dy"), Effect::Do(rig.act(other, Change::Remove).await));
}

#[tokio::test]
async fn rows_of_another_filter_are_not_shown() {
    let mut rig = Rig::new();
    let (mail, report) = (rig.failed("Mail").await, rig.failed("Report").await);
    rig.press("4");
    rig.look().await;
    rig.press("/kind=Mail");
    rig.key(KeyCode::Enter);
    assert!(rig.state.seen().is_none() && rig.press("d") == Effect::None && rig.state.mode == Mode::Browse);
    rig.look().await;
    assert_eq!(rig.press("dy"), Effect::Do(rig.act(mail, Change::Remove).await));
    rig.press("/");
    rig.key(KeyCode::Enter);
    assert_eq!(rig.state.rows().len(), 1, "the same filter");
    rig.key(KeyCode::Esc);
    assert!(rig.state.seen().is_none() && rig.state.has_seen());
    rig.look().await;
    rig.press("g");
    assert_eq!(rig.press("dy"), Effect::Do(rig.act(report, Change::Remove).await));
}

#[tokio::test]
async fn an_action_that_does_not_fit_is_refused_with_the_rule() {
    let mut rig = Rig::new();
    rig.failed("Mail").await;
    rig.press("4");
    rig.look().await;
    rig.press("c");
    assert_eq!(
        (&rig.state.mode, rig.told()),
        (&Mode::Browse, "only a task that waits or runs can be cancelled".into())
    );
    rig.press("p");
    assert_eq!((&rig.state.mode, rig.told()), (&Mode::Browse, String::new()), "a task cannot be paused");
}

#[tokio::test]
async fn the_selection_stays_on_its_row_while_others_come_and_go() {
    let mut rig = Rig::new();
    let (older, newer) = (rig.failed("Old").await, rig.failed("New").await);
    rig.press("4j");
    rig.look().await;
    rig.press("j");
    rig.failed("Newest").await;
    rig.look().await;
    let rows = rig.state.rows();
    assert_eq!(rig.state.selected(&rows), Some(2));
    let act = rig.act(older, Change::Remove).await;
    assert_eq!(rig.press("dy"), Effect::Do(act.clone()));
    rig.perform(&act).await;
    let act = rig.act(newer, Change::Remove).await;
    assert_eq!(rig.press("dy"), Effect::Do(act), "the row before the last one");
}

#[tokio::test]
async fn enter_looks_into_a_task_and_escape_goes_back_step_by_step() {
    let mut rig = Rig::new();
    let id = rig.failed("Mail").await;
    rig.press("4/Ma");
    rig.key(KeyCode::Enter);
    rig.press("/");
    rig.key(KeyCode::Backspace);
    rig.key(KeyCode::Backspace);
    rig.press("kind=Mail");
    rig.key(KeyCode::Enter);
    rig.look().await;
    rig.key(KeyCode::Enter);
    assert_eq!(rig.state.wanted().focus, Focus::Task(id));
    assert_eq!(rig.press("r"), Effect::None, "nothing was seen of it yet");
    rig.look().await;
    let act = rig.act(id, Change::Retry).await;
    assert_eq!(rig.press("ry"), Effect::Do(act));
    assert_eq!(rig.key(KeyCode::Esc), Effect::None);
    assert!(rig.state.task.is_none() && rig.told().contains("only those with kind=Mail"));
    assert_eq!(rig.key(KeyCode::Esc), Effect::None);
    assert_eq!(rig.key(KeyCode::Esc), Effect::Leave);
}

#[test]
fn failed_tasks_are_filtered_by_the_database() {
    let mut rig = Rig::new();
    rig.press("4/type=mail no route kind=Mail priority=high");
    assert!(rig.told().ends_with("type=mail no route kind=Mail priority=high_"));
    rig.key(KeyCode::Enter);
    let Focus::Failed(filter) = rig.state.wanted().focus else { panic!() };
    assert_eq!((filter.kind.as_deref(), filter.task_type.as_deref()), (Some("Mail"), Some("mail")));
    assert_eq!((filter.error.as_deref(), filter.state), (Some("no route"), Some(FangTaskState::Failed)));
    assert!(filter.without_payload && filter.priority == Some(fang_core::Priority::High));
}

#[tokio::test]
async fn a_pasted_text_presses_no_keys_and_is_for_a_filter() {
    let mut rig = Rig::new();
    rig.failed("Mail").await;
    rig.press("4");
    rig.look().await;
    rig.state.paste("handy");
    assert_eq!((&rig.state.mode, rig.told()), (&Mode::Browse, String::new()));
    rig.press("/");
    rig.state.paste("no route\nto host");
    rig.key(KeyCode::Enter);
    let Focus::Failed(filter) = rig.state.wanted().focus else { panic!() };
    assert_eq!(filter.error.as_deref(), Some("no route to host"));
}

#[tokio::test]
async fn other_rows_are_filtered_by_any_of_their_cells() {
    let mut rig = Rig::new();
    rig.insert("Mail", "mail").await;
    rig.insert("Report", "reports").await;
    rig.press("2");
    rig.look().await;
    assert_eq!(rig.state.rows().len(), 2);
    rig.press("/REP");
    rig.key(KeyCode::Enter);
    assert_eq!(rig.state.rows().iter().map(|row| row.cells[0].as_str()).collect::<Vec<_>>(), ["reports"]);
    assert_eq!(rig.press("py"), Effect::Do(Act::PauseType("reports".into())));
    rig.perform(&Act::PauseType("reports".into())).await;
    assert_eq!(
        (rig.told(), rig.press("py")),
        ("reports: paused".into(), Effect::Do(Act::ResumeType("reports".into())))
    );
}

#[tokio::test]
async fn a_lost_database_is_told_and_what_was_seen_stays() {
    let mut rig = Rig::new();
    assert!(!rig.state.has_seen());
    rig.insert("Mail", "mail").await;
    rig.look().await;
    rig.state.wait(Duration::from_secs(7));
    assert_eq!(rig.told(), "the database has not answered for 7s");
    rig.state.lose(&Failure::new("the server is away"));
    assert_eq!(rig.told(), "no look: the server is away; trying again");
    assert!(rig.state.has_seen() && rig.state.rows().len() == 1);
    rig.look().await;
    assert_eq!(rig.told(), "");
}

#[tokio::test]
async fn crons_are_run_paused_and_resumed() {
    let mut rig = Rig::new();
    let task = fang_core::NewTask::of_kind("Report", serde_json::json!({}));
    let name = rig.admin.set_cron("nightly", fang_core::Cron::new("0 3 * * *"), task).await.unwrap();
    rig.press("6");
    rig.look().await;
    for (key, act) in
        [('n', Act::RunCron(name.clone())), ('p', Act::PauseCron(name.clone())), ('p', Act::ResumeCron(name))]
    {
        assert_eq!(rig.press(&format!("{key}y")), Effect::Do(act.clone()));
        rig.perform(&act).await;
    }
    assert!(rig.told().ends_with("resumed"), "{}", rig.told());
    let gone = Act::RunCron("gone".into()).perform(&rig.admin).await;
    assert_eq!(gone.unwrap_err().to_string(), "there is no cron gone any more");
}

fn worker(id: i64, is_quiet: bool, is_dead: bool) -> Seen {
    let at = DateTime::UNIX_EPOCH;
    let row = WorkerRow {
        id: WorkerId(id),
        info: r#"{"host": "web-1", "pid": 42}"#,
        started_at: at,
        beat_at: at,
        silent_for: Duration::ZERO,
        is_dead,
        is_lost: false,
        load: Some((10, 3, is_quiet)),
        asked: None,
        told: Counts::default(),
        gathered: Counts::default(),
    };
    Seen::Workers(vec![row.read()])
}

#[tokio::test]
async fn workers_become_quiet_resume_and_stop_unless_they_are_dead() {
    let mut rig = Rig::new();
    rig.press("5");
    rig.state.see(Focus::Workers, worker(7, false, false));
    assert_eq!(rig.press("zy"), Effect::Do(Act::QuietWorker(WorkerId(7))));
    rig.state.see(Focus::Workers, worker(7, true, false));
    assert_eq!(rig.press("zy"), Effect::Do(Act::ResumeWorker(WorkerId(7))));
    assert_eq!(rig.press("sy"), Effect::Do(Act::StopWorker(WorkerId(7))));
    rig.perform(&Act::StopWorker(WorkerId(7))).await;
    assert_eq!(rig.told(), "no living worker has the id 7");
    rig.state.see(Focus::Workers, worker(7, true, true));
    rig.press("s");
    assert_eq!((&rig.state.mode, rig.told()), (&Mode::Browse, "the worker is dead".into()));
}

#[test]
fn control_keys_leave_and_stop_whatever_is_on_the_screen() {
    let mut rig = Rig::new();
    for before in ["", "?", "/text"] {
        rig.press(before);
        let control = |key| KeyEvent::new(KeyCode::Char(key), KeyModifiers::CONTROL);
        assert_eq!(rig.state.press(control('z')), Effect::Stop);
        assert_eq!(rig.state.press(control('c')), Effect::Leave);
        assert_eq!(rig.state.press(control('x')), Effect::None);
        rig.key(KeyCode::Esc);
    }
    assert_eq!(rig.press("q"), Effect::Leave);
}
