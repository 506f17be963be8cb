// Numbers and names as people read them.

export const STATES = {
  act: "Act",
  watch: "Watch",
  in_hand: "In hand",
  no_data: "No data",
  normal: "Normal",
};
// What is expected of people, not what it is called.
export const SEVERITY = { page: "Call and park", ticket: "Within a week", watch: "Weekly review" };
const UNITS = { degC: "°C", ratio: "%", ohm: "Ω", deg: "°", 1: "", "m/s2": "m/s²" };
const PLAIN = new Set(["vibration_kurtosis"]);
export const Z90 = 1.645;

export const words = (name) => {
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};
export const isShare = (unit, name) => unit === "ratio" && !PLAIN.has(name);
export const scaleOf = (unit, name) => (isShare(unit, name) ? 100 : 1);
export const unitOf = (unit, name) => (unit === "ratio" && PLAIN.has(name) ? "" : UNITS[unit] ?? unit);

export function digits(value, sd) {
  const size = sd || Math.abs(value) / 100;
  return size > 0 ? Math.min(5, Math.max(0, -Math.floor(Math.log10(size) - 0.05))) : 0;
}

const minus = (text) => text.replace("-", "−");
export const fixed = (value, places) => minus(value.toFixed(places).replace(/^-(0(\.0*)?)$/, "$1")); // no −0.0
export const signed = (value, places) => (Number(value.toFixed(places)) > 0 ? "+" : "") + fixed(value, places);

export function estimate({ value, sd, unit, name, validity }) {
  // "81.2 ± 1.1 °C", or why there is no number.
  if (value === null) return validity === "valid" ? "–" : words(validity).toLowerCase();
  const scale = scaleOf(unit, name), error = sd === null ? null : sd * scale;
  const places = digits(value * scale, error);
  const around = error === null ? "" : ` ± ${fixed(error, places)}`;
  return `${fixed(value * scale, places)}${around} ${unitOf(unit, name)}`.trim();
}

export const percent = (share, places = 1) => (share === null ? null : `${fixed(share * 100, places)} %`);

const DAY = { timeZone: "UTC", day: "numeric", month: "short", year: "numeric" };
const MOMENT = { ...DAY, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
export const day = (number) => new Date(number * 864e5).toLocaleString("en-GB", DAY);
export const date = (text) => new Date(text).toLocaleString("en-GB", DAY);
export const moment = (text) => (text ? `${new Date(text).toLocaleString("en-GB", MOMENT)} UTC` : "never");
export const count = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;
