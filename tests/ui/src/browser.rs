//! A browser with one window.

use crate::driver::Driver;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long a page may take to become what a test waits for.
const LIMIT: Duration = Duration::from_secs(20);

/// The height of the tallest picture.
const TALLEST: f64 = 1_000.0;

/// How the browser is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Looks {
    pub(crate) has_scripts: bool,
    pub(crate) is_dark: bool,
    pub(crate) is_narrow: bool,
}

impl Looks {
    pub(crate) const LIGHT: Self = Self { has_scripts: true, is_dark: false, is_narrow: false };
    pub(crate) const DARK: Self = Self { is_dark: true, ..Self::LIGHT };
    pub(crate) const PHONE: Self = Self { is_narrow: true, ..Self::LIGHT };
    pub(crate) const WITHOUT_SCRIPTS: Self = Self { has_scripts: false, ..Self::LIGHT };
}

/// A window at the dashboard.
pub(crate) struct Browser<'a> {
    driver: &'a Driver,
    session: String,
    server: String,
}

impl<'a> Browser<'a> {
    pub(crate) fn open(driver: &'a Driver, server: &str, looks: Looks) -> Self {
        let scripts = if looks.has_scripts { 1 } else { 2 };
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": {
                "args": [
                    "--headless", "--no-sandbox", "--hide-scrollbars", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
                    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--lang=en",
                ],
                "prefs": { "profile.managed_default_content_settings.javascript": scripts },
            },
        } } });
        let session =
            driver.call("POST", "/session", &capabilities)["sessionId"].as_str().unwrap().to_owned();
        let browser = Self { driver, session, server: server.to_owned() };
        let (width, height) = if looks.is_narrow { (390, 844) } else { (1280, 900) };
        browser.tool(
            "Emulation.setDeviceMetricsOverride",
            &json!({
                "width": width, "height": height, "deviceScaleFactor": 1, "mobile": looks.is_narrow,
            }),
        );
        let scheme = if looks.is_dark { "dark" } else { "light" };
        browser.tool(
            "Emulation.setEmulatedMedia",
            &json!({
                "features": [{ "name": "prefers-color-scheme", "value": scheme }],
            }),
        );
        browser
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        self.driver.call(method, &format!("/session/{}{path}", self.session), body)
    }

    /// A call of the developer tools.
    fn tool(&self, name: &str, parameters: &Value) -> Value {
        self.call("POST", "/goog/cdp/execute", &json!({ "cmd": name, "params": parameters }))
    }

    /// Goes to a page of the dashboard.
    pub(crate) fn go(&self, path: &str) {
        self.call("POST", "/url", &json!({ "url": format!("{}{path}", self.server) }));
    }

    /// Runs a script before those of each page.
    pub(crate) fn before_pages(&self, script: &str) {
        self.tool("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": script }));
    }

    pub(crate) fn log_in(&self, token: &str) {
        self.go("/");
        self.write("input[name=token]", token);
        self.write("input[name=name]", "Ada");
        self.click("//button[.='Log in']");
        self.until("//button[.='Log out']");
    }

    /// The path and the query of the page.
    pub(crate) fn path(&self) -> String {
        let url = self.call("GET", "/url", &json!(null));
        url.as_str().unwrap().strip_prefix(&self.server).unwrap().to_owned()
    }

    /// The elements of an XPath.
    fn find(&self, path: &str) -> Vec<String> {
        let found = self.call("POST", "/elements", &json!({ "using": "xpath", "value": path }));
        let id = |element: &Value| {
            element.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned()
        };
        found.as_array().unwrap().iter().map(id).collect()
    }

    /// Waits until there is such an element.
    pub(crate) fn until(&self, path: &str) -> String {
        let began = Instant::now();
        loop {
            if let Some(element) = self.find(path).pop() {
                return element;
            }
            assert!(began.elapsed() < LIMIT, "{path} is not on {}: {}", self.path(), self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        !self.find(path).is_empty()
    }

    /// Clicks an element. A live page may replace it just before: then the new one is clicked.
    pub(crate) fn click(&self, path: &str) {
        let began = Instant::now();
        loop {
            let click = format!("/session/{}/element/{}/click", self.session, self.until(path));
            match self.driver.try_call("POST", &click, &json!({})) {
                Ok(_) => return,
                Err(reason) => {
                    assert!(reason.contains("stale") && began.elapsed() < LIMIT, "{path}: {reason}")
                }
            }
        }
    }

    /// Types into a field, given by its selector.
    pub(crate) fn write(&self, selector: &str, text: &str) {
        let found = self.call("POST", "/element", &json!({ "using": "css selector", "value": selector }));
        let element = found.as_object().unwrap().values().next().unwrap().as_str().unwrap();
        self.call("POST", &format!("/element/{element}/clear"), &json!({}));
        self.call("POST", &format!("/element/{element}/value"), &json!({ "text": text }));
    }

    /// Presses keys in the focused element.
    pub(crate) fn press(&self, keys: &str) {
        let actions: Vec<_> = keys
            .chars()
            .flat_map(|key| {
                ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() }))
            })
            .collect();
        self.call(
            "POST",
            "/actions",
            &json!({ "actions": [{ "type": "key", "id": "keys", "actions": actions }] }),
        );
    }

    /// What the page says.
    pub(crate) fn text(&self) -> String {
        let body = self.find("//body").pop().unwrap();
        self.call("GET", &format!("/element/{body}/text"), &json!(null)).as_str().unwrap().to_owned()
    }

    pub(crate) fn run(&self, script: &str) -> Value {
        self.call("POST", "/execute/sync", &json!({ "script": script, "args": [] }))
    }

    pub(crate) fn run_async(&self, script: &str) -> Value {
        self.call("POST", "/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// What the browser complained about: breaches of the policy, files that are missing, errors of scripts.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.call("POST", "/se/log", &json!({ "type": "browser" }));
        log.as_array().unwrap().iter().map(|entry| entry["message"].to_string()).collect()
    }

    /// Keeps a picture of the page, or of the beginning of a long one, in the folder that `FANG_UI_PICTURES` names, if it does.
    pub(crate) fn picture(&self, name: &str) {
        let Some(folder) =
            std::env::var_os("FANG_UI_PICTURES").filter(|folder| !folder.is_empty()).map(PathBuf::from)
        else {
            return;
        };
        let size = self.tool("Page.getLayoutMetrics", &json!({}))["cssContentSize"].clone();
        let ends = "document.querySelector('main').getBoundingClientRect().bottom + window.scrollY";
        let ends = self.tool("Runtime.evaluate", &json!({ "expression": ends, "returnByValue": true }));
        // Below the content is nothing to see.
        let height = ends["result"]["value"].as_f64().or(size["height"].as_f64()).unwrap().min(TALLEST);
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": height, "scale": 1 });
        let picture =
            self.tool("Page.captureScreenshot", &json!({ "captureBeyondViewport": true, "clip": clip }));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), decoded(picture["data"].as_str().unwrap()))
            .unwrap();
    }
}

impl Drop for Browser<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.call("DELETE", "", &json!(null));
        }
    }
}

/// The bytes of a text in Base64.
fn decoded(text: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = text.bytes().filter_map(|letter| LETTERS.iter().position(|one| *one == letter));
    let mut bytes = Vec::new();
    let (mut held, mut count) = (0_usize, 0);
    for six in bits {
        held = (held << 6) | six;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((held >> count) as u8);
            held &= (1 << count) - 1;
        }
    }
    bytes
}
