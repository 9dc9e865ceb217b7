// The table of endpoints: what each pipeline decided, read again when its revision changes.

const details = new Map(); // by pipeline: what was read, and by which request
const desired = new Map(); // by pipeline: the revision and start of drcon that must be read
const unread = new Map(); // by pipeline: why it could not be read yet
let requests = 0;

function readDetails() {
  for (const [name, each] of Object.entries(status.pipelines)) read(name, each.revision + " of " + status.started);
  for (const all of [details, desired, unread])
    for (const name of all.keys()) if (!(name in status.pipelines)) all.delete(name);
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
      details.set(name, { ...detail, request });
      unread.delete(name);
      return renderEndpoints();
    } catch (error) {
      if (desired.get(name) !== state) return;
      unread.set(name, error.message);
      renderEndpoints();
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

const mostRows = 500; // a search finds the others
function renderEndpoints() {
  const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const all = [];
  for (const [name, detail] of details)
    for (const service of detail.services) for (const each of service.endpoints) all.push([name, service.name, each]);
  const hits = all.filter(([name, service, each]) => {
    const text = visible([name, service, each.id, each.node, each.address + ":" + each.port, each.health, ...each.tags].join(" ")).toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const some = hits.slice(0, mostRows);
  renderInto($("rows"), some, () => some.map(([name, service, each]) => row(name, service, each)));
  say($("found"), `${hits.length} of ${several(all.length, "endpoint")}` + (hits.length > mostRows ? `, the first ${mostRows} are shown` : ""));
  renderInto($("unread"), [...unread], () => [...unread].map(([name, why]) =>
    el("p", {}, phrase`The endpoints of pipeline ${name} could not be read: ${why}. Retrying.`)));
}
function row(name, service, each) {
  const kind = each.health === "passing" ? "good" : each.health === "warning" ? "mild" : "bad";
  const place = (each.address.includes(":") ? `[${each.address}]` : each.address) + ":" + each.port;
  return el("tr", {}, el("td", {}, name), el("td", {}, service), el("td", {}, place), el("td", { class: kind }, each.health),
    el("td", { class: "number" }, each.weight), el("td", {}, each.node ? phrase`${each.id} on ${each.node}` : each.id), el("td", {}, listed(each.tags)));
}
$("search").addEventListener("input", renderEndpoints);
