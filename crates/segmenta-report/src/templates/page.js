"use strict";
// Sorting and tooltips. The page is complete without: nothing is loaded, nothing is written from data as markup.
(() => {
  const texts = new Intl.Collator(document.documentElement.lang, { numeric: true });

  // The column that each heading cell stands over, with spans counted.
  const columns = (head) => {
    const taken = [];
    const found = new Map();
    [...head.rows].forEach((row, y) => {
      let x = 0;
      for (const cell of row.cells) {
        while (taken[y]?.[x]) x += 1;
        found.set(cell, x);
        for (let dy = 0; dy < cell.rowSpan; dy += 1) {
          for (let dx = 0; dx < cell.colSpan; dx += 1) (taken[y + dy] ??= [])[x + dx] = true;
        }
        x += cell.colSpan;
      }
    });
    return found;
  };

  const value = (cell) => {
    if (cell.dataset.sort !== undefined) return Number(cell.dataset.sort);
    const text = cell.textContent.trim();
    return cell.querySelector(".missing") || text === "–" ? "" : text;
  };

  // Numbers before texts; cells without a value stay last in either direction.
  const compare = (a, b, direction) => {
    if (a === "" || b === "") return (a === "") - (b === "");
    if (typeof a === "number" && typeof b === "number") return direction * (a - b);
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    return direction * texts.compare(a, b);
  };

  const sort = (table, heading, column) => {
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => ({ row, value: value(row.cells[column]) }));
    const numeric = rows.some((entry) => typeof entry.value === "number");
    const before = heading.getAttribute("aria-sort");
    const first = numeric ? "descending" : "ascending";
    const other = numeric ? "ascending" : "descending";
    const order = before === first ? other : first;
    table.querySelectorAll("[aria-sort]").forEach((cell) => cell.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", order);
    const direction = order === "ascending" ? 1 : -1;
    rows.sort((a, b) => compare(a.value, b.value, direction));
    body.append(...rows.map((entry) => entry.row));
  };

  for (const table of document.querySelectorAll("table[data-sortable]")) {
    if (table.tBodies.length !== 1 || table.tBodies[0].rows.length < 2) continue;
    for (const [heading, column] of columns(table.tHead)) {
      if (heading.scope !== "col" || heading.colSpan !== 1 || "unsorted" in heading.dataset) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => sort(table, heading, column));
    }
  }

  const tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("aria-hidden", "true");
  tip.hidden = true;
  document.body.append(tip);
  let owner = null;

  const hide = () => {
    if (owner) owner.title = tip.textContent;
    owner = null;
    tip.hidden = true;
  };
  const show = (element) => {
    hide();
    owner = element;
    tip.textContent = element.title;
    element.removeAttribute("title");
    tip.hidden = false;
    const at = element.getBoundingClientRect();
    const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
    const x = Math.max(8, Math.min(at.left, room));
    const above = at.top - tip.offsetHeight - 6;
    const y = above > 0 ? above : at.bottom + 6;
    tip.style.setProperty("left", `${x}px`);
    tip.style.setProperty("top", `${y}px`);
  };
  const over = (event) => {
    const element = event.target.closest("[title]");
    if (element) show(element);
    else if (owner && !owner.contains(event.target)) hide();
  };
  document.addEventListener("pointerover", over);
  document.addEventListener("click", over);
  document.addEventListener("scroll", hide, true);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
})();
