// What is wrong, one card each: since when, what is served meanwhile, what happens by itself and when, and what helps.
// Decided by the words for programs, never by sentences; `drcon status` has the same in lines.

const mostProblems = 6; // the list of pipelines has all of them, failing first
const mostNamed = 3;

const troubles = ["away", "rejected", "unanswered"];
const inTrouble = (sink) => !sink.up_to_date && troubles.includes(sink.last_answer);
// Since when the first of what drcon reports under this code, of this source, sink or pipeline, is so; 0: not known.
const sinceOf = (code, kind, name) => Math.min(...status.findings.filter((each) => each.code === code && each.kind === kind && each.subject === name && each.since).map((each) => each.since), Infinity);
const orNever = (since) => (Number.isFinite(since) ? since : 0);
const behind = (sink) => (sink.applied === null ? null : Math.max(sink.wanted - sink.applied, 0));

function problems() {
  return [
    ...status.findings.map(otherProblem),
    ...Object.entries(status.pipelines).flatMap(([name, each]) => [holdProblem(name, each), pauseProblem(name, each), earlierProblem(name, each)]),
    ...Object.entries(status.sources).flatMap(([name, each]) => [sourceProblem(name, each), unknownProblem(name, each), namelessProblem(name, each), leftOutProblem("source", name, each)]),
    ...Object.entries(status.sinks).flatMap(([name, each]) => [sinkProblem(name, each), stateProblem("sink", name, each), leftOutProblem("sink", name, each)]),
  ].filter(Boolean).sort((a, b) => (a.kind === "bad" ? 0 : 1) - (b.kind === "bad" ? 0 : 1));
}

const holdLine = ({ service, why }) => phrase`${service ? "service " + service + ": " : ""}${why}`;
const heldSince = (pipeline) => Math.min(...pipeline.holds.map((hold) => hold.since));
function holdProblem(name, each) {
  if (!each.held) return null;
  const sees = each.sources.every((source) => status.sources[source].known);
  return {
    kind: "bad", key: "hold " + name,
    what: () => phrase`Pipeline ${name} is held by its brake`,
    why: () => each.holds.slice(0, mostNamed).map(holdLine)
      .concat(each.holds_count > mostNamed ? [several(each.holds_count - mostNamed, "more service") + " held"] : []),
    since: heldSince(each),
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
    what: () => phrase`Pipeline ${name} is paused: ${each.paused}${each.paused_by ? phrase` (by ${each.paused_by})` : ""}`,
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
    helps: () => [command("drcon doctor"), linkButton("Show its pipelines", "pipelines " + name, () => showPipelines(name))],
  };
}
// Of each its name and why, up to a number.
const reasons = (entries) => entries.slice(0, mostNamed).map(([name, why]) => phrase`${name}${why ? ": " + why : ""}`)
  .concat(entries.length > mostNamed ? [`and ${entries.length - mostNamed} more`] : []);
function unknownProblem(name, each) {
  const unknown = Object.entries(each.unknown);
  if (!each.known || !unknown.length) return null;
  return {
    kind: "mild", key: "unknown " + name,
    what: () => phrase`Source ${name} has no current data of ${several(unknown.length, "service")}`,
    why: () => reasons(unknown),
    since: orNever(sinceOf("service-unknown", "source", name)),
    served: () => [`The last known data of ${unknown.length === 1 ? "it" : "them"}.`, ...affected(each)],
    next: () => ["It is retried until it answers."],
    helps: () => [command("drcon doctor")],
  };
}
function namelessProblem(name, each) {
  const parts = Object.entries(each.nameless);
  if (!each.known || !parts.length) return null;
  return {
    kind: "mild", key: "nameless " + name,
    what: () => phrase`Source ${name} cannot name the services of ${parts.length === 1 ? parts[0][0] : several(parts.length, "part")}`,
    why: () => reasons(parts),
    since: orNever(sinceOf("names-unknown", "source", name)),
    served: () => ["What was served of them stays, and everything else goes on.", ...affected(each)],
    next: () => ["It is retried until it answers."],
    helps: () => [command("drcon doctor")],
  };
}
function sinkProblem(name, each) {
  if (!inTrouble(each)) return null;
  const [pipeline] = each.pipelines;
  const late = behind(each);
  return {
    kind: "bad", key: "sink " + name,
    what: () => phrase`Sink ${name}: ${each.last_answer === "unanswered" ? "" : "revision " + each.wanted + " "}${spokenAnswer(each.last_answer)}`,
    why: () => (each.why ? [phrase`${each.why}`] : []),
    since: each.failing_since,
    served: () => [late === null ? "What its target had before drcon started." : `Revision ${each.applied}${late ? ", " + several(late, "revision") + " behind" : ""}.`, ...affected(each)],
    next: () => (each.last_answer === "rejected" ? ["The target keeps what it has. The next change is tried, and the next comparison of the targets."]
      : each.last_answer === "unanswered" ? ["Nothing more reaches this target until the plugin answers."]
      : each.in_flight ? ["It is being retried now."]
      : each.next_retry ? ["Next retry at ", ...fullMoment(each.next_retry, "in"), ", then every 5 s at most."] : ["It is retried, every 5 s at most."]),
    helps: () => (pipeline ? [steeringButton(pipeline, "resync", "Retry now"), each.last_answer === "rejected" ? command("drcon diff ", quoted(pipeline)) : command("drcon doctor"),
      linkButton("Show its pipelines", "pipelines " + name, () => showPipelines(name))] : []),
  };
}
function stateProblem(role, name, each) {
  if (each.state === "ok" || (role === "sink" && inTrouble(each))) return null;
  return {
    kind: "mild", key: "state " + role + name,
    what: () => phrase`${capital(role)} ${name} is ${spoken(each.state)}`,
    why: () => (each.text ? [phrase`${each.text}`] : []),
    since: orNever(sinceOf(each.state === "degraded" ? role + "-degraded" : role === "sink" ? "sink-away" : "source-unreachable", role, name)),
    served: () => [role === "sink" ? (each.applied === null ? "What its target has." : `Revision ${each.applied}.`) : `Its data: ${several(each.endpoints, "endpoint")}.`, ...affected(each)],
    next: () => ["Updates go on, and this ends by itself once what it names is corrected."],
    helps: () => [command("drcon doctor")],
  };
}
function leftOutProblem(role, name, each) {
  if (!each.refused_count) return null;
  return {
    kind: "mild", key: "left out " + role + name,
    what: () => phrase`${capital(role)} ${name} leaves out ${several(each.refused_count, each.refused.every((one) => one.endpoint) ? "endpoint" : "item")}`,
    why: () => each.refused.slice(0, mostNamed).map(refusalLine).concat(each.refused_count > mostNamed ? [`and ${each.refused_count - mostNamed} more`] : []),
    since: orNever(Math.min(sinceOf("endpoints-left-out", role, name), sinceOf("last-servers-kept", role, name))),
    served: () => ["Everything else.", ...affected(each)],
    next: () => ["Each is used as soon as it can be."],
    helps: () => [command("drcon journal"), role === "sink" ? linkButton("Show the endpoints", "left out " + name, () => showEndpoints({ health: "left out" }))
      : linkButton("Show its pipelines", "pipelines " + name, () => showPipelines(name))],
  };
}
const refusalLine = (each) => (each.endpoint ? phrase`${each.endpoint} of service ${each.service}: ${each.why}` : phrase`service ${each.service}: ${each.why}`);

// Findings that no other card is about, by their codes: what they say, and what follows.
const otherFindings = {
  "reload-refused": { kind: "mild", served: "Everything, by the configuration before it.", next: "Nothing until the next reload. A restart would not start with this configuration.", helps: "drcon check" },
  "state-not-kept": { kind: "mild", served: "Everything. After a restart what was kept before would be served until the sources answer.", next: "It is retried until it can be kept.", helps: "journalctl -u drcon" },
  "last-good-is-old": { kind: "mild", served: "What was decided then.", next: "It is compared with what the source has as soon as that answers.", helps: "drcon status" },
  "fault-ahead": { kind: "mild", served: "What was applied last.", next: "The next change fails, unless this is corrected before.", helps: "drcon doctor" },
  "left-out-beyond-brake": { kind: "bad", served: "What is left of the service.", next: "Each endpoint is used as soon as what it carries can be.", helps: "drcon journal" },
  "last-servers-kept": { kind: "bad", served: "The last servers of the service, which no source has in service any more.", next: "They are replaced as soon as the service has an endpoint that can be used.", helps: "drcon journal" },
  "paused-sink-behind": { kind: "mild", served: "What it had when the pause began.", next: "It is applied when the pipeline is resumed.", helps: "drcon status" },
};
function otherProblem(finding) {
  const about = otherFindings[finding.code];
  if (!about) return null;
  return {
    kind: about.kind, key: "finding " + finding.code + finding.text,
    what: () => [phrase`${capital(finding.text)}`], why: () => [], since: finding.since,
    served: () => [about.served], next: () => [about.next], helps: () => [command(about.helps)],
  };
}
const linkButton = (text, key, onclick) => el("button", { type: "button", class: "link", "data-key": "link " + key, onclick }, text);

const problemCards = new Map(); // by key

// Each part is rendered for itself: a button that is replaced while it is pressed would not be pressed.
class ProblemCard {
  constructor() {
    this.title = el("span");
    this.glyph = el("span", { class: "glyph", "aria-hidden": "true" });
    this.why = el("div", { class: "why" });
    this.parts = {};
    for (const part of ["since", "served", "next", "helps"]) this.parts[part] = el("dd", { class: part });
    const term = (part, title) => el("div", {}, el("dt", {}, title), this.parts[part]);
    this.element = el("li", {}, el("h3", {}, this.glyph, " ", this.title), this.why,
      el("dl", {}, term("since", "Since"), term("served", "Served meanwhile"), term("next", "What happens next"), term("helps", "What helps")));
  }
  render(each) {
    const put = (where, content) => renderInto(where, [content.flat(4).map(plain), mayChange], () => content.flat(4).filter((one) => one !== null).map((one) => (one instanceof Node ? one : document.createTextNode(visible(one)))));
    this.element.className = "problem " + each.kind;
    this.glyph.className = "glyph " + each.kind;
    say(this.glyph, glyphs[each.kind]);
    put(this.title, [each.what()]);
    put(this.why, each.why().map((line) => el("p", {}, line)));
    this.parts.since.parentElement.hidden = !each.since;
    put(this.parts.since, each.since ? fullMoment(each.since) : []);
    put(this.parts.served, [each.served()]);
    put(this.parts.next, [each.next()]);
    put(this.parts.helps, [each.helps()]);
    return this.element;
  }
}
// The content of a part without its clock, which changes each second.
const plain = (each) => (each instanceof Node ? (each.dataset.at ? each.dataset.at : each.outerHTML) : each);

let cardsExplain = true;
function renderProblems() {
  const all = problems();
  const some = all.slice(0, mostProblems);
  const keys = new Set(some.map((each) => each.key));
  for (const key of problemCards.keys()) if (!keys.has(key)) problemCards.delete(key);
  place($("problems"), some.map((each) => {
    if (!problemCards.has(each.key)) problemCards.set(each.key, new ProblemCard());
    return problemCards.get(each.key).render(each);
  }));
  $("problems").hidden = !all.length;
  $("more-problems").hidden = all.length <= mostProblems;
  say($("more-problems"), `and ${all.length - mostProblems} more, in the list of pipelines`);
  const lines = status.unsettled.concat(status.caveats);
  renderInto($("lines"), lines, () => lines.map((line) => el("li", {}, line)));
  say($("lines-title"), `The same as drcon status says it: ${several(lines.length, "line")}`);
  $("all-lines").hidden = !lines.length;
  // Where the cards do not say why, the lines are opened. Otherwise that is done by hand.
  const explains = all.length > 0 && (status.state !== "wrong" || all.some((each) => each.kind === "bad"));
  if (explains !== cardsExplain) $("all-lines").open = !explains;
  cardsExplain = explains;
}
