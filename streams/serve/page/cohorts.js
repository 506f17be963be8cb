// Units that share an origin, beside each other.

import { ask, idPath } from "/page/api.js";
import { h, link, table } from "/page/html.js";
import { spread, shares } from "/page/strips.js";
import { count, date, digits, fixed, scaleOf, unitOf, words } from "/page/words.js";

const KINDS = ["variant", "plant", "batch", "mounting", "hardware", "firmware"];
const FIRST = "cooling_conductance_ratio";

export async function cohorts() {
  const body = h("div"), chosen = { by: "variant", parameter: FIRST };
  const parameter = h("select", { id: "parameter", onchange: (event) => { chosen.parameter = event.target.value; draw(); } });
  let items = [];

  function draw() {
    const names = new Map(items.flatMap((cohort) => cohort.spreads.map((one) => [one.name, one.label])));
    if (!names.has(chosen.parameter)) chosen.parameter = names.keys().next().value ?? FIRST;
    parameter.replaceChildren(...[...names].map(([value, text]) => h("option", { value, selected: value === chosen.parameter }, text)));
    body.replaceChildren(...compared(items, chosen));
  }
  async function update() {
    ({ items } = await ask("cohorts", { by: chosen.by }));
    draw();
  }
  await update();
  return {
    title: "Cohorts",
    content: [
      h("h1", {}, "Cohorts"),
      h("p", { class: "lead" }, "Units that share an origin. Choose one to see its units."),
      h("div", { class: "filters" },
        h("label", {}, "By ", h("select", { id: "by", onchange: (event) => { chosen.by = event.target.value; update(); } }, KINDS.map((kind) => h("option", { value: kind }, kind)))),
        h("label", {}, "Parameter ", parameter)),
      body,
    ],
    update,
  };
}

function compared(items, { by, parameter }) {
  if (!items.length) return [h("p", {}, `No unit has a ${by} that is known: register them with edu-twin log.`)];
  const spreads = items.map((cohort) => cohort.spreads.find((one) => one.name === parameter));
  const known = spreads.filter(Boolean);
  const low = Math.min(...known.map((one) => one.p10)), high = Math.max(...known.map((one) => one.p90));
  const rows = items.map((cohort, place) => {
    const own = spreads[place];
    return [
      named(cohort, by), cohort.variant, String(cohort.units),
      isTold(cohort) ? shares(cohort.by_state, cohort.units) : "", isTold(cohort) ? String(cohort.by_state.act ?? 0) : "",
      cohort.signs === null ? "" : String(cohort.signs),
      own ? value(own.median, own) : null, own ? `${value(own.p10, own)} – ${value(own.p90, own)}` : `fewer than 3 units`,
      own ? spread(own, low, high) : "",
      cohort.alerts.length ? cohort.alerts.map((id) => link(`/alerts/${idPath(id)}`, "alert", { "aria-label": `Alert ${id}` })) : "",
    ];
  });
  const days = items.map((one) => one.at).filter(Boolean).sort();
  const label = known[0]?.label ?? words(parameter);
  return [
    h("p", { class: "muted" }, `${label}: four of five units lie within the bar, the mark is the median.`,
      days.length ? ` Of the day on which units of each last drove, the newest ${date(days.at(-1))}.` : " Of each unit's newest driving day."),
    table(`${label} by ${by}`, [[words(by), "name"], ["Variant", "name", true], ["Units", "number"], ["States", "picture", true], ["Act", "number", true], ["Signs of failure", "number", true], ["Median", "number"], ["10 – 90 %", "number"], ["Spread", "picture"], ["Found", "", true]], rows),
    h("p", { class: "muted" }, count(items.length, "cohort")),
  ];
}

const isTold = (cohort) => Object.keys(cohort.by_state).length > 0; // of firmware nobody knows which units have it

function named(cohort, by) {
  if (!isTold(cohort)) return cohort.name;
  return link(`/?${new URLSearchParams({ ...(cohort.variant ? { variant: cohort.variant } : {}), [by]: cohort.name })}`, cohort.name);
}

function value(number, { unit, name, p10, p90 }) {
  const scale = scaleOf(unit, name);
  return `${fixed(number * scale, digits(number * scale, ((p90 - p10) * scale) / 10 || null))} ${unitOf(unit, name)}`.trim();
}
