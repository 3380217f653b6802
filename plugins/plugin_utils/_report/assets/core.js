// Copyright: (c) 2026, postmaster.mailports contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// The data of the page as objects, and the few helpers that every part of it uses.

const DATA = JSON.parse(document.getElementById("data").textContent);
const TEXTS = DATA.texts;
const [OK, WAIVED, INFO, WARNING, ERROR, UNKNOWN] = DATA.verdicts.keys();
const VERDICT_WORDS = ["as intended", "waived", "note", "warning", "error", "not probed"];
const VERDICT_CLASSES = ["v-ok", "v-waived", "v-info", "v-warning", "v-error", "v-unknown"];
const LETTERS = ["OK", "A", "I", "W", "E", "N"];
const CLOSED_LETTER = "C";
const TRUTH = [null, false, true];
const NOT_AUDITED = "not audited";

// A slice of work between two frames; far below what a person notices as a delay.
const SLICE_MS = 10;

const byId = (id) => document.getElementById(id);

// Makes an element. Everything that is not an element becomes text, never markup.
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") element.className = value;
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

const plural = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
const words = (name) => name.replaceAll("_", " ");

function readFinding(row, host) {
  const [rule, severity, service, port, address, message, cause, evidence, layer, remedy,
    clause, policy, disagrees, fix, waived] = row;
  return {
    host, severity, service, port, cause, fix,
    rule: TEXTS[rule], address: TEXTS[address], message: TEXTS[message],
    evidence: TEXTS[evidence], layer: TEXTS[layer], remedy: TEXTS[remedy],
    clause: TEXTS[clause], policy: TEXTS[policy], disagrees: TEXTS[disagrees],
    waived: TEXTS[waived], verdict: verdictOf(rule, severity, waived),
  };
}

function verdictOf(rule, severity, waived) {
  if (waived) return WAIVED;
  return ["not-probed", "inconclusive"].includes(TEXTS[rule]) ? UNKNOWN : INFO + severity;
}

function readEndpoint(row) {
  const [service, port, address, verdict, intended, reach, why, mode, version, cipher, trusted,
    trustError, nameMatches, certificate, greeting, clear, inside, mechanisms, versions,
    failure, demands, ...times] = row;
  const steps = [];
  for (let at = 0; at < times.length; at += 2) steps.push([DATA.steps[times[at]], times[at + 1]]);
  return {
    service, port, verdict, certificate, steps,
    demands: readDemands(demands),
    address: TEXTS[address], intended: TEXTS[intended], reach: TEXTS[reach], why: TEXTS[why],
    mode: TEXTS[mode], version: TEXTS[version], cipher: TEXTS[cipher],
    trusted: TRUTH[trusted], trustError: TEXTS[trustError], nameMatches: TRUTH[nameMatches],
    greeting: TEXTS[greeting], clear: TRUTH[clear], inside: TRUTH[inside],
    mechanisms: TEXTS[mechanisms], versions: TEXTS[versions], failure: TEXTS[failure],
  };
}

function readDemands(list) {
  return DATA.demandLists[list].map((number) => {
    const [demand, outcome, item, detail] = DATA.demands[number];
    return { outcome, demand: TEXTS[demand], item: TEXTS[item], detail: TEXTS[detail] };
  });
}

function readCertificate(row) {
  const [subject, issuer, names, from, until, days, key, signature, sha256] = row;
  return {
    days,
    subject: TEXTS[subject], issuer: TEXTS[issuer], names: TEXTS[names], from: TEXTS[from],
    until: TEXTS[until], key: TEXTS[key], signature: TEXTS[signature], sha256: TEXTS[sha256],
  };
}

// A host holds its raw endpoints and certificates; they are read when somebody looks at them.
function readHost(row, index) {
  const [name, vantage, audited, compliant, message, policy, endpoints, findings,
    certificates, demands] = row;
  const host = {
    index, endpoints, certificates, demands,
    name: TEXTS[name], vantage: TEXTS[vantage], message: TEXTS[message], policy: TEXTS[policy],
    audited: audited === 1, compliant: compliant === 1,
  };
  host.findings = findings.map((one) => readFinding(one, host));
  host.cells = readCells(host);
  host.own = host.findings.filter((one) => one.service < 0);
  host.worst = Math.max(0, ...host.findings.map((one) => one.verdict));
  host.weight = host.findings.reduce((sum, one) => sum + WEIGHTS[one.verdict], 0);
  host.days = certificates.length ? Math.min(...certificates.map((one) => one[5])) : null;
  return host;
}

// What makes one host worse than another: an error outweighs any number of warnings.
const WEIGHTS = [0, 0, 1, 1e3, 1e6, 1e6];

// One cell for each service: its verdict over all addresses, and whether it is meant to be open.
function readCells(host) {
  const cells = new Array(DATA.services.length).fill(null);
  const cell = (service) => (cells[service] ??= { verdict: OK, open: false, findings: [] });
  for (const row of host.endpoints) {
    const one = cell(row[0]);
    one.verdict = Math.max(one.verdict, row[3]);
    one.open ||= TEXTS[row[4]].startsWith("open");
  }
  for (const one of host.findings) {
    if (one.service < 0) continue;
    const about = cell(one.service);
    about.verdict = Math.max(about.verdict, one.verdict);
    about.findings.push(one);
  }
  return cells;
}

const SERVICES = DATA.services.map(([name, port]) => ({ name: TEXTS[name], port }));
const SEVERAL_VANTAGES = new Set(DATA.hosts.map((row) => row[1])).size > 1;
// Filled while the page starts.
const HOSTS = [];

const title = (host) =>
  SEVERAL_VANTAGES && host.vantage ? `${host.name} from ${host.vantage}` : host.name;

function place(finding) {
  if (finding.service < 0) return "the host";
  const name = SERVICES[finding.service].name;
  return finding.port ? `${name} (${finding.port})` : name;
}

// A clause with a link to each section of an RFC that it names; the page asks for nothing until
// somebody follows one.
function clauseParts(text) {
  const parts = [];
  let at = 0;
  let rfc = "";
  for (const found of text.matchAll(/RFC (\d{1,5})(?: sections? (\d+(?:\.\d+)*))?| and (\d+(?:\.\d+)*)/g)) {
    if (!found[1] && !rfc) continue;
    rfc = found[1] ?? rfc;
    const section = found[2] ?? found[3];
    const shown = found[1] ? found[0] : found[3];
    const from = found.index + found[0].length - shown.length;
    parts.push(text.slice(at, from), make("a", {
      href: `https://www.rfc-editor.org/rfc/rfc${rfc}${section ? `#section-${section}` : ""}`,
      rel: "noreferrer",
    }, shown));
    at = from + shown.length;
  }
  return [...parts, text.slice(at)];
}

const badge = (verdict) => make("span", { class: `badge ${VERDICT_CLASSES[verdict]}` },
  VERDICT_WORDS[verdict]);

// Work in small pieces, so that the page answers in between; a later run of the same queue
// replaces an earlier one. finish() does the rest at once, for a printer.
class Queue {
  static all = [];

  constructor() {
    Queue.all.push(this);
    this.pieces = null;
    this.channel = new MessageChannel();
    this.channel.port1.onmessage = () => this.slice();
  }

  run(pieces) {
    this.pieces = pieces;
    this.channel.port2.postMessage(0);
    Queue.report();
  }

  // Puts on the page how many parts of it are still being drawn; tests wait for it.
  static report() {
    const drawing = Queue.all.filter((queue) => queue.pieces).length;
    document.documentElement.dataset.drawing = drawing || "";
  }

  slice() {
    const until = performance.now() + SLICE_MS;
    while (this.pieces) {
      if (this.pieces.next().done) this.pieces = null;
      else if (performance.now() > until) {
        requestAnimationFrame(() => this.channel.port2.postMessage(0));
        break;
      }
    }
    Queue.report();
  }

  finish() {
    while (this.pieces && !this.pieces.next().done);
    this.pieces = null;
    Queue.report();
  }
}
