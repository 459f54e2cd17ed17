// SPDX-License-Identifier: GPL-3.0-or-later
"use strict";
const LIMIT = 200;
const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));

// Parts that begin folded. On paper they are whole: style alone folds them, and only on a screen.
for (const part of all(".fold")) {
  const button = one("button", part);
  button.addEventListener("click", () => {
    button.setAttribute("aria-expanded", String(part.classList.toggle("open")));
  });
}
for (const button of all("[data-rest]")) {
  button.addEventListener("click", () => {
    for (const item of button.closest("ul, ol").children) item.classList.add("open");
    button.closest("li").remove();
  });
}

// The reader's own time beside UTC.
const local = one("[data-local]");
local.addEventListener("click", () => {
  const on = local.getAttribute("aria-pressed") !== "true";
  local.setAttribute("aria-pressed", String(on));
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "short" });
  for (const time of all("time")) {
    const old = one(".local", time);
    if (old) old.remove();
    if (!on) continue;
    const added = document.createElement("small");
    added.className = "local";
    added.textContent = `${format.format(new Date(time.dateTime))} here`;
    time.append(added);
  }
});

const table = one("table");
if (table) {
  const body = table.tBodies[0];
  const rows = Array.from(body.rows).filter((row) => row.dataset.v !== undefined);
  const tools = one(".tools");
  const search = one("input", tools);
  const buttons = all("button[data-v]", tools);
  const shown = one(".shown");
  const more = one(".more button");
  const nothing = one(".none");
  const texts = new Map();
  let wanted = "";
  let limit = LIMIT;
  let folded = table.dataset.fold === "yes";

  const text = (row) => {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
    return texts.get(row);
  };
  const kind = {
    "": () => true,
    "!": (row) => row.dataset.go === "no",
    "*": (row) => row.dataset.r !== undefined,
  };
  const fits = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const right = kind[wanted] ?? ((row) => row.dataset.v === wanted);
    return rows.filter((row) => right(row) && words.every((word) => text(row).includes(word)));
  };
  const tell = (found, visible) => {
    shown.textContent = found === rows.length ? `${visible} of ${rows.length} shown` : `${visible} shown, ${found} of ${rows.length} fit`;
    more.parentNode.hidden = visible === found;
    more.textContent = folded && wanted === "" && search.value.trim() === ""
      ? `Show the other ${found - visible}`
      : `Show ${Math.min(found - visible, 5 * LIMIT)} more`;
    nothing.hidden = found > 0;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.v === wanted));
  };
  const update = () => {
    const found = fits();
    const short = folded && wanted === "" && search.value.trim() === "";
    const visible = new Set((short ? found.filter((row) => row.dataset.go === "no" || row.dataset.r !== undefined) : found).slice(0, limit));
    for (const row of rows) row.classList.toggle("off", !visible.has(row));
    tell(found.length, visible.size);
  };
  const clear = () => {
    search.value = "";
    wanted = "";
    limit = LIMIT;
    update();
  };

  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  const sort = (head) => {
    const descending = head.getAttribute("aria-sort") === "ascending";
    const sign = descending ? -1 : 1;
    const numbers = head.dataset.kind === "number";
    const keyed = rows.map((row) => {
      const cell = row.cells[head.cellIndex];
      const key = cell.dataset.s ?? cell.textContent.trim();
      return [numbers ? Number(key) : key, row];
    });
    keyed.sort(numbers ? (a, b) => (a[0] - b[0]) * sign : (a, b) => collator.compare(a[0], b[0]) * sign);
    rows.splice(0, rows.length, ...keyed.map((pair) => pair[1]));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    update();
    const placed = document.createDocumentFragment();
    for (const row of rows) placed.append(row);
    body.append(placed);
  };
  const decoded = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };
  const reveal = () => {
    const row = rows.find((each) => each.id !== "" && each.id === decoded(location.hash.slice(1)));
    if (!row) return;
    row.classList.remove("off");
    row.scrollIntoView({ block: "center" });
  };

  search.addEventListener("input", () => { limit = LIMIT; update(); });
  for (const button of buttons) {
    button.addEventListener("click", () => {
      wanted = button.dataset.v === wanted ? "" : button.dataset.v;
      limit = LIMIT;
      update();
    });
  }
  for (const button of all("button", nothing)) button.addEventListener("click", () => { clear(); search.focus(); });
  more.addEventListener("click", () => {
    if (folded && wanted === "" && search.value.trim() === "") folded = false;
    limit += 5 * LIMIT;
    update();
  });
  for (const head of table.tHead.rows[0].cells) {
    if (head.dataset.kind === undefined) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.prepend(button);
    button.addEventListener("click", () => sort(head));
  }
  addEventListener("hashchange", reveal);
  const visible = rows.filter((row) => !row.classList.contains("off")).length;
  tell(rows.length, visible);
  reveal();
}
