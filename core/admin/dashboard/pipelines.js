// The state: the verdict, and each pipeline from its sources to its sinks.

let status = null; // what the last event "state" had

function render() {
  const {verdict, state} = status;  // the phrase for people, the word for programs
  const kind = state === 'ok' ? 'good' : state === 'wrong' ? 'bad' : 'mild';
  $("version").textContent = status.version;
  say($("verdict"), verdict[0].toUpperCase() + verdict.slice(1));
  $("state").className = kind;
  document.title = (kind === "good" ? "" : "! ") + "drcon: " + verdict;
  const lines = status.unsettled.concat(status.caveats);
  renderInto($("lines"), lines, () => lines.map((line) => el("li", {}, line)));
  renderInto($("pipelines"), [status.pipelines, status.sources, status.sinks], () =>
    Object.entries(status.pipelines).map(([name, each]) => card(name, each)));
  readDetails();
  renderEndpoints();
}

const glyphs = { good: "✓", mild: "!", bad: "✕" };
// A name, its state as a glyph and a word, and lines of detail.
function node(kind, name, key, word, ...more) {
  return el("li", { class: "node " + kind, "data-kind": kind },
    el("b", {}, el("bdi", {}, name)), " ",
    el("span", { class: "word " + kind }, el("span", { class: "glyph", "aria-hidden": "true" }, glyphs[kind]), " ", word),
    ...more.filter((line) => line && line.length).map((line) => el("small", {}, line)));
}
function leftOut(key, { refused, refused_count }) {
  if (!refused_count) return null;
  const lines = refused.map((each) =>
    el("li", {}, each.endpoint ? phrase`${each.endpoint} of ${each.service}: ${each.why}` : phrase`${each.service}: ${each.why}`));
  if (refused_count > refused.length) lines.push(el("li", {}, `and ${refused_count - refused.length} more`));
  return [el("details", {}, el("summary", { "data-key": key }, `leaves out ${refused_count}`), el("ul", {}, ...lines))];
}

function sourceNode(name) {
  const each = status.sources[name];
  const unknown = Object.entries(each.unknown);
  const kind = !each.known ? "bad" : each.state !== "ok" || unknown.length || each.refused_count ? "mild" : "good";
  const word = !each.known ? (each.ready ? "unreachable" : "no data yet") : each.state !== "ok" ? each.state
    : unknown.length ? "some services unknown" : each.refused_count ? "leaves some out" : "ok";
  const why = each.why_unknown || each.text;
  return node(kind, name, "source " + name, word,
    phrase`${each.plugin}; ${several(each.endpoints, "endpoint")}; last report ${clock(each.last_word)}`,
    why ? phrase`${why}` : null,
    unknown.length ? phrase`no current data of ${listed(unknown.slice(0, 3).map(([service]) => service))}${unknown.length > 3 ? ` and ${unknown.length - 3} more` : ""}` : null,
    leftOut("source " + name, each));
}
function sinkNode(name) {
  const each = status.sinks[name];
  const wrong = !each.up_to_date && ["away", "rejected", "unanswered"].includes(each.last_answer);
  const kind = wrong ? "bad" : each.up_to_date && each.state === "ok" && !each.refused_count ? "good" : "mild";
  const word = each.up_to_date ? "serves revision " + each.applied : wrong ? each.last_answer
    : each.in_flight ? "applying revision " + each.wanted : "nothing yet";
  return node(kind, name, "sink " + name, word,
    phrase`${each.plugin}; ${each.last_applied ? "last applied " + clock(each.last_applied) : "nothing applied yet"}`,
    each.up_to_date || each.applied === null ? null : phrase`has revision ${each.applied}`,
    each.why ? phrase`${each.why}` : null,
    each.state !== "ok" ? phrase`${each.state}${each.text ? ": " + each.text : ""}` : null,
    leftOut("sink " + name, each));
}
function hostNode(each) {
  const kind = each.held || !each.known ? "bad" : each.paused ? "mild" : "good";
  const word = each.held ? "the brake holds" : each.paused ? "paused since " + clock(each.paused_since)
    : each.known ? "revision " + each.revision : "waits for " + each.waiting_for.join(", ");
  return node(kind, "host", "host", word,
    phrase`${each.in_service} of ${several(each.endpoints, "endpoint")} in service, of ${several(each.services_count, "service")}`,
    each.revision && (each.held || each.paused || !each.known) ? phrase`has revision ${each.revision}` : null,
    each.paused ? phrase`${each.paused}` : null);
}

const mostHolds = 5;  // a registry that has lost its data has all of its services held

function card(name, each) {
  const button = (text, what, main) =>
    el("button", { type: "button", class: main ? "main" : "", "data-key": name + what, onclick: () => steer(name, what) }, text);
  const column = (title, nodes) => el("div", {}, el("h4", { "aria-hidden": "true" }, title), el("ul", { "aria-label": title }, ...nodes));
  const arrow = () => el("span", { class: "arrow", "aria-hidden": "true" });
  const nodes = [each.sources.map(sourceNode), [hostNode(each)], each.sinks.map(sinkNode)];
  const kinds = nodes.flat().map((one) => one.dataset.kind);
  return el("article", { class: "card " + (["bad", "mild"].find((kind) => kinds.includes(kind)) || "good"), "aria-label": "Pipeline " + name },
    el("h3", {}, el("bdi", {}, name)),
    el("div", { class: "flow" }, column("Sources", nodes[0]), arrow(), column("Host", nodes[1]), arrow(), column("Sinks", nodes[2])),
    ...each.holds.slice(0, mostHolds).map((hold) => el("p", { class: "brake" }, el("b", {}, "Brake: "),
      phrase`${hold.service ? "service " + hold.service + ": " : ""}${hold.why}. Applied at ${clock(hold.until)} unless endpoints return.`)),
    each.holds_count > mostHolds ? el("p", { class: "brake" }, `and ${several(each.holds_count - mostHolds, "more service")} held`) : null,
    el("div", { class: "buttons" }, each.held ? button("Release the brake …", "release-brake", true) : null,
      each.paused ? button("Resume", "resume") : button("Pause", "pause"), button("Compare targets", "resync"), button("Roll back …", "rollback")));
}
