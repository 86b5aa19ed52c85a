// Sorts, filters and opens the table of students. What students wrote gets into the page as text only.
"use strict";

const MOST = Number(document.getElementById("table").dataset.most); // rows at first: a browser lays these out at once
const table = document.getElementById("table");
const body = table.tBodies[0];
const headings = [...table.tHead.rows[0].cells];
const shown = document.getElementById("shown");
const [find, status, test, all] = ["find", "status", "test", "all"].map((id) => document.getElementById(id));
const tests = data("tests");
const rows = [...body.rows].map((row) => ({
  row,
  button: row.querySelector("button"),
  detail: null,
  text: (row.cells[0].textContent + "\n" + row.querySelector(".id").textContent).toLowerCase(),
}));
const ofElement = new Map(rows.map((one) => [one.row, one]));
const order = new Intl.Collator("en", { numeric: true }).compare;
let inOrder = rows;
let limit = MOST;
let sorted = "";
let said = 0;

function data(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

function make(tag, name, text) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  return element;
}

// Details of a row

function output(text, label) {
  const block = make("pre", "", text);
  block.setAttribute("aria-label", label);
  block.setAttribute("role", "group");
  return block;
}

function listed(title, lines) {
  const list = make("ul");
  for (const line of lines) list.append(make("li", "", line));
  return lines.length ? [make("h4", "", title), list] : [];
}

function outcome([index, passed, score, text, staffOnly]) {
  const [number, title, points, kind] = tests[index];
  const item = make("li", passed ? "passed" : "failed");
  const line = make("p");
  line.append(
    make("span", "verdict", passed ? "✓ passed" : "✗ failed"),
    make("span", "number", number),
    make("span", "title", title),
    make("span", "tag " + kind, kind),
    make("span", "n", points === "extra" ? `${score} extra` : `${score} of ${points}`),
  );
  item.append(line);
  if (text) item.append(output(text, `Output of ${number}`));
  if (staffOnly) item.append(make("p", "told", "Seen by the staff only:"), output(staffOnly, `More of ${number}`));
  return item;
}

function detailOf(one) {
  const found = data("b" + one.row.dataset.block);
  const row = make("tr", "detail");
  row.id = one.button.getAttribute("aria-controls");
  const cell = make("td");
  cell.colSpan = headings.length;
  const inside = make("div");
  const heading = make("h3", "", "What came of the submission of ");
  heading.append(make("bdi", "", one.button.textContent));
  inside.append(heading);
  if (found.said) inside.append(output(found.said, "Above all tests"));
  inside.append(
    ...listed("Mistakes recognised", found.mistakes.map(([where, what, hints]) => `${where}: ${what}. Hint: ${hints.join(" Or: ")}`)),
    ...listed("Worth a look", found.signs.map(([what, where, line]) => `${what}${where && ", in " + where}: ${line}`)),
  );
  const list = make("ul", "tests");
  list.append(...found.tests.map(outcome));
  inside.append(make("h4", "", "Tests"), list);
  cell.append(inside);
  row.append(cell);
  return row;
}

function open(one, wanted) {
  if (wanted && !one.detail) one.detail = detailOf(one);
  one.button.setAttribute("aria-expanded", String(wanted));
  if (wanted) {
    one.row.after(one.detail);
  } else if (one.detail) {
    one.detail.remove();
  }
}

// What scrolls is to be reached by keys.
function reachable(blocks) {
  const scrolls = [...blocks].map((one) => one.scrollHeight > one.clientHeight || one.scrollWidth > one.clientWidth);
  [...blocks].forEach((one, index) => (scrolls[index] ? (one.tabIndex = 0) : one.removeAttribute("tabindex")));
}

const isOpen = (one) => one.button.getAttribute("aria-expanded") === "true";

// Sorting

function keyOf(row, column, isNumber) {
  const text = row.cells[column].textContent.trim();
  return isNumber ? (text === "" ? -Infinity : Number(text)) : text;
}

function sort(column) {
  const heading = headings[column];
  const direction = heading.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
  for (const other of headings) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", direction);
  const sign = direction === "ascending" ? 1 : -1;
  const isNumber = heading.classList.contains("n");
  const keyed = rows.map((one) => [keyOf(one.row, column, isNumber), one]);
  keyed.sort(([a], [b]) => sign * (isNumber ? (a > b) - (a < b) : order(a, b)));
  inOrder = keyed.map(([, one]) => one);
  const moved = document.createDocumentFragment();
  for (const one of inOrder) {
    moved.append(one.row);
    if (isOpen(one)) moved.append(one.detail);
  }
  body.append(moved);
  sorted = `, sorted by ${heading.textContent.trim()}, ${direction}`;
  show();
}

// Filtering

function fits(one) {
  const { dataset } = one.row;
  const wanted = status.value;
  const hasStatus = !wanted || dataset.status === wanted || wanted in dataset;
  const hasFailed = !test.value || dataset.failed.includes(` ${test.value} `);
  return hasStatus && hasFailed && one.text.includes(find.value.trim().toLowerCase());
}

// Shows those that fit, up to the limit, and those of them that are open.
function show(more = "") {
  let fitting = 0;
  let seen = 0;
  for (const one of inOrder) {
    const isFit = fits(one);
    const isShown = isFit && (fitting < limit || isOpen(one));
    fitting += isFit;
    seen += isShown;
    if (one.row.hidden === isShown) one.row.hidden = !isShown;
    if (one.detail) one.detail.hidden = !isShown;
  }
  all.hidden = seen === fitting;
  const what = fitting === rows.length ? `${fitting} students` : `${fitting} of ${rows.length} students fit`;
  const part = seen < fitting ? `; ${seen} of them are shown` : "";
  clearTimeout(said); // a screen reader need not hear of every letter
  said = setTimeout(() => (shown.textContent = `${what}${part}${sorted}.${more}`), 150);
}

// Links to a row

function reveal(id) {
  const one = /^s\d/.test(id) && ofElement.get(document.getElementById(id));
  if (!one) return;
  if (!fits(one)) find.value = status.value = test.value = "";
  open(one, true);
  show();
  reachable(one.detail.querySelectorAll("pre"));
  one.button.focus();
}

const sorters = headings.map((heading, column) => {
  const button = make("button", "", heading.textContent);
  button.type = "button";
  heading.replaceChildren(button);
  button.addEventListener("click", () => sort(column));
  return button;
});
body.addEventListener("click", (event) => {
  const button = event.target.closest("th > button");
  if (button) {
    const one = ofElement.get(button.closest("tr"));
    open(one, !isOpen(one));
    if (isOpen(one)) reachable(one.detail.querySelectorAll("pre"));
  }
});
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#s"]');
  if (link) setTimeout(() => reveal(link.hash.slice(1))); // after the browser has gone there
});
document.getElementById("controls").addEventListener("submit", (event) => event.preventDefault());
find.addEventListener("input", () => show());
status.addEventListener("change", () => show());
test.addEventListener("change", () => show());
all.addEventListener("click", () => {
  limit = Infinity;
  show();
  find.focus(); // this button is gone
});
document.getElementById("open").addEventListener("click", () => {
  const wanted = inOrder.filter((one) => !one.row.hidden).slice(0, MOST);
  for (const one of wanted) open(one, true);
  reachable(body.querySelectorAll("pre"));
  show(` ${wanted.length} are open.`);
});
document.getElementById("close").addEventListener("click", () => {
  for (const one of rows) if (isOpen(one)) open(one, false);
  show(" None is open.");
});
let unfolded = [];
window.addEventListener("beforeprint", () => {
  unfolded = [...document.querySelectorAll("details:not([open])")];
  for (const one of unfolded) one.open = true;
  for (const one of headings) one.replaceChildren(one.textContent); // on a second sheet buttons would come out empty
  const before = limit;
  limit = Infinity;
  show();
  limit = before;
});
window.addEventListener("afterprint", () => {
  for (const one of unfolded) one.open = false;
  headings.forEach((one, column) => one.replaceChildren(sorters[column]));
  show();
});
const boxes = () => reachable(document.querySelectorAll(".box"));
window.addEventListener("resize", boxes);
document.getElementById("controls").hidden = false;
boxes();
show();
reveal(location.hash.slice(1));
