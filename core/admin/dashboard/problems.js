// What is wrong, one card each: since when, what is served meanwhile, what happens by itself and when, and what helps.
// Decided by the words for programs, never by sentences; `drcon status` has the same in lines.

const mostProblems = 6; // the list of pipelines has all of them, failing first
const mostNamed = 3;

const troubles = ["away", "rejected", "unanswered"];
const inTrouble = (sink) => !sink.up_to_date && troubles.includes(sink.last_answer);
const answers = { away: "target unreachable", rejected: "update rejected", unanswered: "no answer" };
const behind = (sink) => (sink.applied === null ? null : Math.max(sink.wanted - sink.applied, 0));

function problems() {
  return [
    ...Object.entries(status.pipelines).flatMap(([name, each]) => [holdProblem(name, each), pauseProblem(name, each), earlierProblem(name, each)]),
    ...Object.entries(status.sources).flatMap(([name, each]) => [sourceProblem(name, each), unknownProblem(name, each), leftOutProblem("source", name, each)]),
    ...Object.entries(status.sinks).flatMap(([name, each]) => [sinkProblem(name, each), stateProblem("sink", name, each), leftOutProblem("sink", name, each)]),
  ].filter(Boolean).sort((a, b) => (a.kind === "bad" ? 0 : 1) - (b.kind === "bad" ? 0 : 1));
}

function holdProblem(name, each) {
  if (!each.held) return null;
  const sees = each.sources.every((source) => status.sources[source].known);
  return {
    kind: "bad", key: "hold " + name,
    what: () => phrase`Pipeline ${name} is held by its brake`,
    why: () => each.holds.slice(0, mostNamed).map((hold) => phrase`${hold.service ? "service " + hold.service + ": " : ""}${hold.why}`)
      .concat(each.holds_count > mostNamed ? [several(each.holds_count - mostNamed, "more service") + " held"] : []),
    since: Math.min(...each.holds.map((hold) => hold.since)),
    served: () => `All ${several(each.in_service, "endpoint")}, ${each.held_loss.removed} of which the sources no longer have in service. Other changes are applied.`,
    next: () => sees ? ["The loss is applied at ", ...fullMoment(each.held_until, "in"), " unless endpoints return."]
      : ["Nothing while a source is unreachable: the time of the hold begins again when it answers."],
    helps: () => [steeringButton(name, "release-brake", "Release the brake …"), command("drcon release-brake ", quoted(name)),
      linkButton("Show held endpoints", "held " + name, () => showEndpoints({ pipeline: name, health: "kept" }))],
  };
}
function pauseProblem(name, each) {
  if (!each.paused) return null;
  const losing = each.would_hold;
  return {
    kind: losing ? "bad" : "mild", key: "pause " + name,
    what: () => phrase`Pipeline ${name} is paused: ${each.paused}`,
    why: () => losing ? [phrase`The brake would hold if it was resumed: ${losing}`] : [],
    since: each.paused_since,
    served: () => `Revision ${each.revision}: ${each.in_service} of ${several(each.endpoints, "endpoint")} in service.`,
    next: () => [each.pending ? "A change waits, and is applied when the pipeline is resumed." : "Nothing: no change is applied until it is resumed."],
    helps: () => [steeringButton(name, "resume", "Resume"), command("drcon resume ", quoted(name))],
  };
}
function earlierProblem(name, each) {
  if (!each.earlier_configuration) return null;
  return {
    kind: each.known ? "mild" : "bad", key: "earlier " + name,
    what: () => phrase`Pipeline ${name} serves the answer to an earlier configuration`,
    why: () => [phrase`${each.earlier_configuration}`],
    since: each.decided || status.started,
    served: () => "The targets keep what they have.",
    next: () => ["It is applied as soon as the sources have answered to the present configuration."],
    helps: () => [command("drcon journal --pipeline ", quoted(name))],
  };
}

const affected = (each) => (each.pipelines.length ? [" Affected: ", listed(each.pipelines, mostNamed), "."] : []);
function sourceProblem(name, each) {
  if (each.known) return each.state === "ok" ? null : stateProblem("source", name, each);
  const lost = each.ready && each.why_unknown !== undefined;
  return {
    kind: "bad", key: "source " + name,
    what: () => lost ? phrase`Source ${name} is unreachable; using last known data`
      : each.ready ? phrase`Source ${name} is back after an outage; its services are collected` : phrase`Source ${name} has reported no data yet`,
    why: () => (each.why_unknown || each.text ? [phrase`${each.why_unknown || each.text}`] : []),
    since: each.unknown_since || each.last_word || status.started,
    served: () => [each.ready ? `Its last known data: ${several(each.endpoints, "endpoint")} of ${several(each.services, "service")}.` : "What the targets have: nothing is changed in them before it has reported.", ...affected(each)],
    next: () => ["It is retried until it answers; then its changes are applied."],
    helps: () => [command("drcon journal"), linkButton("Show its pipelines", "pipelines " + name, () => showPipelines(name))],
  };
}
function unknownProblem(name, each) {
  const unknown = Object.entries(each.unknown);
  if (!each.known || !unknown.length) return null;
  return {
    kind: "mild", key: "unknown " + name,
    what: () => phrase`Source ${name} has no current data of ${several(unknown.length, "service")}`,
    why: () => unknown.slice(0, mostNamed).map(([service, why]) => phrase`${service}${why ? ": " + why : ""}`).concat(unknown.length > mostNamed ? [`and ${unknown.length - mostNamed} more`] : []),
    since: 0,
    served: () => [`The last known data of ${unknown.length === 1 ? "it" : "them"}.`, ...affected(each)],
    next: () => ["It is asked again until it answers."],
    helps: () => [command("drcon journal")],
  };
}
function sinkProblem(name, each) {
  if (!inTrouble(each)) return null;
  const [pipeline] = each.pipelines;
  const late = behind(each);
  return {
    kind: "bad", key: "sink " + name,
    what: () => phrase`Sink ${name}: ${each.last_answer === "rejected" ? "revision " + each.wanted + " rejected" : answers[each.last_answer]}`,
    why: () => (each.why ? [phrase`${each.why}`] : []),
    since: each.failing_since,
    served: () => [late === null ? "What its target had before drcon started." : `Revision ${each.applied}${late ? ", " + several(late, "revision") + " behind" : ""}.`, ...affected(each)],
    next: () => (each.last_answer === "rejected" ? ["The target keeps what it has. The next change is tried, and the next comparison of the targets."]
      : each.last_answer === "unanswered" ? ["Nothing more reaches this target until the plugin answers."]
      : each.in_flight ? ["It is being retried now."]
      : each.next_retry ? ["Next retry at ", ...fullMoment(each.next_retry, "in"), ", then every 5 s at most."] : ["It is retried, every 5 s at most."]),
    helps: () => (pipeline ? [steeringButton(pipeline, "resync", "Retry now"), command("drcon diff ", quoted(pipeline)),
      linkButton("Show its pipelines", "pipelines " + name, () => showPipelines(name))] : []),
  };
}
function stateProblem(role, name, each) {
  if (each.state === "ok" || (role === "sink" && inTrouble(each))) return null;
  return {
    kind: "mild", key: "state " + role + name,
    what: () => phrase`${capital(role)} ${name} is ${each.state === "away" ? "unreachable" : each.state}`,
    why: () => (each.text ? [phrase`${each.text}`] : []),
    since: 0,
    served: () => [role === "sink" ? (each.applied === null ? "What its target has." : `Revision ${each.applied}.`) : `Its data: ${several(each.endpoints, "endpoint")}.`, ...affected(each)],
    next: () => ["The plugin goes on, and reports when that is over."],
    helps: () => [command("drcon log debug --plugin ", quoted(each.plugin))],
  };
}
function leftOutProblem(role, name, each) {
  if (!each.refused_count) return null;
  return {
    kind: "mild", key: "left out " + role + name,
    what: () => phrase`${capital(role)} ${name} leaves out ${several(each.refused_count, each.refused.every((one) => one.endpoint) ? "endpoint" : "item")}`,
    why: () => each.refused.slice(0, mostNamed).map(refusalLine).concat(each.refused_count > mostNamed ? [`and ${each.refused_count - mostNamed} more`] : []),
    since: 0,
    served: () => ["Everything else.", ...affected(each)],
    next: () => ["Each is used as soon as what it carries can be."],
    helps: () => [command("drcon journal"), linkButton("Show its pipelines", "pipelines " + name, () => showPipelines(name))],
  };
}
const refusalLine = (each) => (each.endpoint ? phrase`${each.endpoint} of service ${each.service}: ${each.why}` : phrase`service ${each.service}: ${each.why}`);

const linkButton = (text, key, onclick) => el("button", { type: "button", class: "link", "data-key": "link " + key, onclick }, text);

function problemCard(each) {
  const part = (title, ...text) => el("div", {}, el("dt", {}, title), el("dd", {}, ...text));
  return el("li", { class: "problem " + each.kind },
    el("h3", {}, el("span", { class: "glyph " + each.kind, "aria-hidden": "true" }, glyphs[each.kind]), " ", ...each.what()),
    ...each.why().map((line) => el("p", {}, line)),
    el("dl", {}, each.since ? part("Since", ...fullMoment(each.since)) : null, part("Served meanwhile", each.served()),
      part("What happens next", each.next()), part("What helps", el("div", { class: "helps" }, each.helps()))));
}

let hasCards = true;
function renderProblems() {
  const all = problems();
  const some = all.slice(0, mostProblems);
  renderInto($("problems"), [some, some.map((each) => [each.why(), each.served(), each.next(), each.helps()].flat(4).map(plain)), mayChange], () => some.map(problemCard));
  $("problems").hidden = !all.length;
  $("more-problems").hidden = all.length <= mostProblems;
  say($("more-problems"), `and ${all.length - mostProblems} more, in the list of pipelines`);
  const lines = status.unsettled.concat(status.caveats);
  renderInto($("lines"), lines, () => lines.map((line) => el("li", {}, line)));
  say($("lines-title"), `The same as drcon status says it: ${several(lines.length, "line")}`);
  $("all-lines").hidden = !lines.length;
  // Without a card the lines are all there is to read. Otherwise they are opened and closed by hand.
  if ((all.length > 0) !== hasCards) $("all-lines").open = !all.length;
  hasCards = all.length > 0;
}
// The content of a part without its clock, which changes each second.
const plain = (each) => (each instanceof Node ? each.dataset.at || each.textContent : each);
