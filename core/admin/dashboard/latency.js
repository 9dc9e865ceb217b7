// How long changes took: a row for each sink, the slowest first, which opens to the stages.

const mostChanges = 100;
const mostSinks = 10;
const fewForP99 = 20; // of fewer samples it is the slowest under another name
let allSinks = false;
const stages = [["published", "the source's report reaches drcon"], ["decided", "merged, filtered, paced, past the brake"],
  ["applied", "handed to the sink"], ["verified", "its target serves it"]];
// What each stage adds: "decided" is measured from the source's report, as "published" is.
const parts = (way) => [way.published, way.decided - way.published, way.applied, way.verified];

const quantile = (sorted, q) => sorted[Math.max(Math.ceil(q * sorted.length) - 1, 0)];
function figures(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), p90: quantile(sorted, 0.9), p99: quantile(sorted, 0.99), slowest: sorted[sorted.length - 1] };
}
const p99Text = (samples, value) => (samples < fewForP99 ? "–" : duration(value));

// A change that a brake has held waited for people, not for drcon: it would flatten all others.
function wasHeld(each, holds) {
  const seen = each.time - each.stages.whole;
  const pipelines = (status.sinks[each.subject] || { pipelines: [] }).pipelines;
  const slack = 0.05; // the journal has the time of day, the stages have a clock of their own
  return holds.some((hold) => pipelines.includes(hold.subject) && hold.time >= seen - slack && hold.time <= seen + each.stages.decided + slack);
}

function renderLatency() {
  if (!status) return;
  const holds = journal.filter((each) => each.what === "held");
  const changes = new Map();
  for (const each of journal) if (each.stages && !wasHeld(each, holds)) changes.set(each.subject, (changes.get(each.subject) || []).concat(each));
  const all = [...changes].map(([sink, each]) => [sink, each.slice(-mostChanges)]).map(([sink, each]) => [sink, each, figures(each.map((one) => one.stages.whole))])
    .sort((a, b) => b[2].median - a[2].median);
  const some = firstOf(all, mostSinks, $("all-sinks"), allSinks);
  say($("latency-text"), all.length ? "From a source's report to a target that serves it, without what a brake has held; the slowest sinks first. Stages are those of drcon_stage_seconds." : "No change yet.");
  say($("all-sinks"), `Show all ${all.length} sinks`);
  renderInto($("latency"), some.map(([sink, each]) => [sink, each.map((one) => one.number)]), () => some.map(([sink, each, whole]) => latencyRow(sink, each, whole)));
}
function latencyRow(sink, changes, whole) {
  // One that waited for minutes would flatten all others, so it is cut off and the text below says so.
  const top = whole.slowest <= 2 * whole.p90 ? whole.slowest : 1.25 * whole.p90;
  const cut = changes.filter((each) => each.stages.whole > top).length;
  const count = changes.length === 1 ? "one change" : `${changes.length} changes`;
  const p99 = changes.length < fewForP99 ? "" : `, p99 ${duration(whole.p99)}`;
  const text = `Bars: one for each change, up to ${duration(top)}` + (cut ? `; ${cut} cut off, the slowest took ${duration(whole.slowest)}` : "") + ".";
  const figure = (title, value) => el("span", { class: "number" }, el("small", {}, title), " ", value);
  const axis = el("span", { class: "axis", "aria-hidden": "true" }, el("span", {}, clock(changes[0].time)), changes.length > 1 ? el("span", {}, clock(changes[changes.length - 1].time)) : null);
  return el("figure", { "aria-label": "Propagation time of sink " + sink }, el("details", {},
    el("summary", { "data-key": "latency " + sink }, el("b", {}, el("bdi", {}, sink)), el("span", {}, count), figure("median", duration(whole.median)),
      figure("p99", p99Text(changes.length, whole.p99)), figure("slowest", duration(whole.slowest)),
      el("span", { class: "plot" }, bars(changes, top, `${sink}: ${count} from ${dated(changes[0].time)} on, median ${duration(whole.median)}${p99}. ${text}`), axis)),
    el("p", { class: "soft" }, text), stageTable(changes)));
}
function stageTable(changes) {
  const row = (name, key, of, meaning) => {
    const { median, p99 } = figures(changes.map(of));
    return el("tr", {}, el("th", { scope: "row" }, key ? el("span", { class: "swatch " + key, "aria-hidden": "true" }) : null, name, el("small", {}, meaning)),
      el("td", { class: "number" }, duration(median)), el("td", { class: "number" }, p99Text(changes.length, p99)));
  };
  return el("table", {}, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Stage"), el("th", { scope: "col", class: "number" }, "Median"), el("th", { scope: "col", class: "number" }, "p99"))),
    el("tbody", {}, ...stages.map(([name, meaning], i) => row(name, name, (each) => parts(each.stages)[i], meaning)),
      row("total", "", (each) => each.stages.whole, changes.length < fewForP99 ? `no p99 of fewer than ${fewForP99} changes` : "")));
}
// Each bar stands at its time. The higher are behind, so that none is hidden by one of the same time.
function bars(changes, top, label) {
  const shape = (tag, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, visible(value));
    return made;
  };
  const width = 6;
  const room = 600 - width;
  const first = changes[0].time;
  const length = changes[changes.length - 1].time - first;
  const svg = shape("svg", { viewBox: `0 0 ${room + width} 100`, preserveAspectRatio: "none", role: "img", "aria-label": label });
  for (const each of [...changes].sort((a, b) => b.stages.whole - a.stages.whole)) {
    const x = length ? (room * (each.time - first)) / length : 0;
    let y = 100;
    const group = shape("g", { "data-number": each.number });
    parts(each.stages).forEach((seconds, stage) => {
      const height = Math.min((seconds / top) * 100, y);
      y -= height;
      group.append(shape("rect", { class: stages[stage][0], x, width, y, height }));
    });
    if (each.stages.whole > top) group.append(shape("rect", { class: "cut", x, width, y: 4, height: 4 }));
    const title = shape("title", {});
    title.textContent = `revision ${each.revision}, ${dated(each.time)}: ${duration(each.stages.whole)} (` + stages.map(([name], at) => `${name} ${duration(parts(each.stages)[at])}`).join(", ") + ")";
    group.append(title);
    svg.append(group);
  }
  return svg;
}
$("all-sinks").addEventListener("click", () => { allSinks = true; renderLatency(); });
