// The connection to drcon: requests, events, and the token.

const patience = 15000; // of a request: a longer wait is shown
const silence = 40000; // of events: drcon sends a heartbeat every 15 s
let token = sessionStorage.getItem("token");
let tokenGiven = () => {};
let stream = null; // ends the events that are followed
const noAnswer = () => new Error("drcon does not answer");

class Refused extends Error {
  constructor(code, body) {
    super(body.error ? body.error + (body.help ? " (" + body.help + ")" : "") : "HTTP status " + code);
    this.code = code;
  }
}
async function ask(method, path, signal = AbortSignal.timeout(patience)) {
  const used = token;
  // A header has bytes; a token may have any character.
  const headers = used ? { Authorization: "Bearer " + String.fromCharCode(...new TextEncoder().encode(used)) } : {};
  const answer = await fetch(path, { method, headers, signal }).catch(() => { throw noAnswer(); });
  if (answer.status === 401 && used === token) logIn();
  if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => ({})));
  if (used && used === token) sessionStorage.setItem("token", used);
  $("login").hidden = true;
  return answer;
}
const askJson = async (method, path) => (await ask(method, path)).json().catch(() => { throw noAnswer(); });

function logIn() {
  if (token) say($("refused"), "The token was refused.");
  token = null;
  sessionStorage.removeItem("token");
  if (!$("login").hidden) return;
  $("login").hidden = false;
  $("token").focus();
}
$("login").addEventListener("submit", (event) => {
  event.preventDefault();
  token = $("token").value;
  $("token").value = "";
  say($("refused"), "");
  tokenGiven();
});

async function follow() {
  for (let pause = 250; ; pause = Math.min(pause * 2, 5000)) {
    try {
      await listen(() => { pause = 250; });
    } catch (error) {
      if (error.code === 401) {
        connection("a token is needed", "");
        await new Promise((resolve) => { tokenGiven = resolve; });
        continue;
      }
    }
    connection(status ? "connection lost: this is the state of " + dated(status.now) : "no connection", "bad");
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
// Returns when the events end, or when nothing arrives for as long as `silence`.
async function listen(onLive) {
  const [, { may_change: may }] = await Promise.all([refreshJournal(true), askJson("GET", "/v1/status")]);
  mayChange = may === true;
  stream = new AbortController();
  let timer = 0;
  const alive = () => { clearTimeout(timer); timer = setTimeout(() => stream.abort(), silence); };
  alive();
  try {
    const answer = await ask("GET", "/v1/events?after=" + lastEntry, stream.signal);
    connection(mayChange ? "live" : "live, read only", "good");
    onLive();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ""; ; ) {
      const { value, done } = await reader.read();
      if (done) return;
      alive();
      const parts = (text + value).split("\n\n");
      text = parts.pop();
      parts.forEach(take);
    }
  } finally {
    clearTimeout(timer);
  }
}
function take(text) {
  const field = (name) => (text.split("\n").find((line) => line.startsWith(name + ": ")) || "").slice(name.length + 2);
  const data = field("data") ? JSON.parse(field("data")) : null;
  if (field("event") === "journal") takeEntry(data);
  if (field("event") === "lost") refreshJournal(false).catch(() => stream.abort());
  if (field("event") === "state") takeState(data);
}
function takeState(next) {
  const restarted = status && status.started !== next.started; // its journal counts from 1 again
  status = next;
  ahead = Date.now() / 1000 - status.now;
  render();
  soon(renderJournal); // its latencies know the sinks from now on
  if (restarted) refreshJournal(false).catch(() => stream.abort());
}
function connection(text, kind) {
  say($("connection"), text);
  $("connection").className = "pill " + kind;
}

follow();
