//! How the pages look, and whether everyone can use them.

use crate::browser::{Browser, Looks};
use crate::driver::Driver;
use crate::shop::{Shop, TOKEN};

const PAGES: [(&str, &str); 14] = [
    ("overview", "/"),
    ("tasks", "/tasks"),
    ("failed", "/tasks?state=failed&kind=send_mail"),
    ("running", "/running"),
    ("errors", "/errors"),
    ("types", "/types"),
    ("kinds", "/kinds"),
    ("insert", "/insert"),
    ("workers", "/workers"),
    ("crons", "/crons"),
    ("doctor", "/doctor"),
    ("log", "/log"),
    ("settings", "/settings"),
    ("question", "/change?do=retry&scope=all&state=failed"),
];

/// Looks at every page, and returns what is wrong.
fn visit(browser: &Browser<'_>, looks: Looks, prefix: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut check = |name: &str| {
        browser.picture(&format!("{prefix}-{name}"));
        if looks.has_scripts {
            // A page that is closed answers with a status of failure, and the test may type before the browser focuses a field.
            let is_known =
                |text: &str| text.contains("401 (Unauthorized)") || text.contains("Autofocus processing");
            let complaints = browser.complaints().into_iter().filter(|text| !is_known(text));
            wrong.extend(complaints.map(|complaint| format!("{name}: {complaint}")));
            wrong.extend(against_rules(browser).into_iter().map(|rule| format!("{name}: {rule}")));
        }
        if looks.has_scripts
            && browser.run("return document.documentElement.scrollWidth > window.innerWidth") == true
        {
            wrong.push(format!("{name}: is wider than its window"));
        }
    };
    browser.go("/");
    check("login");
    browser.log_in(TOKEN);
    for (name, path) in PAGES {
        browser.go(path);
        check(name);
    }
    if browser.has("//a[.='Crons']") {
        browser.go("/crons");
        if browser.has("//a[.='Edit…']") {
            browser.click("(//a[.='Edit…'])[1]");
            check("edit");
        }
    }
    if looks.has_scripts {
        browser.press("?");
        browser.until("//dialog[@open]");
        check("keys");
    }
    browser.go("/tasks?state=failed");
    if browser.has("//tbody/tr/th/a") {
        browser.click("(//tbody/tr/th/a)[1]");
        check("task");
    }
    wrong
}

/// What axe-core, which `make ui` fetches, finds serious.
fn against_rules(browser: &Browser<'_>) -> Vec<String> {
    let Some(axe) = std::env::var_os("FANG_UI_AXE") else { return Vec::new() };
    browser.run(&std::fs::read_to_string(axe).unwrap());
    let found = browser.run_async(
        "const done = arguments[arguments.length - 1];
         axe.run(document).then((found) => done(found.violations
             .filter((one) => one.impact === 'serious' || one.impact === 'critical')
             .map((one) => one.id + ': ' + one.nodes.map((node) => node.html + ' ' + node.failureSummary).join(' | '))),
             (error) => done(['axe failed: ' + error]));",
    );
    found.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_looks_as_it_should_in_light_dark_and_on_a_phone() {
    let (shop, driver) = (Shop::busy().await, Driver::start());
    for (name, looks) in [("light", Looks::LIGHT), ("dark", Looks::DARK), ("phone", Looks::PHONE)] {
        let browser = Browser::open(&driver, &shop.server, looks);
        assert_eq!(visit(&browser, looks, name), Vec::<String>::new(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_there_without_scripts_and_without_tasks() {
    let (shop, driver) = (Shop::empty().await, Driver::start());
    let browser = Browser::open(&driver, &shop.server, Looks::WITHOUT_SCRIPTS);
    visit(&browser, Looks::WITHOUT_SCRIPTS, "plain");
    for (_, path) in PAGES {
        browser.go(path);
        assert!(browser.has("//h1") && browser.has("//nav"), "{path}");
    }
    let browser = Browser::open(&driver, &shop.server, Looks::LIGHT);
    assert_eq!(visit(&browser, Looks::LIGHT, "empty"), Vec::<String>::new());
}
