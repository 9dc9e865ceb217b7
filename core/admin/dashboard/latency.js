// How long changes took, stage by stage: the last hundred that each sink applied.

const mostChanges = 100;
const stages = [["published", "the source's report reaches drcon"], ["decided", "merged, filtered, paced, past the brake"],
  ["applied", "handed to the sink"], ["verified", "its target serves it"]];
// What each stage adds: "decided" is measured from the source's report, as "published" is.
const parts = (way) => [way.published, way.decided - way.published, way.applied, way.verified];

const quantile = (sorted, q) => sorted[Math.max(Math.ceil(q * sorted.length) - 1, 0)];
function figures(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), p90: quantile(sorted, 0.9), p99: quantile(sorted, 0.99), slowest: sorted[sorted.length - 1] };
}

function renderLatency() {
  const changes = new Map();
  for (const each of journal) if (each.stages) changes.set(each.subject, (changes.get(each.subject) || []).concat(each));
  const all = [...changes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([sink, each]) => [sink, each.slice(-mostChanges)]);
  say($("latency-text"), all.length ? "From a source's report to a target that serves it. Stages are those of drcon_stage_seconds." : "No change yet.");
  renderInto($("latency"), all.map(([sink, each]) => [sink, each.map((one) => one.number)]), () => all.map(([sink, each]) => plot(sink, each)));
}
function plot(sink, changes) {
  const whole = figures(changes.map((each) => each.stages.whole));
  // One that waited for minutes would flatten all others, so it is cut off and the text below says so.
  const top = whole.slowest <= 2 * whole.p90 ? whole.slowest : 1.25 * whole.p90;
  const cut = changes.filter((each) => each.stages.whole > top).length;
  const caption = el("figcaption", {}, el("b", {}, el("bdi", {}, sink)), `: ${changes.length === 1 ? "one change" : `the last ${changes.length} changes`}, median ${duration(whole.median)}, p99 ${duration(whole.p99)}`);
  const text = `Bars: one for each change, oldest first, up to ${duration(top)}` + (cut ? `; ${cut} cut off, the slowest took ${duration(whole.slowest)}` : "") + ".";
  const line = (name, key, of, meaning) => {
    const { median, p99 } = figures(changes.map(of));
    return el("tr", {}, el("th", { scope: "row" }, key ? el("span", { class: "swatch " + key, "aria-hidden": "true" }) : null, name, el("small", {}, meaning)),
      el("td", { class: "number" }, duration(median)), el("td", { class: "number" }, duration(p99)));
  };
  return el("figure", { "aria-label": "Latency of sink " + sink }, caption,
    el("span", { class: "top", "aria-hidden": "true" }, duration(top)),
    el("div", { class: "plot" }, bars(changes, top, `${caption.textContent}. ${text}`)), el("p", { class: "soft" }, text),
    el("table", {}, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Stage"), el("th", { scope: "col", class: "number" }, "Median"), el("th", { scope: "col", class: "number" }, "p99"))),
      el("tbody", {}, ...stages.map(([name, meaning], i) => line(name, name, (each) => parts(each.stages)[i], meaning)),
        line("total", "", (each) => each.stages.whole, ""))));
}
function bars(changes, top, label) {
  const shape = (tag, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, visible(value));
    return made;
  };
  const slots = Math.max(changes.length, 25);
  const svg = shape("svg", { viewBox: `0 0 ${slots} 100`, preserveAspectRatio: "none", role: "img", "aria-label": label });
  changes.forEach((each, i) => {
    let y = 100;
    const group = shape("g", {});
    parts(each.stages).forEach((length, stage) => {
      const height = Math.min((length / top) * 100, y);
      y -= height;
      group.append(shape("rect", { class: stages[stage][0], x: i + 0.12, width: 0.76, y, height }));
    });
    if (each.stages.whole > top) group.append(shape("rect", { class: "cut", x: i, width: 1, y: 4, height: 4 }));
    const title = shape("title", {});
    title.textContent = `revision ${each.revision}, ${clock(each.time)}: ${duration(each.stages.whole)} (` + stages.map(([name], at) => `${name} ${duration(parts(each.stages)[at])}`).join(", ") + ")";
    group.append(title);
    svg.append(group);
  });
  return svg;
}
