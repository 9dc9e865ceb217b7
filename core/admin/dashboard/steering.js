// What an operator does: pause, resume, compare, roll back, release the brake.

function notify(...text) {
  $("toast").hidden = !text.length;
  say($("said"), ...text);
}
$("dismiss").addEventListener("click", () => notify());

const mayNotText = "This page may only read: see the note at the top.";
function steeringButton(pipeline, what, text) {
  return el("button", { type: "button", class: what === "release-brake" ? "danger" : "", "data-key": `${what} ${pipeline}`, disabled: mayChange ? false : "disabled",
    title: mayChange ? null : mayNotText, "aria-describedby": mayChange ? null : "read-only", onclick: () => steer(pipeline, what) }, text);
}

const asking = (method, path) => {
  notify("Asking drcon …");
  return askJson(method, path);
};
// What has to be asked first, and the parameters that follow from the answer; null: it is not meant.
const questions = {
  pause: async (name) => (await confirmedPause(name)) && ($("reason").value ? "?why=" + encodeURIComponent($("reason").value) : ""),
  "release-brake": async (name, path) => {
    const { held_loss: loss } = await asking("GET", path);
    notify();
    if (!loss) throw new Error("the brake holds nothing any more");
    return (await confirmedRelease(name, loss)) && "?number=" + loss.number;
  },
  rollback: async (name, path) => {
    const detail = await asking("GET", path);
    notify();
    return (await confirmedRollback(name, path, detail)) && "?revision=" + $("revision").value;
  },
};

async function steer(name, what) {
  const path = "/v1/pipelines/" + encodeURIComponent(name);
  try {
    const query = what in questions ? await questions[what](name, path) : "";
    if (query === false) return;
    notify(phrase`${(await asking("POST", `${path}/${what}${query}`)).done}`);
  } catch (error) {
    notify(phrase`Not done: ${error.message}`);
  }
}

function listChanges(endpoints, count) {
  const lines = endpoints.map((each) => el("li", {}, phrase`${each.change} ${each.service} ${each.address || each.endpoint}`));
  if (count > endpoints.length) lines.push(el("li", {}, `and ${count - endpoints.length} more`));
  $("ask-list").replaceChildren(...lines);
}
function confirmedRelease(name, { removed, endpoints }) {
  listChanges(endpoints, removed);
  return confirmed({ title: phrase`Release the brake of ${name}?`, text: `${several(removed, "endpoint")} out of the targets, at once:`, yes: "Release it", danger: true });
}
function confirmedPause(name) {
  $("ask-list").replaceChildren();
  $("reason").value = "";
  return confirmed({ title: phrase`Pause ${name}?`, text: "Its targets keep what they have until it is resumed. Everybody who looks at drcon sees the reason.", yes: "Pause", field: "ask-reason" });
}
function confirmedRollback(name, path, detail) {
  const old = detail.history.filter((each) => each.revision !== detail.revision).reverse();
  $("ask-list").replaceChildren();
  $("revision").replaceChildren(...old.map((each) => el("option", { value: each.revision },
    `${each.revision}: ${each.in_service} in service, ${each.decided ? dated(each.decided) : "before the restart"}`)));
  if (!old.length) return confirmed({ title: phrase`Roll back ${name}?`, text: "There is no earlier revision.", yes: "Roll back", possible: false });
  $("revision").onchange = () => previewRollback(path);
  previewRollback(path);
  return confirmed({ title: phrase`Roll back ${name}?`, text: "The old content is served again, and the pipeline is paused until it is resumed.", yes: "Roll back", danger: true, field: "ask-revision" });
}
// What would change, beside the question: nobody knows a revision by its number.
let previewed = 0; // the last that was asked for: a late answer must not fill the next question
async function previewRollback(path) {
  const asked = ++previewed;
  const revision = $("revision").value;
  say($("ask-preview"), "Asking what would change …");
  $("ask-list").replaceChildren();
  try {
    const { added, removed, changed, endpoints } = await askJson("GET", `${path}/rollback?revision=${revision}`);
    if (asked !== previewed) return;
    say($("ask-preview"), added + removed + changed ? `Would change: ${added} added, ${removed} removed, ${changed} changed.` : "Nothing would change but the revision.");
    listChanges(endpoints, added + removed + changed);
  } catch (error) {
    if (asked === previewed) say($("ask-preview"), phrase`What would change is not known: ${error.message}`);
  }
}
// `field`: which one is shown besides.
async function confirmed({ title, text, yes, danger = false, possible = true, field = "" }) {
  if (field !== "ask-revision") previewed++;
  $("ask-title").replaceChildren(el("span", {}, title));
  $("ask-text").textContent = text;
  for (const each of ["ask-reason", "ask-revision"]) $(each).hidden = each !== field;
  $("ask-preview").hidden = field !== "ask-revision";
  $("ask-yes").textContent = yes;
  $("ask-yes").disabled = !possible;
  $("ask-yes").className = danger ? "danger" : "main";
  $("ask").returnValue = "no";
  $("ask").showModal();
  await new Promise((resolve) => $("ask").addEventListener("close", resolve, { once: true }));
  return $("ask").returnValue === "yes";
}
