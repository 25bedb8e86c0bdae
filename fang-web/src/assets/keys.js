// Keyboard shortcuts. They move the focus, so that screen readers follow, and leave alone keys that are typed into a field. The
// settings turn them off: this file is not loaded then.
"use strict";

{
  const pages = new Map([...document.querySelectorAll("[data-key]")].map((link) => [link.dataset.key, link]));
  const help = document.getElementById("keys");
  // How long the second key of two may take, in milliseconds.
  const patience = 1500;
  let wentAt = -patience;

  const typed = "select, textarea, [contenteditable], input:not([type=checkbox], [type=radio], [type=submit], [type=button])";

  // What a row is about: its first link.
  function links() {
    const rows = [...document.querySelectorAll("main tbody tr")];
    return rows.map((row) => row.querySelector("a")).filter((link) => link !== null);
  }

  function go(by) {
    const all = links();
    if (all.length === 0) return;
    const row = document.activeElement.closest("main tbody tr");
    const at = all.findIndex((link) => link.closest("tr") === row);
    const to = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
    all[to].focus();
  }

  if (help) {
    const close = document.createElement("button");
    close.textContent = "Close";
    close.addEventListener("click", () => help.close());
    help.querySelector("h2").after(close);
  }

  const told = document.createElement("p");
  told.className = "unseen";
  told.setAttribute("role", "status");
  document.body.append(told);

  function select() {
    const row = document.activeElement.closest("main tbody tr");
    const box = row && row.querySelector("input[type=checkbox]");
    if (!box) return;
    box.checked = !box.checked;
    const all = document.querySelectorAll("main tbody input[type=checkbox]:checked").length;
    told.textContent = (box.checked ? "selected, " : "no longer selected, ") + all + " in all";
  }

  function search() {
    const field = document.querySelector("form[role=search] input[type=text]");
    if (!field) return false;
    field.focus();
    field.select();
    return true;
  }

  // Whether the key was a shortcut.
  function press(key) {
    if (performance.now() - wentAt < patience) {
      wentAt = -patience;
      const page = pages.get(key);
      if (page) location.href = page.href;
      return page !== undefined;
    }
    switch (key) {
      case "g": wentAt = performance.now(); return true;
      case "j": go(1); return true;
      case "k": go(-1); return true;
      case "x": select(); return true;
      case "/": return search();
      case "?": if (!help) return false; help.showModal(); return true;
      default: return false;
    }
  }

  document.addEventListener("keydown", (event) => {
    const isOther = event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey;
    const isTyped = event.target instanceof Element && event.target.closest(typed) !== null;
    if (isOther || isTyped || (help && help.open)) return;
    if (press(event.key)) event.preventDefault();
  });
}
