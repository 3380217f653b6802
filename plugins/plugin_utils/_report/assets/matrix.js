// Copyright: (c) 2026, postmaster.mailports contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// The matrix of hosts and services: a grid with one stop for the Tab key and arrow keys inside.

const matrix = byId("matrix");
const rows = [];
const matrixQueue = new Queue();
let shownHosts = [];
let current = null;

function headRow() {
  const head = make("div", { role: "row", class: "row head" },
    make("div", { role: "columnheader", class: "host" }, "Host"));
  for (const service of SERVICES) {
    head.append(make("div", { role: "columnheader", class: "col", title: service.name },
      make("span", { class: "name" }, ...breakable(service.name)),
      make("span", { class: "port" }, service.port ? String(service.port) : "own")));
  }
  head.append(make("div", { role: "columnheader", class: "days" }, "Days left"));
  return head;
}

// Lets a long name break before an underscore, so that the second line shows that it goes on.
function breakable(name) {
  return name.split("_").flatMap((part, at) => (at ? [make("wbr"), `_${part}`] : [part]));
}

function cellLabel(host, service, cell) {
  const name = SERVICES[service].name;
  if (!cell) return `${name}: ${host.audited ? "not in the intent" : NOT_AUDITED}`;
  const parts = [cellLetter(cell), cell.open ? "open" : "closed", VERDICT_WORDS[cell.verdict]];
  if (cell.findings.length) parts.push(plural(cell.findings.length, "finding"));
  return `${name}: ${parts.join(", ")}`;
}

function cellLetter(cell) {
  if (!cell) return "";
  return cell.verdict === OK && !cell.open ? CLOSED_LETTER : LETTERS[cell.verdict];
}

function cellClass(cell) {
  if (!cell) return "cell blank";
  return `cell ${VERDICT_CLASSES[cell.verdict]}${cell.verdict === OK && !cell.open ? " closed" : ""}`;
}

function hostRow(host) {
  const state = host.audited ? (host.compliant ? "good" : "bad") : "lost";
  const said = { good: "as intended", bad: "not as intended", lost: NOT_AUDITED }[state];
  const row = make("div", { role: "row", class: `row ${state}`, "data-host": host.index },
    make("div", { role: "rowheader", class: "host", tabindex: "-1" },
      make("span", { class: "name" }, title(host)),
      make("span", { class: "state" }, said)));
  host.cells.forEach((cell, service) => {
    row.append(make("div", {
      role: "gridcell", tabindex: "-1", class: cellClass(cell),
      "aria-label": cellLabel(host, service, cell), "data-service": service,
    }, cellLetter(cell)));
  });
  const soon = host.days === null ? "" : barKind(host);
  row.append(make("div", { role: "gridcell", tabindex: "-1", class: `days ${soon}` },
    host.days === null ? "–" : String(host.days)));
  return row;
}

// Shows these hosts in this order, and marks the cells that the filters leave out.
function showMatrix(hosts, isOut) {
  shownHosts = hosts;
  matrix.setAttribute("aria-rowcount", String(hosts.length + 1));
  matrixQueue.run(drawRows(hosts, isOut));
}

function* drawRows(hosts, isOut) {
  const head = matrix.firstChild ?? matrix.appendChild(headRow());
  const shown = new Set(hosts.map((host) => host.index));
  for (const row of [...matrix.children].slice(1)) {
    row.hidden = !shown.has(Number(row.dataset.host));
  }
  let before = head;
  for (const host of hosts) {
    const row = (rows[host.index] ??= hostRow(host));
    row.hidden = false;
    if (before.nextSibling !== row) before.after(row);
    for (const cell of row.children) {
      const service = cell.dataset.service;
      if (service !== undefined) cell.classList.toggle("out", isOut(host, Number(service)));
    }
    before = row;
    if (host === hosts[0]) keepOneStop();
    yield;
  }
}

// The Tab key reaches exactly one cell: the last one used, or the first one.
function keepOneStop() {
  if (current && !current.parentElement.hidden && current.isConnected) return;
  const first = shownHosts.length ? rows[shownHosts[0].index].children[0] : null;
  stopAt(first);
}

function stopAt(cell) {
  if (current) current.tabIndex = -1;
  current = cell;
  if (cell) cell.tabIndex = 0;
}

function move(cell, down, across) {
  const row = cell.parentElement;
  const at = shownHosts.findIndex((host) => host.index === Number(row.dataset.host));
  const to = Math.min(shownHosts.length - 1, Math.max(0, at + down));
  const target = rows[shownHosts[to].index] ?? row;
  const column = [...row.children].indexOf(cell);
  const last = row.children.length - 1;
  const next = target.children[Math.min(last, Math.max(0, column + across))];
  stopAt(next);
  next.focus();
}

const FAR = 1e6;
const MOVES = {
  ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1],
  PageDown: [10, 0], PageUp: [-10, 0], Home: [0, -FAR], End: [0, FAR],
};

matrix.addEventListener("keydown", (event) => {
  const cell = event.target.closest("[tabindex]");
  if (!cell || event.altKey || event.metaKey) return;
  if (event.key === "Enter" || event.key === " ") openCell(cell);
  else if (event.key in MOVES) {
    const [down, across] = MOVES[event.key];
    move(cell, event.ctrlKey && across ? Math.sign(across) * FAR : down, across);
  } else return;
  event.preventDefault();
});

matrix.addEventListener("click", (event) => {
  const cell = event.target.closest("[tabindex]");
  if (!cell) return;
  stopAt(cell);
  cell.focus();
  openCell(cell);
});

function openCell(cell) {
  const host = HOSTS[Number(cell.parentElement.dataset.host)];
  openDialog(host, cell.dataset.service === undefined ? -1 : Number(cell.dataset.service));
}

function drawLegend() {
  const entries = [
    ["v-ok", LETTERS[OK], "open as intended"], ["v-ok closed", CLOSED_LETTER, "closed as intended"],
    ["v-error", LETTERS[ERROR], "error"], ["v-warning", LETTERS[WARNING], "warning"],
    ["v-info", LETTERS[INFO], "note"], ["v-waived", LETTERS[WAIVED], "accepted (waived)"],
    ["v-unknown", LETTERS[UNKNOWN], "not probed"],
  ];
  byId("legend").append(...entries.map(([kind, letter, meaning]) => make("li", {},
    make("span", { class: `cell ${kind}`, "aria-hidden": "true" }, letter),
    make("span", {}, meaning))));
}
