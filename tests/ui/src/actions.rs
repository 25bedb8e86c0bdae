//! What an operator does.

use crate::browser::{Browser, Looks};
use crate::driver::Driver;
use crate::shop::{Shop, TOKEN};
use fang::NewTask;
use serde_json::json;

/// Everything that an operator can do, in a browser with scripts or without.
async fn do_all(looks: Looks) {
    let (shop, driver) = (Shop::busy().await, Driver::start());
    let browser = Browser::open(&driver, &shop.server, looks);
    browser.log_in(TOKEN);
    change_tasks(&browser);
    change_one(&shop, &browser).await;
    steer(&browser);
    insert(&browser);
    choose_colours(&browser);
    browser.click("//button[.='Log out']");
    browser.until("//h1[.='Log in']");
}

/// All that match a filter, and two that are selected.
fn change_tasks(browser: &Browser<'_>) {
    browser.go("/tasks");
    browser.click("//select[@name='state']/option[.='waiting']");
    browser.write("input[name=kind]", "invoice");
    browser.click("//button[.='Search']");
    browser.until("//tbody/tr[5]");
    browser.click("//input[@value='all']");
    browser.click("//button[@value='cancel']");
    browser.click("//button[contains(., 'Cancel 5 tasks')]");
    browser.until("//span[.='done']");
    browser.until("//p[contains(., '5 of 5 tasks')]");
    browser.picture("change");
    browser.go("/tasks?state=failed&kind=invoice");
    browser.click("(//input[@type='checkbox'][@name='id'])[1]");
    browser.click("(//input[@type='checkbox'][@name='id'])[2]");
    browser.click("//button[@value='retry']");
    browser.click("//button[contains(., 'Retry 2 tasks')]");
    browser.until("//p[contains(., '2 of 2 tasks')]");
    browser.go("/changes");
    browser.until("//tbody/tr[2]");
}

async fn change_one(shop: &Shop, browser: &Browser<'_>) {
    let task = NewTask::of_kind("odd", json!({ "n": 9_007_199_254_740_993_u64 })).task_type("elsewhere");
    let id = shop.queue.insert(task).await.unwrap().id;
    browser.go("/tasks");
    browser.write("input[name=id]", &id.to_string());
    browser.click("//button[.='Go to the task']");
    browser.until("//pre[contains(., '9007199254740993')]");
    browser.click("//a[.='Reschedule…']");
    browser.write("input[name=delay]", "2h");
    browser.click("//button[contains(., 'Reschedule 1 task')]");
    browser.until("//span[.='done']");
    browser.go(&format!("/tasks/{id}"));
    browser.click("//a[.='Priority…']");
    browser.click("//select/option[.='urgent']");
    browser.click("//button[contains(., 'Priority 1 task')]");
    browser.until("//span[.='done']");
    browser.go(&format!("/tasks/{id}"));
    browser.until("//dd[.='urgent']");
    browser.click("//button[.='Run now']");
    browser.until("//p[@role='status']");
    browser.click("//button[.='Cancel']");
    browser.until("//span[.='failed']");
    browser.click("//button[.='Retry']");
    browser.until("//span[.='retried']");
    browser.click("//a[.='Remove…']");
    browser.click("//button[contains(., 'Remove 1 task')]");
    browser.until("//span[.='done']");
    assert!(shop.admin.find(id).await.unwrap().is_none());
}

/// A task by the form, which tells what is wrong.
fn insert(browser: &Browser<'_>) {
    browser.go("/tasks");
    browser.click("//a[.='Insert a task…']");
    browser.write("input[name=kind]", "by_hand");
    browser.write("input[name=task_type]", "elsewhere");
    browser.write("textarea[name=payload]", "{\"n\": 12345678901234567890123");
    browser.click("//button[.='Insert the task']");
    browser.until("//p[@id='wrong-payload'][contains(., 'not JSON')]");
    browser.picture("wrong");
    browser.write("textarea[name=payload]", "{\"n\": 12345678901234567890123}");
    browser.click("//button[.='Insert the task']");
    browser.until("//p[.='The task was inserted.']");
    browser.until("//pre[contains(., '12345678901234567890123')]");
    browser.go("/tasks?kind=by_hand&priority=normal");
    browser.until("//tbody/tr[1]//a[.='by_hand']");
}

/// Task types, crons and workers.
fn steer(browser: &Browser<'_>) {
    browser.go("/types");
    browser.click("//button[.='Resume']");
    browser.until("//p[.='Resumed.']");
    browser.click("(//button[.='Pause'])[1]");
    browser.until("//p[.='Paused.']");
    browser.go("/crons");
    browser.click("//summary[.='Add a cron by hand']");
    browser.write(".add input[name=name]", "hourly");
    browser.write(".add input[name=pattern]", "0 * * * *");
    browser.write(".add input[name=kind]", "long_report");
    browser.write(".add textarea[name=payload]", "{\"_year\": 2027}");
    browser.click("//button[.='Add the cron']");
    browser.until("//p[.='The cron was added.']");
    let row = "//tr[contains(., 'hand:hourly')]";
    for (name, told) in [("Run now", "inserted"), ("Pause", "Paused"), ("Resume", "Resumed")] {
        browser.click(&format!("{row}//button[.='{name}']"));
        browser.until(&format!("//p[contains(., '{told}')]"));
    }
    browser.click(&format!("{row}//a[.='Edit…']"));
    browser.write("input[name=pattern]", "30 * * * *");
    browser.click("//button[.='Save the cron']");
    browser.until("//p[.='The cron was saved.']");
    browser.until(&format!("{row}//code[.='30 * * * *']"));
    browser.click(&format!("{row}//summary[.='Remove…']"));
    browser.click(&format!("{row}//button[.='Remove it']"));
    browser.until("//p[.='The cron was removed.']");
    browser.go("/workers");
    browser.click("//button[.='Quiet']");
    browser.until("//p[.='The worker was asked.']");
    browser.go("/workers");
    browser.click("//summary[.='Stop…']");
    browser.click("//button[.='Stop it now']");
    browser.until("//p[.='The worker was asked.']");
}

/// The next page has them at once.
fn choose_colours(browser: &Browser<'_>) {
    browser.go("/settings");
    browser.click("//select[@name='theme']/option[@value='dark']");
    browser.click("//select[@name='zone']/option[@value='utc']");
    browser.click("//button[.='Save']");
    browser.until("//p[.='Saved.']");
    browser.go("/log");
    browser.until("//html[@data-theme='dark']//td[.='quiet worker']");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_does_everything_in_a_browser() {
    do_all(Looks::LIGHT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_does_everything_without_scripts() {
    do_all(Looks::WITHOUT_SCRIPTS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn live_pages_change_by_themselves_and_all_tasks_of_a_page_are_selected_by_keys() {
    let (shop, driver) = (Shop::empty().await, Driver::start());
    let browser = Browser::open(&driver, &shop.server, Looks::LIGHT);
    browser.log_in(TOKEN);
    browser.go("/types");
    browser.until("//span[@id='state'][.='live']");
    shop.queue.insert(NewTask::of_kind("odd", json!({})).task_type("novel")).await.unwrap();
    browser.until("//th[.='novel']");
    browser.go("/tasks");
    browser.run("document.getElementById('all').focus()");
    browser.press(" ");
    browser.until("//input[@type='checkbox'][@name='id']");
    assert_eq!(
        browser.run("return document.querySelectorAll('input[type=checkbox][name=id]:checked').length"),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_go_to_pages_and_through_a_list_and_do_nothing_in_a_field() {
    let (shop, driver) = (Shop::empty().await, Driver::start());
    for n in 0..3 {
        shop.queue.insert(NewTask::of_kind("odd", json!({ "n": n })).task_type("novel")).await.unwrap();
    }
    let browser = Browser::open(&driver, &shop.server, Looks::LIGHT);
    browser.log_in(TOKEN);
    browser.press("gt");
    browser.until("//h1[.='Tasks']");
    let focused = |what: &str| browser.run(&format!("return document.activeElement.{what}"));
    browser.press("jj");
    assert_eq!(focused("closest('tr').rowIndex"), 2);
    browser.press("x");
    browser.until("//p[@role='status'][.='selected, 1 in all']");
    browser.press("kkkx");
    assert_eq!(focused("closest('tr').rowIndex"), 1);
    let checked = "return document.querySelectorAll('input[type=checkbox][name=id]:checked').length";
    assert_eq!(browser.run(checked), 2);
    browser.press("/gtx?j");
    assert_eq!((focused("name"), focused("value")), ("kind".into(), "gtx?j".into()), "they are typed");
    assert!(browser.path().ends_with("/tasks") && !browser.has("//dialog[@open]"));
    browser.go("/types");
    browser.press("?");
    browser.until("//dialog[@open]//kbd[.='j']");
    browser.press("gt\u{e00c}");
    assert!(browser.path().ends_with("/types") && !browser.has("//dialog[@open]"), "the list has the keys");
    browser.press("gs");
    browser.until("//h1[.='Settings']");
    browser.click("//select[@name='keys']/option[@value='off']");
    browser.click("//button[.='Save']");
    browser.until("//p[.='Saved.']");
    browser.press("gt?");
    browser.until("//h1[.='Settings']");
    assert!(!browser.has("//dialog"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_task_is_live_until_it_is_paused_and_counts_by_the_clock_of_the_server() {
    let (shop, driver) = (Shop::empty().await, Driver::start());
    let task = NewTask::of_kind("odd", json!({ "n": 1 })).task_type("novel");
    let id = shop.queue.insert(task).await.unwrap().id;
    let browser = Browser::open(&driver, &shop.server, Looks::LIGHT);
    // Ten hours fast, before any script of the page runs.
    browser.before_pages("const real = Date.now; Date.now = () => real() + 36e6;");
    browser.log_in(TOKEN);
    browser.go(&format!("/tasks/{id}"));
    browser.until("//span[@id='state'][.='live']");
    browser.until("//ol[@class='timeline']//time[contains(., 's ago')]");
    assert!(shop.admin.cancel(id).await.unwrap());
    browser.until("//span[.='failed']");
    browser.click("//button[.='Freeze']");
    browser.until("//span[@id='state'][.='paused']");
    assert!(shop.admin.retry(id).await.unwrap());
    browser.click("//button[.='Go on']");
    browser.until("//span[.='retried']");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_many_tasks_shows_its_progress_until_it_is_stopped() {
    let (shop, driver) = (Shop::empty().await, Driver::start());
    shop.fail(60_000).await;
    let browser = Browser::open(&driver, &shop.server, Looks::LIGHT);
    browser.log_in(TOKEN);
    browser.go("/change?do=retry&scope=all&state=failed");
    browser.click("//button[contains(., 'Retry all that match')]");
    browser.until("//progress");
    browser.until("//strong[@class='big'][string-length(.) >= 5]");
    let percent = || {
        let text =
            "const text = document.querySelector('.share strong').textContent; return parseInt(text, 10)";
        browser.run(text).as_u64().unwrap()
    };
    let mut last = 0;
    while last < 20 {
        let now = percent();
        assert!((last..100).contains(&now), "{last} {now}");
        last = now;
    }
    browser.picture("progress");
    browser.click("//button[.='Stop']");
    browser.until("//span[.='stopped']");
    assert!(shop.admin.depth("old").await.unwrap().waiting.count > 0);
}
