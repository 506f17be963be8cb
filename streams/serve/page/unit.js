// One unit: what it asks for, how it is now, what is unlike before and unlike others, how it wears, and how it came there.

import { ask, idPath } from "/page/api.js";
import { drawAll, timeChart } from "/page/charts.js";
import { badge, tag } from "/page/fleet.js";
import { h, link, table } from "/page/html.js";
import { lives } from "/page/life.js";
import { against, band, deviation } from "/page/strips.js";
import { SEVERITY, Z90, date, day, estimate, isShare, moment, percent, signed, unitOf, words } from "/page/words.js";

const MAIN_TEMPS = ["end_winding_temp_c", "rotor_temp_c", "oil_temp_c"];
const HOT_C = 180;
const SPANS = [["", "everything"], ["90", "90 days"], ["30", "30 days"], ["7", "7 days"], ["1", "1 day"]];
const DAYS = { state: "1", day: "" };

export async function unit(name) {
  const path = `twins/${encodeURIComponent(name)}`;
  const top = h("div"), below = h("div"), charts = await histories(path, name), life = lives(path);
  async function update(units, all) {
    if (units && !all && !units.has(name)) return;
    const [twin, alerts, { grafana_url }] = await Promise.all([ask(path), ask("alerts", { subject: name, show: "all" }), ask("fleet")]);
    top.replaceChildren(...present(twin, grafana_url));
    below.replaceChildren(...beside(twin, alerts.items));
    await Promise.all([charts.load(twin, alerts.items), life.load(twin)]);
  }
  await update();
  return { title: name, content: [top, charts.section, life.section, below], update };
}

function present(twin, grafana) {
  return [
    h("div", { class: "head" }, h("h1", {}, twin.unit), badge(twin.state)),
    h("p", { class: "muted" }, facts(twin), grafana ? [" · ", link(dashboard(grafana, twin), "its dashboard")] : null),
    twin.reasons.length ? h("ul", { class: "reasons" }, twin.reasons.map(reason)) : h("p", { class: "lead" }, "Nothing unusual: within its own normal and like its peers."),
    h("div", { class: "columns" }, now(twin), wear(twin)),
  ];
}

function beside(twin, alerts) {
  return [
    parameters(twin),
    alerts.length ? h("section", { "aria-labelledby": "alerts" }, h("h2", { id: "alerts" }, "Alerts"), h("ul", { class: "plain" }, alerts.map(alertLine))) : null,
    segments(twin),
  ].filter(Boolean);
}

const dashboard = (grafana, twin) => `${grafana}/d/edu-unit/?${new URLSearchParams({ "var-maker": twin.maker, "var-variant": "$__all", "var-unit": twin.unit })}`;

function facts(twin) {
  return [
    twin.variant, twin.mounting, twin.plant && `plant ${twin.plant}`, twin.batch && `batch ${twin.batch}`,
    twin.built && `built ${date(twin.built)}`, twin.vehicle && `vehicle ${twin.vehicle}`, `newest state ${moment(twin.at)}`,
  ].filter(Boolean).join(" · ");
}

function reason(why) {
  return h("li", {}, tag(why.severity), " ", h("strong", {}, why.text), why.check ? [h("br"), `Check: ${why.check} `] : " ",
    why.alert_id ? link(`/alerts/${idPath(why.alert_id)}`, "Evidence and acknowledge") : null);
}

function now(twin) {
  const rows = twin.estimates.map((one) => [
    one.label, estimate(one), one.value === null ? "" : band(one.value, Z90 * (one.sd ?? 0), 0, HOT_C),
  ]);
  return h("section", { "aria-labelledby": "now" }, h("h2", { id: "now" }, "Temperatures now"),
    h("p", { class: "muted" }, `Bars from 0 to ${HOT_C} °C with the 90 % interval.`, twin.validity === "valid" ? "" : ` Validity: ${words(twin.validity)}.`),
    twin.limits.length ? h("ul", { class: "reasons" }, twin.limits.map((limit) => h("li", {}, `${words(limit.alert)} since ${moment(limit.since)}`))) : null,
    rows.length ? table("Temperatures now", [["Node"], ["Estimate ± SD", "number beside"], ["", "picture"]], rows) : h("p", {}, "No state yet."));
}

function wear(twin) {
  const known = twin.health.filter((one) => one.design_ratio !== null);
  const most = Math.max(1.5, ...known.map((one) => one.design_ratio));
  const rows = known.map((one) => [
    words(one.component), percent(one.design_ratio, 0), against(one.design_ratio, most), percent(one.damage, 2),
    one.validity === "valid" ? "" : words(one.validity).toLowerCase(),
  ]);
  return h("section", { "aria-labelledby": "wear" }, h("h2", { id: "wear" }, "Wear"),
    h("p", { class: "muted" }, "Damage over that of the design profile at the same distance; the mark is 100 %. Laws disagree by factors: compare, do not date."),
    rows.length ? table("Wear", [["Component"], ["Of design", "number"], ["", "picture"], ["Life used", "number"], ["Validity", "", true]], rows) : h("p", {}, "Nothing is known of its wear yet."));
}

function parameters(twin) {
  const rows = twin.parameters.filter((one) => one.value !== null || one.change !== null).map((one) => [
    one.label, estimate(one), change(one), one.z === null ? "" : signed(one.z, 1), one.z === null ? "" : deviation(one.z),
    one.validity === "valid" ? "" : words(one.validity).toLowerCase(),
  ]);
  return h("section", { "aria-labelledby": "parameters" }, h("h2", { id: "parameters" }, "Against its own normal and its peers"),
    h("p", { class: "muted" }, "Of the newest driving day. 100 % is what the variant's parameters say; within three SD of the peers, the shaded part, is usual."),
    rows.length ? table("Slow parameters", [["Parameter"], ["Value ± SD", "number beside"], ["Change", "number"], ["SD from peers", "number"], ["", "picture"], ["Validity", "", true]], rows) : h("p", {}, "No driving day yet."));
}

function change(one) {
  if (one.change === null || one.change === undefined) return "";
  if (isShare(one.unit, one.name) || ["ohm", "Wb", "m/s2"].includes(one.unit)) return `${signed(one.change * 100, 1)} %`;
  return `${signed(one.change, Math.abs(one.change) < 0.1 ? 2 : 1)} ${unitOf(one.unit, one.name)}`.trim();
}

function alertLine(alert) {
  const state = alert.is_open ? (alert.in_hand ? "in hand" : "open") : words(alert.transition).toLowerCase();
  return h("li", {}, tag(alert.severity), " ", link(`/alerts/${idPath(alert.alert_id)}`, `${words(alert.diagnosis)}, since ${day(alert.opened_day)}`), ` (${state})`);
}

function segments(twin) {
  if (twin.segments.length < 2) return null;
  const rows = twin.segments.map((one) => [String(one.segment), date(one.since), date(one.until), String(one.driving_days), one.model_version]);
  return h("section", { "aria-labelledby": "segments" }, h("h2", { id: "segments" }, "Segments"),
    h("p", { class: "muted" }, "Stretches between changes of software, hardware, parameters or model: none of these looks like wear."),
    table("Segments", [["Segment"], ["Since"], ["Until"], ["Driving days", "number"], ["Model"]], rows));
}

async function histories(path, name) {
  const drawn = h("div", { class: "charts" }), then = h("div");
  const chosen = { parameter: null, days: "" };
  let twin = null, alerts = [];
  const parameter = h("select", { id: "parameter", onchange: (event) => { chosen.parameter = event.target.value; draw(); } });
  const span = h("select", { id: "span", onchange: (event) => { chosen.days = event.target.value; draw(); } }, SPANS.map(([value, text]) => h("option", { value }, text)));

  async function draw() {
    const from = (days) => (days && twin.at ? new Date(Date.parse(twin.at) - days * 864e5).toISOString() : null);
    const [temps, days] = await Promise.all([
      ask(`${path}/history`, { fields: MAIN_TEMPS.join(","), since: from(chosen.days || DAYS.state) }),
      ask(`${path}/history`, { series: "day", fields: chosen.parameter, since: from(chosen.days || DAYS.day) }),
    ]);
    const marks = alerts.filter((alert) => alert.detector !== "limit").map((alert) => ({ day: alert.opened_day, text: alert.severity }));
    const label = twin.parameters.find((one) => one.name === chosen.parameter)?.label ?? words(chosen.parameter);
    drawn.replaceChildren(
      timeChart(`${label}, by day`, days, [chosen.parameter], marks),
      timeChart(`Temperatures${chosen.days ? "" : ", last 24 hours"}`, temps, MAIN_TEMPS, marks));
    drawAll();
  }

  async function load(loaded, told) {
    twin = loaded;
    alerts = told;
    const names = twin.parameters.map((one) => [one.name, one.label]);
    const shows = alerts.find((alert) => alert.changes.length)?.changes[0].feature;
    chosen.parameter ??= names.some(([own]) => own === shows) ? shows : "cooling_conductance_ratio";
    parameter.replaceChildren(...(names.length ? names : [[chosen.parameter, words(chosen.parameter)]]).map(
      ([value, text]) => h("option", { value, selected: value === chosen.parameter }, text)));
    await draw();
  }

  async function past(event) {
    event.preventDefault();
    const at = new FormData(event.target).get("at");
    if (!at) return;
    const told = await ask(`${path}/history`, { at: `${at}:00Z` });
    if (!told.times.length) {
      then.replaceChildren(h("p", {}, "Nothing is known of it at or before that moment."));
      return;
    }
    const of = (own) => told.columns.find((column) => column.name === own);
    const rows = told.columns.filter((column) => column.name.endsWith("_temp_c") && column.sd).map((column) => [
      column.label, estimate({ value: column.values[0], sd: of(column.sd).values[0], unit: column.unit, name: column.name, validity: "no_data" }),
    ]);
    then.replaceChildren(h("p", {}, `State of ${moment(told.times[0])}, ${words(of("thermal_validity").values[0]).toLowerCase()}`),
      table(`${name} as it was`, [["Node"], ["Estimate ± SD", "number beside"]], rows));
  }

  const section = h("section", { "aria-labelledby": "history" }, h("h2", { id: "history" }, "How it came there"),
    h("div", { class: "filters" }, h("label", {}, "Parameter ", parameter), h("label", {}, "Time ", span)),
    drawn,
    h("details", {}, h("summary", {}, "As it was at a past moment"),
      h("form", { class: "filters", onsubmit: past }, h("label", {}, "Moment (UTC) ", h("input", { type: "datetime-local", name: "at", required: true })), h("button", {}, "Show")), then));
  return { section, load };
}
