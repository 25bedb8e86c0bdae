//! Code of the application around runs and before inserts.

use crate::seam::{Act, Around, Elsewhere, How, Mode, PATIENCE, Queue, World, next_event};
use async_channel::unbounded;
use fang_core::{FangError, FangTaskState, NewTask, QueueError, Unique};
use fang_engine::Event;
use std::sync::{Arc, Mutex};

crate::each_mode_and_store! {
    middleware_sees_the_run_its_payload_and_its_result,
    middleware_may_refuse_a_run_and_change_its_result,
    a_panic_of_middleware_is_a_failure,
}

crate::one_mode! {
    asynk_inserts, Asynk,
    an_insert_may_be_changed_refused_and_heard,
    a_queue_tells_of_crons_and_of_waiting_tasks_that_are_cancelled,
    a_cron_keeps_its_name_whatever_changes_its_task,
    a_cron_saves_the_headers_of_its_task_but_no_trace,
    a_task_that_may_not_be_inserted_may_be_removed,
}

crate::one_mode! {
    blocking_inserts, Blocking,
    an_insert_may_be_changed_refused_and_heard,
    a_queue_tells_of_crons_and_of_waiting_tasks_that_are_cancelled,
    a_cron_keeps_its_name_whatever_changes_its_task,
    a_cron_saves_the_headers_of_its_task_but_no_trace,
    a_task_that_may_not_be_inserted_may_be_removed,
}

async fn middleware_sees_the_run_its_payload_and_its_result(world: World) {
    let log = Arc::<Mutex<Vec<String>>>::default();
    let _pool = world.pool(1).middleware(Around::Logs(log.clone())).start().await;
    let fails = Act { retries: 0, ..Act::new("seen", How::FailBefore(2)) };
    let task = world.queue.insert_task(&fails).await.unwrap();
    world.row_in(&task, FangTaskState::Failed).await;
    let log = log.lock().unwrap();
    assert!(log[0].starts_with("Act {") && log[0].contains("seen"), "{log:?}");
    assert!(log[1].contains("attempt 1 fails"), "{log:?}");
}

async fn middleware_may_refuse_a_run_and_change_its_result(world: World) {
    let mut pool = world.pool(1).middleware(Around::Refuses("Act")).start().await;
    let task = world.queue.insert_task(&Act { retries: 0, ..Act::new("never", How::Succeed) }).await.unwrap();
    let row = world.row_in(&task, FangTaskState::Failed).await;
    assert_eq!(row.error_message.as_deref(), Some("not here"));
    assert!(world.told().is_empty(), "it did not run");
    pool.shutdown(PATIENCE).await;
    let _pool = world.pool(1).middleware(Around::Forgives).start().await;
    let task = world.act("forgiven", How::FailBefore(9)).await;
    world.gone(&task).await;
}

async fn a_panic_of_middleware_is_a_failure(world: World) {
    let _pool = world.pool(1).middleware(Around::Panics).start().await;
    let task = world.queue.insert_task(&Act { retries: 0, ..Act::new("never", How::Succeed) }).await.unwrap();
    let row = world.row_in(&task, FangTaskState::Failed).await;
    assert_eq!(row.error_message.as_deref(), Some("the task panicked: in the middleware"));
}

/// Adds a tenant and the trace of a request, and refuses tasks of the kind `Elsewhere`.
fn stamp(task: NewTask) -> Result<NewTask, FangError> {
    match task.kind().as_deref() {
        Some("Elsewhere") => Err(FangError::new("not from here")),
        _ => {
            let traced = task.header("traceparent", "00-1-2-01").header("Tracestate", "a=b");
            let stamped = traced.header("request", "7").tag("stamped");
            stamped.field("tenant", &"acme").map_err(FangError::from_error)
        }
    }
}

/// A queue that stamps its tasks.
fn stamping(mode: Mode, uri: &str, listener: impl Fn(&Event) + Send + Sync + 'static) -> Queue {
    macro_rules! built {
        ($builder:expr) => {
            $builder.uri(uri).before_insert(stamp).on_event(listener).build()
        };
    }
    match mode {
        Mode::Asynk => Queue::Asynk(built!(fang_asynk::AsyncQueue::builder())),
        Mode::Blocking => Queue::Blocking(built!(fang_blocking::Queue::builder())),
    }
}

/// Else a program that schedules its crons when it starts would remove them at once.
async fn a_cron_keeps_its_name_whatever_changes_its_task(mode: Mode) {
    let world = World::postgres(mode).await;
    let queue = stamping(mode, world.uri(), |_| ());
    let yearly = Act { cron: Some("0 0 0 1 1 * *".to_owned()), ..Act::new("yearly", How::Succeed) };
    let task = || mode.new_task(&yearly);
    for _ in 0..2 {
        assert_eq!(queue.schedule_only(vec![task()]).await.unwrap(), 0);
    }
    assert_eq!(world.number("SELECT count(*) FROM fang_crons WHERE metadata->>'tenant' = 'acme'").await, 1);
    assert!(queue.run_cron(&task().cron_name()).await.unwrap().is_some());
}

/// Else the ticks of years would join the trace of the program that scheduled the cron.
async fn a_cron_saves_the_headers_of_its_task_but_no_trace(mode: Mode) {
    let world = World::postgres(mode).await;
    let queue = stamping(mode, world.uri(), |_| ());
    let yearly = Act { cron: Some("0 0 0 1 1 * *".to_owned()), ..Act::new("yearly", How::Succeed) };
    queue.schedule_task(&yearly).await.unwrap();
    queue.run_cron(&mode.new_task(&yearly).cron_name()).await.unwrap();
    let alike = |table: &str| {
        format!(r#"SELECT count(*) FROM {table} WHERE options->'headers' = '{{"request": "7"}}'"#)
    };
    assert_eq!(world.number(&alike("fang_crons")).await, 1);
    assert_eq!(world.number(&alike("fang_tasks")).await, 2, "the first tick, and the run by hand");
    let once = queue.insert_tasks(vec![mode.new_task(&yearly)]).await.unwrap();
    let once = queue.find_task_by_id(once[0].id).await.unwrap().unwrap();
    assert_eq!(once.headers["traceparent"], "00-1-2-01");
}

async fn a_task_that_may_not_be_inserted_may_be_removed(mode: Mode) {
    let world = World::postgres(mode).await;
    let queue = stamping(mode, world.uri(), |_| ());
    let earlier = mode.new_task(&Elsewhere).unique().unwrap();
    world.queue.insert_tasks(vec![earlier]).await.unwrap();
    assert_eq!(queue.remove_task_by_metadata(&Elsewhere).await.unwrap(), 1);
}

async fn a_queue_tells_of_crons_and_of_waiting_tasks_that_are_cancelled(mode: Mode) {
    let world = World::postgres(mode).await;
    let (tell, told) = unbounded();
    let queue = stamping(mode, world.uri(), move |event: &Event| drop(tell.try_send(event.clone())));
    let yearly = Act { cron: Some("0 0 0 1 1 * *".to_owned()), ..Act::new("yearly", How::Succeed) };
    let first = queue.schedule_task(&yearly).await.unwrap();
    let Event::CronFired { cron, task } = next_event(&told).await else { panic!("another event") };
    assert_eq!((&*cron, task), (&*mode.new_task(&yearly).cron_name(), first.id));
    queue.schedule_task(&yearly).await.unwrap();
    let second = queue.run_cron(&cron).await.unwrap();
    let Event::CronFired { task, .. } = next_event(&told).await else { panic!("another event") };
    assert_eq!(Some(task), second, "the unchanged cron tells nothing");
    assert!(queue.cancel_task(task).await.unwrap());
    let Event::Cancelled { task: cancelled, reason, .. } = next_event(&told).await else {
        panic!("another event")
    };
    assert_eq!((cancelled.id, &*cancelled.kind, &*reason), (task, "Act", "cancelled"));
    assert!(!queue.cancel_task(task).await.unwrap());
    let last = queue.insert_tasks(vec![mode.new_task(&yearly)]).await.unwrap();
    let Event::Inserted { task } = next_event(&told).await else { panic!("another event") };
    assert_eq!(task.id, last[0].id, "a task that has ended is not cancelled again");
}

async fn an_insert_may_be_changed_refused_and_heard(mode: Mode) {
    let world = World::postgres(mode).await;
    let (tell, told) = unbounded();
    let listener = move |event: &Event| drop(tell.try_send(event.clone()));
    let queue = stamping(mode, world.uri(), listener);
    let payload = || {
        let payload = r#"{"type":"Made elsewhere"}"#.to_owned();
        NewTask::new(payload, "common".into(), mode.of_rows())
    };
    let inserted = queue.insert_tasks(vec![payload()]).await.unwrap();
    let row = world.queue.find_task_by_id(inserted[0].id).await.unwrap().unwrap();
    assert_eq!((row.metadata["tenant"].as_str(), row.tags), (Some("acme"), vec!["stamped".to_owned()]));
    let Event::Inserted { task } = next_event(&told).await else { panic!("another event") };
    assert_eq!((task.id, &*task.kind, task.attempt), (row.id, "Made elsewhere", 0));
    let refused = queue.insert_tasks(vec![payload(), mode.new_task(&Elsewhere)]).await.unwrap_err();
    assert!(
        matches!(&refused, QueueError::Refused(error) if error.description == "not from here"),
        "{refused}"
    );
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 1);
    let unique = || payload().unique_by(Unique::key("one"));
    let mut new = Vec::new();
    for task in [unique(), unique(), payload()] {
        new.extend(queue.insert_tasks(vec![task]).await.unwrap().into_iter().filter(|task| task.is_new));
    }
    assert_eq!(new.len(), 2);
    for inserted in new {
        let event = next_event(&told).await;
        assert_eq!(event.task().unwrap().id, inserted.id, "only new tasks are told: {event:?}");
    }
}
