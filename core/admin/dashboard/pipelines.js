// The list of pipelines: a row each, those that need attention first. A row opens to the pipeline in detail.

const mostPipelines = 25;
let allPipelines = false; // somebody has asked for all of them
let onlyOneWasOpened = false;
const pipelineRows = new Map(); // by pipeline

// The worst of a pipeline and of what it is made of, as `drcon status` has it: drcon itself decides which that is.
const stateOf = (each) => [kindOf(each.state.kind), each.state.words];
const order = { bad: 0, mild: 1, good: 2 };

class Row {
  constructor(name) {
    this.name = name;
    this.way = el("div");
    this.buttons = el("div", { class: "buttons" });
    this.summary = el("summary", { "data-key": "row " + name });
    this.element = el("details", { class: "row", "aria-label": "Pipeline " + name, ontoggle: () => this.renderBody() }, this.summary, el("div", { class: "body" }, this.way, this.buttons));
  }
  // `kind` and `text`: its state.
  render(each, kind, text) {
    const { name } = this;
    const cell = (className, ...content) => el("span", { class: className }, ...content);
    renderInto(this.summary, [kind, text, each.in_service, each.endpoints, each.services_count, each.sources, each.sinks, each.decided], () => [
      cell("state", word(kind, text)), cell("name", el("bdi", {}, name)),
      cell("count", `${each.in_service} of ${several(each.endpoints, "endpoint")}`), cell("count", several(each.services_count, "service")),
      cell("way", listed(each.sources, 2), " → ", listed(each.sinks, 2)), cell("when", each.decided ? ["changed ", moment(each.decided)] : "nothing decided yet")]);
    this.element.className = "row " + kind;
    this.renderBody();
  }
  // What is closed is not rendered: a change of a source that two hundred share would be rendered two hundred times.
  renderBody() {
    const each = status.pipelines[this.name];
    if (!this.element.open || !each) return;
    renderInto(this.way, [each, each.sources.map((name) => status.sources[name]), each.sinks.map((name) => status.sinks[name])], () => flow(each));
    // For themselves: a button that is replaced while it is pressed would not be pressed.
    renderInto(this.buttons, [each.held !== "", each.paused !== "", mayChange], () => flowButtons(this.name, each));
  }
}

function renderPipelines() {
  const words = $("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const all = Object.entries(status.pipelines).map(([name, each]) => [name, each, ...stateOf(each)]);
  const hits = all.filter(([name, each, , text]) => {
    const about = visible([name, text, ...each.sources, ...each.sinks].join(" ")).toLowerCase();
    return words.every((one) => about.includes(one));
  }).sort((a, b) => order[a[2]] - order[b[2]] || (a[0] < b[0] ? -1 : 1));
  const some = firstOf(hits, mostPipelines, $("all-pipelines"), allPipelines);
  for (const name of pipelineRows.keys()) if (!(name in status.pipelines)) pipelineRows.delete(name);
  place($("pipelines"), some.map(([name, each, kind, text]) => {
    if (!pipelineRows.has(name)) pipelineRows.set(name, new Row(name));
    const row = pipelineRows.get(name);
    if (all.length === 1 && !onlyOneWasOpened) row.element.open = onlyOneWasOpened = true; // there is nothing to choose from
    row.render(each, kind, text);
    return row.element;
  }));
  $("pipeline-tools").hidden = all.length < 6 && !words.length;
  const count = (kind) => all.filter((each) => each[2] === kind).length;
  const counts = [[count("bad"), "needs attention", "need attention"], [count("mild"), "with warnings or under way", "with warnings or under way"], [count("good"), "in sync", "in sync"]];
  say($("pipelines-found"), (words.length ? `${hits.length} of ${several(all.length, "pipeline")}; ` : "") + counts.filter(([n]) => n).map(([n, one, more]) => `${n} ${n === 1 ? one : more}`).join(", "));
  say($("all-pipelines"), `Show all ${hits.length} pipelines`);
}
// Only those that name a source or a sink.
function showPipelines(text) {
  $("filter").value = text;
  renderPipelines();
  $("pipelines-title").scrollIntoView();
}
$("filter").addEventListener("input", renderPipelines);
$("all-pipelines").addEventListener("click", () => { allPipelines = true; renderPipelines(); });
