// Copyright: (c) 2026, postmaster.mailports contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// What was seen of one host, or of one of its services: timeline, TLS, certificate, findings.

const dialog = byId("dialog");

function openDialog(host, service) {
  const endpoints = host.endpoints.filter((row) => service < 0 || row[0] === service)
    .map(readEndpoint);
  const name = service < 0 ? "" : `, ${SERVICES[service].name}`;
  byId("d-title").textContent = `${title(host)}${name}`;
  const body = byId("d-body");
  body.replaceChildren();
  if (!host.audited) body.append(make("p", { class: "warn" }, `Not audited. ${host.message}`));
  const shown = service < 0 ? host.own : [];
  body.append(...shown.map(findingBox));
  if (service < 0) body.append(demandBox(readDemands(host.demands)));
  const shownBefore = new Set(shown);
  body.append(...endpoints.map((one) => endpointBox(host, one, shownBefore)));
  const rest = host.findings.filter((one) =>
    !shownBefore.has(one) && (service < 0 || one.service === service));
  body.append(...rest.map(findingBox));
  if (!body.firstChild) body.append(make("p", {}, "Nothing was seen here: it is not in the intent."));
  dialog.showModal();
  dialog.scrollTop = 0;
}

dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});

function endpointBox(host, one, shownBefore) {
  const findings = host.findings.filter((finding) => !shownBefore.has(finding) &&
    finding.service === one.service && finding.port === one.port &&
    (finding.address === one.address || finding.address === ""));
  findings.forEach((finding) => shownBefore.add(finding));
  const name = SERVICES[one.service].name;
  const certificate = one.certificate < 0 ? null :
    readCertificate(host.certificates[one.certificate]);
  return make("section", { class: "endpoint" },
    make("h3", {}, `${name} (${one.port}) `, make("span", { class: "addr" }, one.address), " ",
      badge(one.verdict)),
    ...findings.map(findingBox),
    seenList(one),
    one.steps.length ? timeline(one) : "",
    certificate ? certificateBox(certificate, one) : "",
    demandBox(one.demands));
}

const DEMAND_CLASSES = { met: "v-ok", broken: "v-error", not_known: "v-unknown", not_asked: "v-waived" };
// What went wrong stands first.
const DEMAND_ORDER = ["broken", "not_known", "met", "not_asked"];

// Everything that was demanded here, each with its outcome and what was seen.
function demandBox(demands) {
  if (!demands.length) return "";
  const of = (name) => demands.filter((one) => DATA.outcomes[one.outcome] === name);
  const sums = DATA.outcomes.map((name) => [name, of(name).length]).filter(([, number]) => number);
  const list = make("ul", { class: "demands" });
  for (const name of DEMAND_ORDER) {
    list.append(...of(name).map((one) => make("li", {},
      make("span", { class: `badge ${DEMAND_CLASSES[name]}` }, words(name)),
      make("span", {}, name === "met" ? "no " : "", make("b", {}, one.demand), one.item ? ` ${one.item}` : "",
        one.detail ? make("span", { class: "evidence" }, ` ${one.detail}`) : ""))));
  }
  return make("details", { class: "demanded", open: of("broken").length + of("not_known").length > 0 },
    make("summary", {}, `${plural(demands.length, "demand")}: ` +
      sums.map(([name, number]) => `${number} ${words(name)}`).join(", ")),
    list);
}

function findingBox(one) {
  return make("article", { class: `finding ${VERDICT_CLASSES[one.verdict]}` },
    make("header", {}, badge(one.verdict), make("h4", {}, ruleLink(one.rule))),
    make("p", { class: "said" }, `${place(one)} ${one.message}`,
      one.evidence ? make("span", { class: "evidence" }, ` (${one.evidence})`) : ""),
    one.layer ? make("p", {}, `Layer at fault: ${words(one.layer)}`) : "",
    explanation(one, [one.fix]));
}

const LOGIN_WORDS = new Map([[null, "not seen"], [false, "none"], [true, "offered"]]);

function seenList(one) {
  const list = make("dl", { class: "seen" });
  const say = (name, text) => {
    if (text) list.append(make("div", {}, make("dt", {}, name), make("dd", {}, text)));
  };
  say("Intended", one.intended);
  say("Reach", words(one.reach) + (one.why ? `: ${one.why}` : ""));
  if (one.reach !== "open") return list;
  say("TLS", [one.mode, one.version, one.cipher].filter(Boolean).join(", "));
  say("Old versions", words(one.versions));
  say("Login in cleartext", LOGIN_WORDS.get(one.clear));
  say("Login in TLS", LOGIN_WORDS.get(one.inside));
  say("Mechanisms", one.mechanisms);
  say("Ended early", words(one.failure));
  say("Greeting", one.greeting);
  return list;
}

// One bar a step, each beginning where the one before ended.
function timeline(one) {
  const total = one.steps.reduce((sum, [, spent]) => sum + spent, 0);
  const list = make("ol", { class: "timeline" });
  let begun = 0;
  for (const [step, spent] of one.steps) {
    const bar = make("span", { class: `span s-${step}` });
    bar.style.setProperty("--from", `${total ? (100 * begun) / total : 0}%`);
    bar.style.setProperty("--long", `${total ? (100 * spent) / total : 0}%`);
    list.append(make("li", {}, make("span", { class: "step" }, words(step)),
      make("span", { class: "track", "aria-hidden": "true" }, bar),
      make("span", { class: "spent" }, `${spent.toFixed(1)} ms`)));
    begun += spent;
  }
  return make("div", {}, make("h4", {}, `Timeline, ${total.toFixed(0)} ms`), list);
}

function certificateBox(certificate, one) {
  const list = make("dl", { class: "seen" });
  const say = (name, text) => {
    if (text) list.append(make("div", {}, make("dt", {}, name), make("dd", {}, text)));
  };
  const left = certificate.days < 0 ? `${-certificate.days} days ago` :
    `in ${plural(certificate.days, "day")}`;
  say("Expires", `${certificate.until.slice(0, 10)}, ${left}`);
  say("Valid from", certificate.from.slice(0, 10));
  say("Subject", certificate.subject);
  say("Names", certificate.names);
  say("Issuer", certificate.issuer);
  say("Trusted", one.trusted === null ? "not verified" :
    one.trusted ? "yes" : `no: ${one.trustError}`);
  say("Name matches", one.nameMatches === null ? "" : one.nameMatches ? "yes" : "no");
  say("Key", certificate.key);
  say("Signature", certificate.signature);
  say("SHA-256", certificate.sha256);
  return make("div", {}, make("h4", {}, "Certificate"), list);
}
