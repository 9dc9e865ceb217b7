// One pipeline in detail: the way from its sources through the host to its sinks.

// A name, its state as a glyph and a word, and lines of detail.
function node(kind, name, key, text, ...more) {
  return el("li", { class: "node " + kind, "data-kind": kind },
    el("b", {}, el("bdi", {}, name)), " ", word(kind, ...[text].flat()),
    ...more.filter((line) => line && line.length).map((line) => el("small", {}, line)));
}
function leftOut(key, { refused, refused_count }) {
  if (!refused_count) return null;
  const lines = refused.map((each) => el("li", {}, refusalLine(each)));
  if (refused_count > refused.length) lines.push(el("li", {}, `and ${refused_count - refused.length} more`));
  return [el("details", {}, el("summary", { "data-key": key }, `leaves out ${refused_count}`), el("ul", {}, ...lines))];
}

function sourceState(each) {
  const unknown = Object.keys(each.unknown).length;
  const kind = !each.known ? "bad" : each.state !== "ok" || unknown || each.refused_count ? "mild" : "good";
  const text = !each.known ? (each.ready ? "unreachable" : "no data yet") : each.state !== "ok" ? spoken(each.state)
    : unknown ? "some services unknown" : each.refused_count ? "leaves some out" : "ok";
  return [kind, text];
}
function sourceNode(name) {
  const each = status.sources[name];
  const unknown = Object.keys(each.unknown);
  const [kind, text] = sourceState(each);
  const why = each.why_unknown || (each.state !== "ok" || !each.known ? each.text : "");
  return node(kind, name, "source " + name, each.unknown_since ? [text, " for ", moment(each.unknown_since, "for")] : text,
    phrase`${each.plugin}; ${several(each.endpoints, "endpoint")} of ${several(each.services, "service")}; last report ${moment(each.last_word)}`,
    why ? phrase`${why}` : null,
    unknown.length ? ["no current data of ", listed(unknown, mostNamed)] : null,
    leftOut("source " + name, each));
}

function sinkState(each) {
  const wrong = inTrouble(each);
  const kind = wrong ? "bad" : each.up_to_date && each.state === "ok" && !each.refused_count ? "good" : "mild";
  const text = each.up_to_date ? "serves revision " + each.applied : wrong ? spokenAnswer(each.last_answer)
    : each.in_flight ? "applying revision " + each.wanted : "nothing yet";
  return [kind, text];
}
function sinkNode(name) {
  const each = status.sinks[name];
  const [kind, text] = sinkState(each);
  const late = behind(each);
  const lead = kind !== "bad" ? text : [text, " for ", moment(each.failing_since, "for"), late ? ", " + several(late, "revision") + " behind" : "",
    each.next_retry ? [", next retry ", moment(each.next_retry, "in")] : ""];
  return node(kind, name, "sink " + name, lead,
    phrase`${each.plugin}; ${each.last_applied ? ["last applied ", moment(each.last_applied)] : "nothing applied yet"}`,
    each.up_to_date || each.applied === null ? null : `has revision ${each.applied}`,
    each.why ? phrase`${each.why}` : null,
    each.state !== "ok" && each.text !== each.why ? phrase`${spoken(each.state)}${each.text ? ": " + each.text : ""}` : null,
    leftOut("sink " + name, each));
}

function hostState(each) {
  const kind = each.held || !each.known ? "bad" : each.paused ? "mild" : "good";
  const text = each.held ? "brake holds" : each.paused ? "paused" : each.known ? "revision " + each.revision : "waiting";
  return [kind, text];
}
function hostNode(each) {
  const [kind, text] = hostState(each);
  const since = each.held ? heldSince(each) : each.paused_since;
  return node(kind, "host", "host", since ? [text, " for ", moment(since, "for")] : text,
    `${each.in_service} of ${several(each.endpoints, "endpoint")} in service, of ${several(each.services_count, "service")}`,
    each.waiting_for.length ? ["waits for ", listed(each.waiting_for)] : null,
    each.revision && kind !== "good" ? `has revision ${each.revision}` : null,
    each.decided ? ["decided ", moment(each.decided)] : null,
    each.paused ? phrase`${each.paused}` : null);
}

const mostHolds = 5; // a registry that has lost its data has all of its services held

function flow(each) {
  const column = (title, nodes) => el("div", { class: title.toLowerCase() }, el("h4", { "aria-hidden": "true" }, title), el("ul", { "aria-label": title }, ...nodes));
  return [el("div", { class: "flow" }, column("Sources", each.sources.map(sourceNode)), column("Host", [hostNode(each)]), column("Sinks", each.sinks.map(sinkNode))),
    ...each.holds.slice(0, mostHolds).map((hold) => el("p", { class: "brake" }, el("b", {}, "Brake: "),
      phrase`${holdLine(hold)}. Applied at ${dated(hold.until)} unless endpoints return.`)),
    each.holds_count > mostHolds ? el("p", { class: "brake" }, `and ${several(each.holds_count - mostHolds, "more service")} held`) : null].filter(Boolean);
}
function flowButtons(name, each) {
  return [each.held ? steeringButton(name, "release-brake", "Release the brake …") : null,
    each.paused ? steeringButton(name, "resume", "Resume") : steeringButton(name, "pause", "Pause …"),
    steeringButton(name, "resync", "Compare targets"), steeringButton(name, "rollback", "Roll back …"),
    linkButton("Show its endpoints", "endpoints " + name, () => showEndpoints({ pipeline: name }))].filter(Boolean);
}
