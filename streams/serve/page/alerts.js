// Alerts: the list, and one with everything needed to judge it. Both take it in hand.

import { ask, command, idPath } from "/page/api.js";
import { drawAll, timeChart } from "/page/charts.js";
import { tag } from "/page/fleet.js";
import { h, link, say, table } from "/page/html.js";
import { SEVERITY, count, date, day, fixed, percent, signed, words } from "/page/words.js";

const PAGE = 100;
const MOST = 1000; // that the API tells at once

export async function alertList() {
  const list = h("div"), chosen = { show: "open", severity: "", subject: "" };
  let turn = 0, sought = 0;
  for (const [name, value] of new URLSearchParams(location.search)) if (Object.hasOwn(chosen, name)) chosen[name] = value;
  async function update() { // what somebody has opened stays open, up to what the API tells at once
    const mine = ++turn, limit = Math.min(MOST, Math.max(PAGE, sought));
    const [page, fleet] = await Promise.all([ask("alerts", { ...chosen, limit }), ask("fleet")]);
    if (mine !== turn) return; // something else was chosen meanwhile
    list.replaceChildren(
      h("p", { class: "muted", role: "status" }, page.next ? `${page.items.length} of ${count(page.total, "alert")}` : count(page.total, "alert")),
      h("ul", { class: "cards wide" }, page.items.map((alert) => row(alert, fleet.can_acknowledge, update))),
      page.next && limit < MOST ? h("button", { type: "button", id: "more", onclick: () => { sought = page.items.length + PAGE; tried(further); } }, "Show more") : "");
  }
  async function further() { // the keyboard goes on where it was
    const seen = list.querySelectorAll("li.card").length;
    await update();
    list.querySelectorAll("li.card")[seen]?.querySelector("a")?.focus();
  }
  const tried = (act) => act().catch((error) => say(`Not up to date: ${error.message}`));
  const choose = (name) => (event) => { // the address says what is chosen: it can be sent, and come back to
    chosen[name] = event.target.value;
    const query = new URLSearchParams(Object.entries(chosen).filter(([key, own]) => own && !(key === "show" && own === "open")));
    history.replaceState(null, "", query.size ? `/alerts?${query}` : "/alerts");
    sought = 0;
    tried(update);
  };
  const options = (name, all) => all.map(([value, text]) => h("option", { value, selected: chosen[name] === value }, text));
  await update();
  return {
    title: "Alerts",
    content: [
      h("h1", {}, "Alerts"),
      h("p", { class: "lead" }, "One alert a cause. What nobody has in hand comes first."),
      h("div", { class: "filters" },
        h("label", {}, "Show ", h("select", { onchange: choose("show") }, options("show", [["open", "open"], ["all", "all"]]))),
        h("label", {}, "Severity ", h("select", { onchange: choose("severity") }, options("severity", [["", "all"], ...Object.entries(SEVERITY).map(([one, text]) => [one, `${words(one)}: ${text.toLowerCase()}`])]))),
        chosen.subject ? h("button", { type: "button", value: "", onclick: (event) => { event.target.remove(); choose("subject")(event); } }, `Of ${chosen.subject}: show all`) : null),
      list,
    ],
    update,
  };
}

function row(alert, canSay, update) {
  return h("li", { class: `card ${kind(alert)}` },
    h("div", { class: "head" }, h("h2", {}, link(`/alerts/${idPath(alert.alert_id)}`, `${alert.subject}: ${words(alert.diagnosis)}`)), tag(alert.severity)),
    h("p", { class: "why" }, evidence(alert)),
    alert.check ? h("p", {}, h("strong", {}, "Check: "), alert.check) : null,
    h("p", { class: "muted" }, `${standing(alert)}, since ${day(alert.opened_day)}`),
    canSay && alert.is_open && !alert.in_hand ? inHand(alert, update) : null);
}

const kind = (alert) => (!alert.is_open ? "normal" : alert.in_hand ? "in_hand" : alert.severity === "watch" ? "watch" : "act");
const named = (text, alert) => Object.entries(alert.labels).reduce((told, [field, label]) => told.replaceAll(field, label), text).replaceAll(" -", " −");
const evidence = (alert) => alert.shows.slice(0, 3).join("; ") || alert.evidence_for.slice(0, 3).map((text) => named(text, alert)).join("; ") || (alert.detector === "limit" ? "Beyond its limit" : `${words(alert.detector)} ${fixed(alert.statistic, 1)}, limit ${fixed(alert.limit, 1)}`);

function standing(alert) {
  if (!alert.is_open) return words(alert.transition);
  if (alert.snoozed_until) return `Asleep until ${date(alert.snoozed_until)}`;
  return alert.in_hand ? "In hand" : "Open, in nobody's hand";
}

function inHand(alert, update) {
  const days = h("select", { "aria-label": `Days to snooze ${alert.alert_id}` }, [1, 7, 30].map((number) => h("option", { value: number }, count(number, "day"))));
  const failed = h("p", { class: "failed", role: "alert" });
  const tell = async (verb, body, words) => {
    try {
      await command(`alerts/${idPath(alert.alert_id)}/${verb}`, body);
      say(words);
      await update();
      document.getElementById("main").focus({ preventScroll: true });
    } catch (error) {
      failed.textContent = error.message;
    }
  };
  return h("div", { class: "actions" },
    h("button", { type: "button", class: "main", "aria-label": `Acknowledge ${alert.alert_id}`, onclick: () => tell("acknowledge", null, `${alert.alert_id} is in hand`) }, "Acknowledge"),
    h("span", {}, days, " ", h("button", { type: "button", "aria-label": `Snooze ${alert.alert_id}`, onclick: () => tell("snooze", { days: Number(days.value) }, `${alert.alert_id} is asleep`) }, "Snooze")),
    failed);
}

export async function alertStory(id) {
  const head = h("div"), chart = h("div", { class: "charts" }), body = h("div");
  async function update() {
    const [{ alert, steps }, fleet] = await Promise.all([ask(`alerts/${idPath(id)}`), ask("fleet")]);
    head.replaceChildren(...heading(alert, fleet.can_acknowledge, update));
    body.replaceChildren(...story(alert, steps));
    await picture(alert, chart);
  }
  await update();
  return { title: `Alert ${id}`, content: [head, chart, body], update };
}

function heading(alert, canSay, update) {
  const sure = alert.probability === null || alert.diagnosis === "unexplained" ? "" : `, ${percent(alert.probability, 0)} among the known faults`;
  const subject = alert.is_cohort ? h("span", {}, alert.subject) : link(`/units/${encodeURIComponent(alert.subject)}`, alert.subject);
  return [
    h("div", { class: "head" }, h("h1", {}, `${words(alert.diagnosis)}`), tag(alert.severity)),
    h("p", { class: "lead" }, alert.is_cohort ? "Cohort " : "Unit ", subject, `: ${standing(alert).toLowerCase()}${sure}. Since ${day(alert.opened_day)}.`),
    h("p", {}, h("strong", {}, "Check: "), alert.check),
    canSay && alert.is_open && !alert.in_hand ? inHand(alert, update) : null,
    alert.is_open && !canSay ? h("p", { class: "muted" }, "There is no fleet's log here that takes commands.") : null,
  ].filter(Boolean);
}

function story(alert, steps) {
  const changes = alert.changes.map((one, place) => {
    const share = alert.shows[place].endsWith("%"); // then SD and normal are in natural logarithms
    return [
      alert.shows[place], share ? percent(one.change_sd, 1) : number(one.change_sd).replace("+", ""),
      share ? `${signed(Math.expm1(one.baseline) * 100, 0)} %` : number(one.baseline), String(one.peers),
    ];
  });
  return [
    h("div", { class: "columns" },
      evidenceList("What speaks for it", alert.evidence_for, alert), evidenceList("What speaks against it", alert.evidence_against, alert)),
    changes.length ? h("section", { "aria-labelledby": "changes" }, h("h2", { id: "changes" }, "What changed"),
      h("p", { class: "muted" }, "Against the unit's own normal, which itself lies so far from its variant's."),
      table("What changed", [["Change"], ["SD", "number"], ["Own normal, from variant's", "number"], ["Peers", "number"]], changes)) : null,
    h("section", { "aria-labelledby": "life" }, h("h2", { id: "life" }, "Its life"),
      table("Steps", [["Day"], ["Step", "beside"], ["Severity"], ["Diagnosis"]], steps.map((step) => [day(step.day), words(step.transition), words(step.severity), words(step.diagnosis)])),
      h("p", { class: "muted" }, foundBy(alert))),
  ].filter(Boolean);
}

function foundBy(alert) {
  if (alert.detector === "limit") return alert.model_version ? `Found by the unit's own twin, model ${alert.model_version}.` : "Found by the unit's own twin.";
  return `Found by ${alert.detector}: ${fixed(alert.statistic, 1)}, limit ${fixed(alert.limit, 1)}, in data since ${day(alert.window_from_day)}. Model ${alert.model_version}, rules ${alert.rules_version}.`;
}

const number = (value) => signed(value, Math.abs(value) < 1 ? 3 : 1);

function evidenceList(title, texts, alert) {
  if (!texts.length) return null;
  return h("section", {}, h("h2", {}, title), h("ul", {}, texts.map((text) => h("li", {}, named(text, alert)))));
}

async function picture(alert, place) {
  const feature = alert.changes[0]?.feature;
  if (alert.is_cohort || !feature) return;
  const path = `twins/${encodeURIComponent(alert.subject)}`;
  try {
    const history = await ask(`${path}/history`, { series: "day", fields: feature });
    place.replaceChildren(timeChart(`${history.columns[0].label}, by day`, history, [feature], [
      { day: alert.window_from_day, text: "begins to show" }, { day: alert.opened_day, text: "opened" },
    ]));
    drawAll();
  } catch {
    place.replaceChildren(); // a feature that is no field of the day has no history to draw
  }
}
