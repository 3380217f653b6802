// Copyright: (c) 2026, postmaster.mailports contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// Filters, sorting, theme and printing: what puts the parts of the page together.

const FILTERS = ["host", "service", "rule", "severity", "cause", "vantage"];
const field = (name) => byId(`f-${name}`);

function fillFilters() {
  const option = (value, text) => make("option", { value }, text);
  const fill = (name, entries) => field(name).append(option("", "All"),
    ...entries.map(([value, text]) => option(String(value), text)));
  const findings = HOSTS.flatMap((host) => host.findings);
  fill("service", SERVICES.map((service, at) => [at, service.name]));
  fill("rule", [...new Set(findings.map((one) => one.rule))].sort().map((name) => [name, name]));
  const verdicts = [...new Set(findings.map((one) => one.verdict))].sort((a, b) => b - a);
  fill("severity", verdicts.map((verdict) => [verdict, VERDICT_WORDS[verdict]]));
  const causes = [...new Set(findings.map((one) => one.cause))].sort((a, b) => a - b);
  fill("cause", causes.map((cause) => [cause, words(DATA.causes[cause])]));
  const vantages = [...new Set(HOSTS.map((host) => host.vantage))].sort();
  fill("vantage", vantages.map((name) => [name, name || "unnamed"]));
  byId("f-vantage-box").hidden = !SEVERAL_VANTAGES;
}

const ORDERS = {
  worst: (one, other) => Number(one.audited) - Number(other.audited) ||
    other.weight - one.weight || one.index - other.index,
  name: (one, other) => one.index - other.index,
  days: (one, other) => (one.days ?? Infinity) - (other.days ?? Infinity) ||
    one.index - other.index,
};

// Returns the values of the filters; null for one that is not set.
function wanted() {
  const value = Object.fromEntries(FILTERS.map((name) => [name, field(name).value]));
  const number = (name) => (value[name] === "" ? null : Number(value[name]));
  return {
    host: value.host.trim().toLowerCase(), rule: value.rule, vantage: value.vantage,
    service: number("service"), verdict: number("severity"), cause: number("cause"),
  };
}

function apply() {
  const want = wanted();
  const about = (one) => (!want.rule || one.rule === want.rule) &&
    (want.cause === null || one.cause === want.cause) &&
    (want.verdict === null || one.verdict === want.verdict) &&
    (want.service === null || one.service === want.service);
  const narrow = want.rule !== "" || want.cause !== null || want.verdict !== null;
  const named = (host) => (!want.host || host.name.toLowerCase().includes(want.host)) &&
    (!want.vantage || host.vantage === want.vantage);
  const isOut = (host, service) => {
    if (want.service !== null && service !== want.service) return true;
    return narrow && !(host.cells[service]?.findings.some(about) ?? false);
  };
  const matching = (host) => host.findings.filter(about);
  const hosts = HOSTS.filter((host) => named(host) && (!narrow || host.findings.some(about)))
    .sort(ORDERS[field("sort").value]);
  const findings = hosts.flatMap(matching);
  byId("count").textContent =
    `${hosts.length === HOSTS.length ? plural(hosts.length, "host") :
      `${hosts.length} of ${plural(HOSTS.length, "host")}`}, ${plural(findings.length, "finding")}`;
  showMatrix(hosts, isOut);
  chartQueue.run(drawChart(hosts));
  showFindings(findings);
}

// Shows the findings of one rule alone; the filters say so, and Reset shows all again.
function showRule(rule) {
  dialog.close();
  form.reset();
  field("rule").value = rule;
  byId("filter-box").open = true;
  apply();
  byId("find-title").focus();
  byId("find-title").scrollIntoView();
}
for (const code of document.querySelectorAll(".changes code")) {
  const rule = code.textContent;
  if (DATA.hosts.some((host) => host[7].some((row) => TEXTS[row[0]] === rule))) {
    code.replaceChildren(ruleLink(rule));
  }
}

// Wait until the typist pauses, so that not every letter draws the page anew.
let waiting = 0;
const TYPING_MS = 120;
const form = byId("filters");
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", (event) => {
  if (event.target !== field("host")) apply();
});
field("host").addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(apply, TYPING_MS);
});
form.addEventListener("reset", () => setTimeout(apply, 0));

// The next report that is opened looks the same, where the browser keeps such a choice.
const THEME_KEY = "mailports-theme";
function showTheme(name) {
  document.documentElement.dataset.theme = name;
  byId("theme").value = name;
}
try {
  const kept = localStorage.getItem(THEME_KEY);
  if (["light", "dark"].includes(kept)) showTheme(kept);
} catch {
  // Storage is switched off, so the system's theme applies.
}
byId("theme").addEventListener("change", (event) => {
  showTheme(event.target.value);
  try {
    localStorage.setItem(THEME_KEY, event.target.value);
  } catch {
    // As above.
  }
});

let opened = [];
addEventListener("beforeprint", () => {
  for (const queue of Queue.all) queue.finish();
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const one of opened) one.open = true;
});
addEventListener("afterprint", () => {
  for (const one of opened) one.open = false;
});

let drawnWidth = 0;
new ResizeObserver(() => {
  const width = byId("chart").clientWidth;
  if (Math.abs(width - drawnWidth) > 8) {
    drawnWidth = width;
    if (bars.length) chartQueue.run(drawChart(bars));
  }
}).observe(byId("chart"));

// On a phone the filters would fill the first screen.
if (matchMedia("(max-width: 44rem)").matches) byId("filter-box").open = false;

document.documentElement.classList.add("js");
document.documentElement.style.setProperty("--services", String(SERVICES.length));
drawLegend();

function* start() {
  for (const [index, row] of DATA.hosts.entries()) {
    HOSTS.push(readHost(row, index));
    yield;
  }
  fillFilters();
  apply();
}

new Queue().run(start());
