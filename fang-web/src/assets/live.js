// Pages work without this. It keeps live parts fresh, shows times in the zone of the viewer, copies payloads, and selects all
// tasks of a list.
"use strict";

const spans = [["d", 86400], ["h", 3600], ["m", 60]];

function short(seconds) {
  const unit = spans.find(([, size]) => seconds >= size);
  return unit ? Math.floor(seconds / unit[1]) + unit[0] : Math.floor(seconds) + "s";
}

// The clock of the server decides, since that of the browser may be wrong.
let skew = Number(document.body.dataset.now) - Date.now();

function relative(at) {
  const ahead = (at - Date.now() - skew) / 1000;
  return ahead >= 1 ? "in " + short(ahead) : short(Math.max(0, -ahead)) + " ago";
}

function two(number) {
  return String(number).padStart(2, "0");
}

function local(at) {
  if (document.body.dataset.zone === "utc") return at.toISOString().slice(0, 19).replace("T", " ") + " UTC";
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  const offset = -at.getTimezoneOffset();
  const sign = offset < 0 ? "-" : "+";
  const zone = "UTC" + sign + Math.floor(Math.abs(offset) / 60) + (offset % 60 ? ":" + two(Math.abs(offset) % 60) : "");
  return day + " " + [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":") + " " + (offset ? zone : "UTC");
}

function showTimes() {
  for (const time of document.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    if (time.dataset.absolute !== undefined) {
      time.textContent = local(at);
    } else {
      time.textContent = relative(at);
      time.title = local(at);
    }
  }
}

const live = document.getElementById("live");
const state = document.getElementById("state");
let source = null;
let isPaused = false;

function say(text) {
  if (state) state.textContent = text;
}

// What came last and is not shown yet.
let held = null;

// What the viewer is about to use stays as it is.
function isUsed() {
  const used = document.activeElement;
  if (used && live.contains(used) && used.matches("a, button, summary, input, select")) return true;
  const selected = getSelection();
  if (!selected.isCollapsed && live.contains(selected.anchorNode)) return true;
  return live.querySelector("details[open], button:hover, summary:hover, a:hover") !== null;
}

function show() {
  if (held === null) return;
  if (isUsed()) {
    say("live, held while you use it");
    return;
  }
  const scrolled = [...live.querySelectorAll(".wide")].map((wide) => wide.scrollLeft);
  live.innerHTML = held;
  held = null;
  live.querySelectorAll(".wide").forEach((wide, place) => { wide.scrollLeft = scrolled[place] || 0; });
  say("live");
  showTimes();
}

function open() {
  source = new EventSource(live.dataset.stream);
  source.onopen = () => say("live");
  source.onmessage = (event) => {
    held = event.data;
    if (event.lastEventId) skew = Number(event.lastEventId) - Date.now();
    show();
  };
  source.addEventListener("away", (event) => say(event.data));
  source.onerror = () => {
    say("not live: no answer");
    // After an answer that is no stream, browsers do not try again by themselves.
    if (source && source.readyState === EventSource.CLOSED) {
      source = null;
      setTimeout(() => { if (!source && !document.hidden && !isPaused) open(); }, 5000);
    }
  };
}

function close() {
  if (source) source.close();
  source = null;
  say("paused");
}

if (live && live.dataset.stream) {
  const toggle = document.createElement("button");
  toggle.textContent = "Freeze";
  state.after(" ", toggle);
  open();
  setInterval(show, 500);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();
    else if (!source && !isPaused) open();
  });
  toggle.addEventListener("click", () => {
    isPaused = !isPaused;
    toggle.textContent = isPaused ? "Go on" : "Freeze";
    if (isPaused) close();
    else open();
  });
}

for (const copy of document.querySelectorAll("button.copy")) {
  if (!navigator.clipboard) continue;
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(copy.dataset.of).textContent);
    copy.textContent = "Copied";
  });
}

const all = document.getElementById("all");
if (all) {
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const box of document.querySelectorAll("input[type=checkbox][name=id]")) box.checked = all.checked;
  });
}

showTimes();
setInterval(showTimes, 1000);
