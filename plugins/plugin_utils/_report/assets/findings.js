// Copyright: (c) 2026, postmaster.mailports contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// The findings, grouped by remedy: what is wrong, what to do, and where it was found.

const PLACES_FIRST = 8;
const findQueue = new Queue();
const placeQueue = new Queue();

function groupFindings(findings) {
  const groups = new Map();
  for (const one of findings) {
    const key = `${one.rule}\n${one.waived ? "waived" : one.severity}\n${one.remedy}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(one);
  }
  return [...groups.values()].sort((one, other) =>
    other[0].verdict - one[0].verdict || other.length - one.length ||
    (one[0].rule < other[0].rule ? -1 : 1));
}

function showFindings(findings) {
  findQueue.run(drawGroups(groupFindings(findings)));
}

function* drawGroups(groups) {
  const box = byId("findings");
  box.replaceChildren();
  if (!groups.length) box.append(make("p", {}, HOSTS.some((host) => host.findings.length) ?
    "No finding passes the filters." : "Nothing was found: every port is as intended."));
  for (const group of groups) {
    box.append(groupCard(group));
    yield;
  }
}

function groupCard(group) {
  const first = group[0];
  const hosts = new Set(group.map((one) => one.host)).size;
  const count = group.length === hosts ? plural(hosts, "host") :
    `${plural(group.length, "finding")} on ${plural(hosts, "host")}`;
  return make("article", { class: `finding ${VERDICT_CLASSES[first.verdict]}`, "data-rule": first.rule },
    make("header", {}, badge(first.verdict), make("h3", {}, ruleLink(first.rule)),
      make("span", { class: "count" }, count)),
    explanation(first, new Set(group.map((one) => one.fix))),
    placeList(group));
}

// The name of a rule: leads to all its findings, from wherever it stands.
function ruleLink(rule) {
  const link = make("button", { type: "button", class: "link", title: `Show all findings of ${rule}` },
    rule);
  link.addEventListener("click", () => showRule(rule));
  return link;
}

// Cause, remedy, clause and fix; the same in a card and in the dialog.
function explanation(one, fixes) {
  const clause = one.disagrees ?
    `${one.clause}; policy ${one.policy}, with which ${one.disagrees} disagrees` : one.clause;
  const list = make("dl", { class: "why" });
  const say = (name, text) => {
    if (text) list.append(make("dt", {}, name), make("dd", {}, ...[text].flat()));
  };
  say("Cause", words(DATA.causes[one.cause]));
  say("Remedy", one.remedy);
  say("Clause", clauseParts(clause));
  say("Waived", one.waived);
  const lines = [...fixes].map((fix) => DATA.fixes[fix].map((line) => TEXTS[line]).join("\n"));
  return make("div", {}, list, make("details", { class: "fix" },
    make("summary", {}, "Fix it with this collection"),
    make("pre", {}, make("code", {}, lines.join("\n")))));
}

function placeItem(one) {
  const open = make("button", { type: "button", class: "link" }, title(one.host));
  open.addEventListener("click", () => openDialog(one.host, one.service));
  const where = one.address && one.service >= 0 ? `${place(one)} at ${one.address}` : place(one);
  return make("li", {}, open, make("span", { class: "at" }, ` ${where} `),
    make("span", { class: "said" }, one.message),
    one.evidence ? make("span", { class: "evidence" }, ` (${one.evidence})`) : "",
    one.layer ? make("span", { class: "evidence" }, ` Layer: ${words(one.layer)}.`) : "");
}

function placeList(group) {
  const list = make("ul", { class: "places" }, ...group.slice(0, PLACES_FIRST).map(placeItem));
  const box = make("div", {}, list);
  if (group.length > PLACES_FIRST) {
    const more = make("button", { type: "button" }, `Show all ${group.length}`);
    more.addEventListener("click", () => {
      more.remove();
      placeQueue.finish();
      placeQueue.run(drawPlaces(list, group.slice(PLACES_FIRST)));
    });
    box.append(more);
  }
  return box;
}

function* drawPlaces(list, findings) {
  for (const one of findings) {
    list.append(placeItem(one));
    yield;
  }
}
