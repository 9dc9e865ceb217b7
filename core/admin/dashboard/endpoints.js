// The table of endpoints: what each pipeline decided, read again when its revision, or what is held of it, changes.

const details = new Map(); // by pipeline: the lines of the table, and by which request they were read
const desired = new Map(); // by pipeline: the state that must be read
const unread = new Map(); // by pipeline: why it could not be read yet
let requests = 0;

function readDetails() {
  for (const [name, each] of Object.entries(status.pipelines))
    read(name, [status.started, each.revision, each.held_loss && each.held_loss.number, each.paused_since, each.paused && each.pending,
      ...each.sinks.map((sink) => JSON.stringify(status.sinks[sink].refused) + status.sinks[sink].refused_count)].join(" "));
  for (const all of [details, desired, unread])
    for (const name of all.keys()) if (!(name in status.pipelines)) all.delete(name);
  soon(renderEndpoints);
}
// Tries until it is read, or until another state is desired.
async function read(name, state) {
  if (desired.get(name) === state) return;
  desired.set(name, state);
  for (let pause = 250; desired.get(name) === state; pause = Math.min(pause * 2, 5000)) {
    const request = ++requests;
    try {
      const detail = await askJson("GET", "/v1/pipelines/" + encodeURIComponent(name));
      if (!desired.has(name) || (details.has(name) && details.get(name).request > request)) return; // a newer one was faster
      details.set(name, { lines: linesOf(name, detail), request });
      unread.delete(name);
      return soon(renderEndpoints);
    } catch (error) {
      if (desired.get(name) !== state) return;
      unread.set(name, error.message);
      soon(renderEndpoints);
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

// What is shown and what is searched, made once: there may be thousands, and each letter of a search looks at all.
function linesOf(name, detail) {
  return detail.services.flatMap((service) => service.endpoints.map((each) => {
    const place = (each.address.includes(":") ? `[${each.address}]` : each.address) + ":" + each.port;
    const kept = each.kept_by ? `${each.at_source} at source, kept by ${each.kept_by === "brake" ? "the brake" : "the pause"}` : "";
    const leftOut = (each.left_out || []).map(({ sink, why }) => `left out by ${sink}: ${why}`).join("; ");
    const text = visible([name, service.name, each.id, each.node, place, each.address + ":" + each.port, kept || each.health, leftOut, ...each.tags].join(" ")).toLowerCase();
    return { pipeline: name, service: service.name, chosen: [visible(name), visible(service.name)], each, place, kept, leftOut, text };
  }));
}

const mostRows = 100; // a search finds the others
let allEndpoints = false;
function renderEndpoints() {
  const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const [pipeline, service, health] = [$("of-pipeline").value, $("of-service").value, $("of-health").value];
  const all = [...details.values()].flatMap(({ lines }) => lines);
  const hits = all.filter((line) => (!pipeline || line.chosen[0] === pipeline) && (!service || line.chosen[1] === service) &&
    (!health || (health === "kept" ? line.kept : health === "left out" ? line.leftOut : !line.kept && line.each.health === health)) && words.every((one) => line.text.includes(one)));
  const some = firstOf(hits, mostRows, $("all-endpoints"), allEndpoints);
  renderInto($("rows"), some.map(({ pipeline: name, service: of, each }) => [name, of, each]), () => some.map(endpointRow));
  say($("found"), `${hits.length} of ${several(all.length, "endpoint")}` + (hits.length > some.length ? `, the first ${some.length} are shown` : ""));
  say($("all-endpoints"), `Show all ${hits.length} endpoints`);
  renderInto($("unread"), [...unread], () => [...unread].map(([name, why]) =>
    el("p", {}, phrase`The endpoints of pipeline ${name} could not be read: ${why}. Retrying.`)));
  choices($("of-pipeline"), "all pipelines", Object.keys(status.pipelines).map(visible));
  choices($("of-service"), "all services", [...new Set(all.filter((line) => !pipeline || line.chosen[0] === pipeline).map((line) => line.chosen[1]))].sort());
}
// What can be chosen, as it is shown. A choice that is gone for now stays, since its endpoints may come back.
function choices(select, every, names) {
  const value = select.value;
  renderInto(select, names, () => {
    const choice = (name, text) => {
      const option = el("option", {}, text);
      option.value = name;
      return option;
    };
    return [choice("", every), ...names.concat(value && !names.includes(value) ? [value] : []).map((name) => choice(name, name))];
  });
  select.value = value;
}

// What the registry says, and beside it what a load balancer says that sees it otherwise: neither alone is the truth.
function healthOf({ each, kept, leftOut }) {
  if (!leftOut) return kept || each.health;
  return phrase`${kept || each.health + " at source"}, ${leftOut}`;
}
function endpointRow(line) {
  const { pipeline, service, each, place, kept, leftOut } = line;
  const kind = kept || leftOut ? "bad" : each.health === "passing" ? "good" : each.health === "warning" ? "mild" : "bad";
  const cell = (title, attributes, ...content) => el("td", { role: "cell", "data-title": title, ...attributes }, ...content);
  const open = () => explain(pipeline, service, each, place);
  return el("tr", { role: "row", class: "choosable", onclick: open },
    cell("Pipeline", {}, el("bdi", {}, pipeline)), cell("Service", {}, el("bdi", {}, service)),
    // The click goes on to the row.
    cell("Address", {}, el("button", { type: "button", class: "link", "data-key": `explain ${pipeline} ${service} ${each.id}`, title: "Why it does, or does not, get traffic" }, place)),
    cell("Health", { class: kind }, word(kind, healthOf(line))), cell("Weight", { class: "number" }, each.weight),
    cell("Id and node", {}, each.node ? phrase`${each.id} on ${each.node}` : el("bdi", {}, each.id)), cell("Tags", {}, listed(each.tags)));
}

function showEndpoints({ pipeline = "", health = "" }) {
  $("search").value = "";
  renderEndpoints(); // so that the pipeline can be chosen
  $("of-pipeline").value = visible(pipeline);
  $("of-service").value = "";
  $("of-health").value = health;
  renderEndpoints();
  $("endpoints").scrollIntoView();
  $("endpoints").focus({ preventScroll: true });
}
for (const each of ["search", "of-pipeline", "of-service", "of-health"]) $(each).addEventListener("input", renderEndpoints);
$("all-endpoints").addEventListener("click", () => { allEndpoints = true; renderEndpoints(); });
