// The fleet: which units need somebody and why, then all the others.

import { ask, idPath } from "/page/api.js";
import { h, link, table } from "/page/html.js";
import { shares } from "/page/strips.js";
import { SEVERITY, STATES, count, date, moment, percent, words } from "/page/words.js";

const MOST_CARDS = 12;
const MOST_ROWS = 1000; // that the API tells at once
const PAGE = matchMedia("(max-width: 640px)").matches ? 15 : 50;

export async function fleet() {
  const top = h("div"), list = h("section", { "aria-labelledby": "all-units" });
  const chosen = { q: "", state: "", variant: "", plant: "", batch: "", mounting: "", hardware: "" };
  for (const [name, value] of new URLSearchParams(location.search)) if (Object.hasOwn(chosen, name)) chosen[name] = value;
  const filtered = Object.values(chosen).some(Boolean);

  async function summary() {
    const [numbers, urgent] = await Promise.all([ask("fleet"), ask("twins", { state: "act", limit: MOST_CARDS })]);
    top.replaceChildren(...headline(numbers), ...cards(urgent));
    return numbers;
  }

  const rows = h("div");
  async function units(seen = rows.querySelectorAll("tbody tr").length) { // what somebody has opened stays open
    const page = await ask("twins", { ...chosen, limit: Math.min(MOST_ROWS, Math.max(PAGE, seen)) });
    rows.replaceChildren(...listed(page, chosen));
  }
  function choose(name, value) { // the address says what is chosen: it can be sent, and come back to
    chosen[name] = value;
    const query = new URLSearchParams(Object.entries(chosen).filter(([, own]) => own));
    history.replaceState(null, "", query.size ? `/?${query}` : "/");
    return units(0);
  }
  const filter = (name) => (event) => choose(name, event.target.value.trim());
  const variant = select("Variant", filter("variant"), chosen.variant), plant = select("Plant", filter("plant"), chosen.plant);
  let known = null, plants = [];
  async function choices(numbers) {
    if (numbers.units === known && plants.length) return;
    known = numbers.units;
    variant.offer(Object.keys(numbers.by_variant).map((name) => [name, name]));
    plants = [...new Set((await ask("cohorts", { by: "plant" })).items.map((cohort) => cohort.name))].sort();
    plant.offer(plants.map((name) => [name, name]));
    plant.label.hidden = !plants.length;
  }
  const state = select("State", filter("state"), chosen.state);
  state.offer(Object.entries(STATES));
  list.append(
    h("h2", { id: "all-units" }, "All units"),
    h("form", { class: "filters", onsubmit: (event) => event.preventDefault() },
      h("label", {}, "Find ", h("input", { type: "search", id: "q", value: chosen.q, oninput: filter("q"), placeholder: "part of a name" })),
      state.label, variant.label, plant.label, ["batch", "mounting", "hardware"].filter((name) => chosen[name]).map((name) => only(name, chosen, choose))),
    rows);
  async function update() {
    await Promise.all([summary().then(choices), units()]);
    list.hidden = known === 0;
  }
  await update();
  return { title: "Fleet", content: [top, list], update, first: filtered ? list : null };
}

function headline(numbers) {
  const states = numbers.by_state, act = states.act;
  const rest = [
    states.watch && `${states.watch} to watch`, states.in_hand && `${states.in_hand} in hand`,
    states.no_data && `${states.no_data} without data`, `${states.normal} normal`,
  ].filter(Boolean).join(", ");
  if (!numbers.units) return [h("h1", {}, "No unit has sent results yet"), h("p", { class: "lead" }, "They appear here as soon as they come.")];
  return [
    h("h1", {}, act ? `${count(act, "unit needs", "units need")} action` : "No unit needs action"),
    h("p", { class: "lead" }, `Of ${count(numbers.units, "unit")}: ${rest}. `, h("span", { class: "muted" }, `Results up to ${moment(numbers.newest)}.`)),
    shares(states, numbers.units),
  ];
}

function cards(page) {
  if (!page.items.length) return [];
  const more = page.total - page.items.length;
  return [
    h("ul", { class: "cards" }, page.items.map(card)),
    more > 0 ? h("p", {}, `${count(more, "more unit")} below, under State: Act.`) : null,
  ].filter(Boolean);
}

function card(unit) {
  const why = unit.reasons[0];
  return h("li", { class: `card ${unit.state}` },
    h("div", { class: "head" }, h("h2", {}, link(`/units/${encodeURIComponent(unit.unit)}`, unit.unit)), tag(why.severity)),
    h("p", { class: "why" }, why.text),
    why.check ? h("p", {}, h("strong", {}, "Check: "), why.check) : null,
    unit.reasons.length > 1 ? h("p", { class: "muted" }, `and ${count(unit.reasons.length - 1, "further reason")}`) : null,
    h("p", { class: "muted" }, [unit.variant, unit.plant && `plant ${unit.plant}`, unit.batch && `batch ${unit.batch}`].filter(Boolean).join(" · ")),
    why.alert_id ? h("p", {}, link(`/alerts/${idPath(why.alert_id)}`, "Evidence and acknowledge", { "aria-label": `Evidence and acknowledge, ${unit.unit}` })) : null);
}

export const tag = (severity) => (severity ? h("span", { class: `tag ${severity}` }, SEVERITY[severity]) : null);
export const badge = (state) => h("span", { class: `badge ${state}` }, STATES[state]);

function only(name, chosen, choose) {
  const chip = h("button", { type: "button", onclick: () => { chip.remove(); choose(name, ""); } }, `${words(name)} ${chosen[name]}: show all`);
  return chip;
}

function select(text, onchange, first) {
  const chosen = h("select", { onchange }), label = h("label", {}, `${text} `, chosen);
  const offer = (options) => {
    const value = chosen.options.length ? chosen.value : first;
    chosen.replaceChildren(h("option", { value: "" }, "all"), ...options.map(([own, shown]) => h("option", { value: own }, shown)));
    chosen.value = options.some(([own]) => own === value) ? value : "";
  };
  return { label, offer };
}

const COLUMNS = [["Unit", "name"], ["State", "beside"], ["Why", "wide"], ["Variant", "name"], ["Plant", "spare"], ["Heard of", "name spare"], ["Wears fastest, of design", "number spare"]];

function row(unit) {
  const worn = unit.worst_component ? `${words(unit.worst_component)} ${percent(unit.worst_design_ratio, 0)}` : null;
  return [
    link(`/units/${encodeURIComponent(unit.unit)}`, unit.unit), badge(unit.state), unit.reasons[0]?.text ?? "", unit.variant,
    unit.plant, unit.at ? date(unit.at) : "never", worn,
  ];
}

function listed(page, chosen) {
  const body = table("Units, the most urgent first", COLUMNS, page.items.map(row));
  const known = page.items.length;
  const told = h("p", { class: "muted", role: "status" }, `${known} of ${count(page.total, "unit")}`);
  const more = h("button", { type: "button" }, "Show more");
  let { next } = page, seen = known;
  more.addEventListener("click", async () => {
    const following = await ask("twins", { ...chosen, limit: PAGE, cursor: next });
    const further = table("more", COLUMNS, following.items.map(row));
    body.querySelector("tbody").append(...further.querySelectorAll("tbody tr"));
    next = following.next;
    seen += following.items.length;
    told.textContent = `${seen} of ${count(page.total, "unit")}`;
    more.hidden = !next;
  });
  return [body, told, next ? more : null].filter(Boolean);
}
