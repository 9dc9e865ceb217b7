// Times: how long ago or how soon, with date and zone behind them, kept up to date.

let ahead = 0; // of the clock of this browser before that of drcon's machine, in seconds
const now = () => Date.now() / 1000 - ahead;

const two = (number) => String(number).padStart(2, "0");
const zone = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" });
const dayOf = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
const timeOf = (date) => `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
const zoneOf = (date) => zone.formatToParts(date).find((part) => part.type === "timeZoneName").value;
// As `drcon status` and the journal of the command line have it.
function dated(seconds) {
  const date = new Date(seconds * 1000);
  return `${dayOf(date)} ${timeOf(date)} ${zoneOf(date)}`;
}
const clock = (seconds) => timeOf(new Date(seconds * 1000));
const day = (seconds) => dayOf(new Date(seconds * 1000));

// A measured time.
function duration(s) {
  if (s < 0.0995) return (s * 1000).toFixed(1) + " ms";
  if (s < 1) return (s * 1000).toFixed(0) + " ms";
  return s < 120 ? s.toFixed(1) + " s" : (s / 60).toFixed(0) + " min";
}
// A time that somebody waits for, or has waited.
function span(seconds) {
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return s % 60 && s < 600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return several(Math.floor(s / 86400), "day");
}
const relations = {
  ago: (at) => (now() - at < 1 ? "just now" : span(now() - at) + " ago"),
  for: (at) => span(Math.max(now() - at, 0)),
  in: (at) => (at - now() > 0.5 ? "in " + span(at - now()) : "now"),
};
// How long ago ("ago"), for how long by now ("for"), or how soon ("in"). 0 stands for never.
function moment(seconds, relation = "ago") {
  if (!seconds) return "never";
  return el("time", { datetime: new Date(seconds * 1000).toISOString(), title: dated(seconds), "data-at": seconds, "data-relation": relation }, relations[relation](seconds));
}
// The same with the date in sight: for what people note down, or compare with another log.
const stamp = (seconds) => el("span", { class: "stamp" }, dated(seconds));
const fullMoment = (seconds, relation = "ago") => [stamp(seconds), " (", moment(seconds, relation), ")"];

// No region that is read aloud has such a time, or it would be read aloud each second.
setInterval(() => {
  for (const each of document.querySelectorAll("time[data-at]")) {
    const text = relations[each.dataset.relation](Number(each.dataset.at));
    if (each.textContent !== text) each.textContent = text;
  }
}, 1000);
