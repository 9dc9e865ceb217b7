// What an operator does: pause, resume, compare, roll back, release the brake.

function tell(...text) {
  $("toast").hidden = !text.length;
  say($("said"), ...text);
}
$("dismiss").addEventListener("click", () => tell());

const asking = (method, path) => {
  tell("Asking drcon …");
  return askJson(method, path);
};

async function steer(name, what) {
  const path = "/v1/pipelines/" + encodeURIComponent(name);
  try {
    let query = "";
    if (what === "release-brake" || what === "rollback") {
      const detail = await asking("GET", path);
      tell();
      if (what === "release-brake" && !detail.held_loss) throw new Error("the brake holds nothing any more");
      if (!(await (what === "rollback" ? confirmedRollback : confirmedRelease)(name, detail))) return;
      query = what === "rollback" ? "?revision=" + $("revision").value : "?number=" + detail.held_loss.number;
    }
    tell(phrase`${(await asking("POST", `${path}/${what}${query}`)).done}`);
  } catch (error) {
    tell(phrase`Not done: ${error.message}`);
  }
}

function confirmedRelease(name, detail) {
  const { removed, endpoints } = detail.held_loss;
  const lines = endpoints.map((each) => el("li", {}, phrase`${each.change} ${each.service} ${each.address || each.endpoint}`));
  if (removed > endpoints.length) lines.push(el("li", {}, `and ${removed - endpoints.length} more`));
  $("ask-list").replaceChildren(...lines);
  return confirmed(phrase`Release the brake of ${name}?`, `${several(removed, "endpoint")} out of the targets, at once:`, "Release it", true);
}
function confirmedRollback(name, detail) {
  const old = detail.history.filter((each) => each.revision !== detail.revision).reverse();
  $("ask-list").replaceChildren();
  $("revision").replaceChildren(...old.map((each) => el("option", { value: each.revision },
    `${each.revision}: ${each.in_service} in service, ${each.decided ? clock(each.decided) : "before the restart"}`)));
  return confirmed(
      phrase`Roll back ${name}?`,
      old.length ? 'The old content is served again, and the pipeline is paused until it is resumed.' :
                   'There is no earlier revision.',
      'Roll back', old.length > 0, true);
}
async function confirmed(title, text, yes, possible, choosesRevision = false) {
  $("ask-title").replaceChildren(el("span", {}, title));
  $("ask-text").textContent = text;
  $('ask-revision').hidden = !choosesRevision || !$('revision').options.length;
  $("ask-yes").textContent = yes;
  $("ask-yes").disabled = !possible;
  $("ask").returnValue = "no";
  $("ask").showModal();
  await new Promise((resolve) => $("ask").addEventListener("close", resolve, { once: true }));
  return $("ask").returnValue === "yes";
}
