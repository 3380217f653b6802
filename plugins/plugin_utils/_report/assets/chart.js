// Copyright: (c) 2026, postmaster.mailports contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// The days that certificates have left, and the same as a table: a named bar for each of a few hosts,
// thin bars for many.

const SVG = "http://www.w3.org/2000/svg";
const CHART = { height: 220, left: 44, right: 8, top: 12, bottom: 26, most: 400, least: -60 };
const LINES = [0, 30, 90, 180, 365];
const TICK_LEAST = 14;
const BAR_MOST = 30;
const TABLE_FIRST = 25;
// As many hosts as can have their names beside their bars.
const NAMED_MOST = 16;
const NAMED_DAYS = 90;
const certQueue = new Queue();
const chartQueue = new Queue();
let bars = [];

function svg(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function barKind(host) {
  const rules = host.findings.filter((one) => !one.waived).map((one) => one.rule);
  if (host.days < 0 || rules.includes("certificate-expired")) return "error";
  return rules.includes("certificate-expires-soon") ? "warning" : "ok";
}

function* drawChart(hosts) {
  // The matrix, which people look at first, is drawn first.
  yield;
  bars = hosts.filter((host) => host.days !== null).sort((one, other) => one.days - other.days);
  const box = byId("chart");
  byId("certificates").hidden = bars.length === 0;
  if (!bars.length) return;
  if (bars.length <= NAMED_MOST) drawNamed(box);
  else drawMany(box);
  drawTable();
}

// One row a host: its name, a bar and the days.
function drawNamed(box) {
  const longest = Math.max(NAMED_DAYS, bars.at(-1).days);
  const list = make("ul", { class: "named" });
  for (const host of bars) {
    const open = make("button", { type: "button", class: "link" }, title(host));
    open.addEventListener("click", () => openDialog(host, -1));
    const bar = make("span", { class: `long ${barKind(host)}` });
    bar.style.setProperty("--long", `${(100 * Math.max(0, host.days)) / longest}%`);
    list.append(make("li", {}, open, make("span", { class: "track", "aria-hidden": "true" }, bar),
      make("span", { class: `number ${barKind(host)}` }, expiry(host))));
  }
  box.replaceChildren(list);
  box.onpointermove = box.onpointerleave = box.onclick = null;
}

function drawMany(box) {
  const width = Math.max(280, box.clientWidth || 900);
  const inner = width - CHART.left - CHART.right;
  const step = Math.min(BAR_MOST + 6, inner / bars.length);
  const thick = step > 4 ? Math.min(BAR_MOST, step * 0.82) : step;
  const highest = Math.min(CHART.most, Math.max(45, bars.at(-1).days) * 1.05);
  const lowest = Math.max(CHART.least, Math.min(0, bars[0].days));
  const scale = (CHART.height - CHART.top - CHART.bottom) / (highest - lowest);
  const y = (days) => CHART.top + (highest - Math.min(highest, Math.max(lowest, days))) * scale;
  const paths = { ok: "", warning: "", error: "" };
  bars.forEach((host, at) => {
    const from = y(Math.max(0, host.days));
    const tall = Math.max(2, Math.abs(y(host.days) - y(0)));
    const x = (CHART.left + at * step).toFixed(1);
    paths[barKind(host)] += `M${x} ${from.toFixed(1)}h${thick.toFixed(2)}v${tall.toFixed(1)}h-${thick.toFixed(2)}z`;
  });
  const soonest = bars[0];
  const chart = svg("svg", {
    viewBox: `0 0 ${width} ${CHART.height}`, width, height: CHART.height, role: "img",
    "aria-label": `${plural(bars.length, "host")} by days left; the first to expire is ` +
      `${title(soonest)} with ${soonest.days}. The table below says the same.`,
  });
  const fits = (line, at) => line < highest &&
    (at === 0 || y(LINES[at - 1]) - y(line) > TICK_LEAST);
  for (const line of LINES.filter(fits)) {
    chart.append(
      svg("line", { x1: CHART.left, x2: width - CHART.right, y1: y(line), y2: y(line), class: "line" }),
      svg("text", { x: CHART.left - 8, y: y(line) + 4, class: "tick" }, String(line)));
  }
  for (const [kind, d] of Object.entries(paths)) {
    if (d) chart.append(svg("path", { d, class: `bar ${kind}` }));
  }
  chart.append(svg("text", { x: CHART.left, y: CHART.height - 6, class: "axis" },
    `${plural(bars.length, "host")}, the first to expire on the left`));
  box.replaceChildren(chart);
  box.onpointermove = (event) => showBar(barAt(event, chart, step));
  box.onpointerleave = () => showBar(null);
  box.onclick = (event) => {
    const host = barAt(event, chart, step);
    if (host) openDialog(host, -1);
  };
}

function barAt(event, chart, step) {
  const at = Math.floor((event.clientX - chart.getBoundingClientRect().left - CHART.left) / step);
  return bars[at] ?? null;
}

const expiry = (host) => (host.days < 0 ? "expired" : plural(host.days, "day"));

function showBar(host) {
  byId("chart-readout").textContent = host ? `${title(host)}: ${expiry(host)}` : "";
}

function certRow(host) {
  const soonest = readCertificate(host.certificates.reduce((one, other) =>
    (other[5] < one[5] ? other : one)));
  const open = make("button", { type: "button", class: "link" }, title(host));
  open.addEventListener("click", () => openDialog(host, -1));
  return make("tr", {}, make("th", { scope: "row" }, open),
    make("td", { class: `number ${barKind(host)}` }, String(host.days)),
    make("td", { class: "date" }, soonest.until.slice(0, 10)), make("td", {}, soonest.issuer));
}

function drawTable() {
  const body = make("tbody");
  const head = make("tr", {}, ...["Host", "Days left", "Expires", "Issuer"].map((name) =>
    make("th", { scope: "col" }, name)));
  const table = make("table", {}, make("thead", {}, head), body);
  const box = byId("cert-table");
  box.replaceChildren(table);
  body.append(...bars.slice(0, TABLE_FIRST).map(certRow));
  if (bars.length <= TABLE_FIRST) return;
  const more = make("button", { type: "button" }, `Show all ${bars.length}`);
  more.addEventListener("click", () => {
    more.remove();
    certQueue.run(drawRest(body, bars.slice(TABLE_FIRST)));
  });
  box.append(more);
}

function* drawRest(body, hosts) {
  for (const host of hosts) {
    body.append(certRow(host));
    yield;
  }
}
