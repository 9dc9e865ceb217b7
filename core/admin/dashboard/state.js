// The state as the last event "state" had it, and the parts of the page that follow from it.

let status = null;
let mayChange = false; // this client may press the buttons

function render() {
  const { verdict, state, host } = status; // the phrase for people, the word for programs
  const kind = kindOf(state);
  say($("version"), status.version);
  say($("host"), host || "");
  say($("verdict"), capital(verdict));
  $("state").className = kind;
  document.title = (kind === "good" ? "" : "! ") + visible(`drcon${host ? " on " + host : ""}: ${verdict}`);
  $("board").hidden = false;
  const all = Object.values(status.pipelines);
  const sum = (key) => all.reduce((total, each) => total + each[key], 0);
  say($("summary"), `${several(all.length, "pipeline")}, ${several(sum("services_count"), "service")}, ${sum("in_service")} of ${several(sum("endpoints"), "endpoint")} in service`);
  $("read-only").hidden = mayChange;
  renderProblems();
  renderPipelines();
  readDetails();
}
