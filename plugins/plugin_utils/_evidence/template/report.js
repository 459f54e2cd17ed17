// SPDX-License-Identifier: GPL-3.0-or-later
"use strict";
const table = document.querySelector("table");
if (table) {
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const tools = document.querySelector(".tools");
  const search = tools.querySelector("input");
  const buttons = Array.from(tools.querySelectorAll("button"));
  const shown = tools.querySelector(".shown");
  const text = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  let wanted = "";

  const update = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const visible = (wanted === "" || row.dataset.verdict === wanted || (wanted === "!" && row.dataset.go === "no"))
        && words.every((word) => text.get(row).includes(word));
      row.hidden = !visible;
      count += visible ? 1 : 0;
    }
    shown.textContent = `${count} of ${rows.length} shown`;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.verdict === wanted));
  };

  const key = (row, column) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
  const sort = (head) => {
    const descending = head.getAttribute("aria-sort") === "ascending";
    const numbers = head.dataset.kind === "number";
    const order = numbers ? (a, b) => a - b : (a, b) => a.localeCompare(b, undefined, { numeric: true, sensitivity: "base" });
    rows.sort((a, b) => order(key(a, head.cellIndex), key(b, head.cellIndex)) * (descending ? -1 : 1));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    body.append(...rows);
  };

  search.addEventListener("input", update);
  for (const button of buttons) {
    button.addEventListener("click", () => {
      wanted = button.dataset.verdict === wanted ? "" : button.dataset.verdict;
      update();
    });
  }
  for (const head of table.tHead.rows[0].cells) {
    if (head.dataset.kind === undefined) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(head));
  }
  tools.hidden = false;
  update();
}
