"use strict";
// Everything that came from a registry is put into the page as text, never as markup.
const $ = (id) => document.getElementById(id);
const el = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") made.addEventListener("click", value);
    else if (value !== false && value !== "") made.setAttribute(name, value);
  }
  made.append(...children.filter((each) => each !== null && each !== ""));
  return made;
};
const clock = (seconds) => (seconds ? new Date(seconds * 1000).toLocaleTimeString(undefined, { hourCycle: "h23" }) : "never");
const duration = (s) => (s < 1 ? (s * 1000).toFixed(s < 0.01 ? 1 : 0) + " ms" : s.toFixed(1) + " s");

let status = null;
const details = new Map(); // of each pipeline: what GET /v1/pipelines/NAME last answered
const asked = new Map(); // and for which state of it
let journal = [];
let lastEvent = 0;
const shown = new Map(); // what each part of the page was made of

// ---- the wire ----

class Refused extends Error {
  constructor(code, body) {
    super(body.error ? body.error + (body.help ? " (" + body.help + ")" : "") : "HTTP status " + code);
    this.code = code;
  }
}
const headers = () => {
  const token = sessionStorage.getItem("token");
  return token ? { Authorization: "Bearer " + token } : {};
};
async function ask(method, path, more = {}) {
  const answer = await fetch(path, { method, headers: headers(), ...more });
  if (answer.ok) return answer;
  throw new Refused(answer.status, await answer.json().catch(() => ({})));
}

async function follow() {
  for (let pause = 250; ; pause = Math.min(pause * 2, 5000)) {
    const watch = new AbortController();
    let timer = 0;
    const alive = () => { clearTimeout(timer); timer = setTimeout(() => watch.abort(), 40000); }; // a beat comes every 15 s
    try {
      await refreshJournal();
      alive();
      const answer = await ask("GET", "/v1/events?after=" + lastEvent, { signal: watch.signal });
      connected();
      pause = 250;
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = ""; ; ) {
        const { value, done } = await reader.read();
        if (done) break;
        alive();
        text += value;
        const parts = text.split("\n\n");
        text = parts.pop();
        for (const part of parts) take(part);
      }
    } catch (error) {
      if (error.code === 401) return logIn();
    } finally {
      clearTimeout(timer);
    }
    lost();
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
function take(text) {
  const field = (name) => (text.split("\n").find((line) => line.startsWith(name + ": ")) || "").slice(name.length + 2);
  const data = field("data") ? JSON.parse(field("data")) : null;
  if (field("event") === "journal") {
    journal.push(data);
    journal = journal.slice(-200);
    lastEvent = data.number;
    drawJournal();
  } else if (field("event") === "lost") {
    refreshJournal();
  } else if (field("event") === "state") {
    status = data;
    draw();
  }
}
async function refreshJournal() {
  const got = await (await ask("GET", "/v1/journal?limit=200")).json();
  journal = got.entries;
  lastEvent = got.last;
  drawJournal();
}
function connected() {
  $("connection").textContent = "live";
  $("connection").className = "";
  $("login").hidden = true;
}
function lost() {
  $("connection").className = "lost";
  $("connection").textContent = status ? "connection lost: this is the state of " + clock(status.now) : "no connection";
}
function logIn() {
  $("connection").textContent = "a token is needed";
  $("login").hidden = false;
  $("token").focus();
}
$("login").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("token", $("token").value);
  $("token").value = "";
  follow();
});

// ---- the page ----

// Draws a part only when what it is made of differs, and keeps the focus where it was.
function redraw(where, key, made) {
  const now = JSON.stringify(key);
  if (shown.get(where) === now) return;
  shown.set(where, now);
  const focused = document.activeElement && document.activeElement.dataset.key;
  where.replaceChildren(...[made()].flat());
  if (focused) {
    const again = where.querySelector(`[data-key="${CSS.escape(focused)}"]`);
    if (again) again.focus();
  }
}

function draw() {
  $("version").textContent = status.version;
  const paused = Object.entries(status.pipelines).filter(([, each]) => each.paused);
  const verdict = !status.settled ? (status.unsettled.length ? "Not as it should be" : "Under way")
    : paused.length ? "Paused" : "All is well";
  if ($("verdict").textContent !== verdict) $("verdict").textContent = verdict;
  $("verdict").className = verdict === "All is well" ? "good" : verdict === "Paused" ? "mild" : "bad";
  document.title = (verdict === "All is well" ? "" : "! ") + "drcon: " + verdict.toLowerCase();
  const lines = status.unsettled.concat(paused.map(([name, each]) => `pipeline ${name} is paused since ${clock(each.paused_since)}: ${each.paused}`));
  redraw($("unsettled"), lines, () => lines.map((line) => el("li", {}, line)));
  redraw($("pipelines"), [status.pipelines, status.sources, status.sinks], () =>
    Object.entries(status.pipelines).map(([name, each]) => card(name, each)));
  for (const [name, each] of Object.entries(status.pipelines)) refreshDetail(name, each);
  for (const name of details.keys()) if (!(name in status.pipelines)) details.delete(name);
  drawEndpoints();
}
async function refreshDetail(name, each) {
  const state = each.revision + " " + status.started;
  if (asked.get(name) === state) return;
  asked.set(name, state);
  try {
    details.set(name, await (await ask("GET", "/v1/pipelines/" + encodeURIComponent(name))).json());
    drawEndpoints();
  } catch (error) {
    asked.delete(name);
  }
}

const node = (kind, title, word, more) =>
  el("li", { class: "node " + kind }, el("b", {}, title), ": ", el("span", { class: kind }, word), el("small", {}, more));
function sourceNode(name) {
  const each = status.sources[name];
  const kind = !each.known ? "bad" : each.state === "ok" ? "good" : "mild";
  const word = !each.known ? (each.ready ? "cannot tell" : "not heard yet") : each.state;
  return node(kind, name, word, `${each.plugin}; ${each.endpoints} endpoints; last word ${clock(each.last_word)}` +
    (each.why_unknown || each.text ? "; " + (each.why_unknown || each.text) : ""));
}
function sinkNode(name) {
  const each = status.sinks[name];
  const kind = each.up_to_date ? "good" : each.last_answer === "none" ? "mild" : "bad";
  const word = each.up_to_date ? "serves revision " + each.applied : each.last_answer === "none" ? "nothing yet" : each.last_answer;
  return node(kind, name, word, each.plugin + (each.up_to_date || each.applied === null ? "" : "; has revision " + each.applied) +
    (each.why ? "; " + each.why : "") + (each.refused.length ? `; leaves out ${each.refused.length}` : ""));
}
function card(name, each) {
  const kind = each.held || !each.known ? "bad" : each.paused ? "mild" : "good";
  const word = each.held ? "the brake holds" : each.paused ? "paused" : each.known ? "revision " + each.revision : "waits";
  const button = (text, what, main) => el("button", { type: "button", class: main ? "main" : "", "data-key": name + what, onclick: () => steer(name, what) }, text);
  const trouble = kind !== "good" || each.sinks.some((sink) => !status.sinks[sink].up_to_date);
  return el("article", { class: "card" + (trouble ? " trouble" : ""), "aria-label": "Pipeline " + name },
    el("h3", {}, name),
    el("div", { class: "flow" },
      el("ul", { "aria-label": "Sources" }, ...each.sources.map(sourceNode)), el("span", { class: "arrow", "aria-hidden": "true" }, "→"),
      el("ul", { "aria-label": "Host" }, node(kind, "host", word, `${each.in_service} of ${each.endpoints} endpoints in service, of ${each.services_count} services` +
        (each.waiting_for.length ? "; waits for " + each.waiting_for.join(", ") : ""))),
      el("span", { class: "arrow", "aria-hidden": "true" }, "→"), el("ul", { "aria-label": "Sinks" }, ...each.sinks.map(sinkNode))),
    each.held ? el("p", { class: "brake" }, el("b", {}, "Brake: "), each.held + `. Believed at ${clock(each.held_until)} if nothing comes back.`) : null,
    el("div", { class: "buttons" }, each.held ? button("Release the brake …", "release-brake", true) : null,
      each.paused ? button("Resume", "resume") : button("Pause", "pause"), button("Compare targets", "resync"), button("Roll back …", "rollback")));
}

// ---- what people do ----

async function steer(name, what) {
  let query = "";
  if (what === "release-brake" || what === "rollback") {
    const revision = await confirmed(name, what);
    if (revision === null) return;
    if (what === "rollback") query = "?revision=" + revision;
  }
  try {
    const answer = await (await ask("POST", `/v1/pipelines/${encodeURIComponent(name)}/${what}${query}`)).json();
    $("said").textContent = answer.done;
  } catch (error) {
    $("said").textContent = "Not done: " + error.message;
    if (error.code === 401) logIn();
  }
}
async function confirmed(name, what) {
  const brake = what === "release-brake";
  const detail = await (await ask("GET", "/v1/pipelines/" + encodeURIComponent(name))).json();
  const loss = detail.held_loss ? detail.held_loss : { removed: 0, endpoints: [] };
  $("ask-title").textContent = brake ? `Release the brake of ${name}?` : `Roll back ${name}?`;
  $("ask-text").textContent = brake ? `${loss.removed} endpoints go out of the targets at once:` : "The old content is served again, and the pipeline is paused until it is resumed.";
  $("ask-list").replaceChildren(...(brake ? loss.endpoints.map((each) => el("li", {}, `${each.change} ${each.service} ${each.address || each.endpoint}`)) : []));
  $("ask-revision").hidden = brake;
  const old = detail.history.filter((each) => each.revision !== detail.revision).reverse();
  $("revision").replaceChildren(...old.map((each) => el("option", { value: each.revision }, `${each.revision}: ${each.in_service} in service, ${each.decided ? clock(each.decided) : "before the restart"}`)));
  $("ask-yes").textContent = brake ? "Release it" : "Roll back";
  $("ask-yes").disabled = !brake && old.length === 0;
  $("ask").returnValue = "no";
  $("ask").showModal();
  await new Promise((resolve) => $("ask").addEventListener("close", resolve, { once: true }));
  return $("ask").returnValue === "yes" ? (brake ? 0 : $("revision").value) : null;
}

// ---- endpoints, latency, journal ----

const most = 500; // rows: a search finds the others
function drawEndpoints() {
  const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const all = [];
  for (const [name, detail] of details)
    for (const service of detail.services) for (const each of service.endpoints) all.push([name, service.name, each]);
  const hits = all.filter(([name, service, each]) => {
    const text = [name, service, each.id, each.node, each.address + ":" + each.port, each.health, ...each.tags].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
  redraw($("rows"), hits.slice(0, most), () => hits.slice(0, most).map(([name, service, each]) =>
    el("tr", {}, el("td", {}, name), el("td", {}, service), el("td", {}, each.address + ":" + each.port),
      el("td", { class: each.health === "passing" ? "good" : each.health === "warning" ? "mild" : "bad" }, each.health), el("td", {}, String(each.weight)),
      el("td", {}, each.id + (each.node ? " on " + each.node : "")), el("td", {}, each.tags.join(", ")))));
  const text = `${hits.length} of ${all.length} endpoints` + (hits.length > most ? `, the first ${most} are shown` : "");
  if ($("found").textContent !== text) $("found").textContent = text;
}
$("search").addEventListener("input", drawEndpoints);

const sign = { added: "+", removed: "−", changed: "~" };
function entry(each) {
  const bad = ["held", "away", "rejected", "refused"].includes(each.what) || (each.what === "reloaded" && each.why.startsWith("refused"));
  const counts = each.what === "decided" || each.what === "held" ? ` (+${each.added} −${each.removed} ~${each.changed})` : "";
  const line = [el("time", {}, clock(each.time)), " ", el("b", { class: bad ? "bad" : "" }, each.what), ` ${each.kind} ${each.subject}` +
    (each.revision ? " revision " + each.revision : "") + counts + (each.why ? ": " + each.why : "") + (each.seconds ? ", " + duration(each.seconds) : "")];
  if (!each.endpoints.length) return el("li", {}, ...line);
  return el("li", {}, el("details", {}, el("summary", { "data-key": "entry" + each.number }, ...line),
    el("ul", {}, ...each.endpoints.map((one) => el("li", {}, `${sign[one.change]} ${one.service} ${one.address || one.endpoint} ${one.address ? one.endpoint : ""}`)))));
}
function drawJournal() {
  const open = new Set([...document.querySelectorAll("#journal details[open] summary")].map((each) => each.dataset.key));
  redraw($("journal"), journal.map((each) => [each.number, each.time]), () => [...journal].reverse().map(entry));
  for (const each of document.querySelectorAll("#journal summary")) each.parentElement.open = open.has(each.dataset.key);
  drawLatency();
}
// Logarithmic: 1 ms and 10 s are both to be seen.
function drawLatency() {
  const points = journal.filter((each) => each.what === "applied" && each.seconds > 0).slice(-100);
  const sorted = points.map((each) => each.seconds).sort((a, b) => a - b);
  $("latency-text").textContent = points.length ? `${points.length === 1 ? "One update" : "The last " + points.length + " updates"}: median ${duration(sorted[Math.floor(sorted.length / 2)])}, slowest ${duration(sorted[sorted.length - 1])}.` : "No update yet.";
  redraw($("latency"), points.map((each) => each.number), () => {
    const space = "http://www.w3.org/2000/svg";
    const draw = (tag, attributes, text) => {
      const made = document.createElementNS(space, tag);
      for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
      if (text) made.append(text);
      return made;
    };
    const svg = draw("svg", { viewBox: "0 0 1000 150", preserveAspectRatio: "none", role: "img", "aria-labelledby": "latency-text" });
    const y = (seconds) => 140 - (Math.log10(Math.min(Math.max(seconds, 0.0001), 60)) + 4) * 23;
    for (const mark of [0.001, 0.01, 0.1, 1, 10]) {
      svg.append(draw("line", { x1: 0, x2: 1000, y1: y(mark), y2: y(mark), stroke: "var(--line)" }), draw("text", { x: 4, y: y(mark) - 2, fill: "var(--soft)", "font-size": 11 }, duration(mark)));
    }
    points.forEach((each, i) => svg.append(draw("rect", { x: 60 + (i * 930) / Math.max(points.length, 20), y: y(each.seconds), width: 6, height: 142 - y(each.seconds), fill: "var(--link)" })));
    return svg;
  });
}

follow();
