// Why an endpoint does, or does not, get traffic: what `drcon explain` says of it.

let explained = 0; // the last that was asked for

async function explain(pipeline, service, each, place) {
  const asked = ++explained;
  const id = each.id;
  $("explain-title").replaceChildren(el("span", {}, phrase`${place} of service ${service}`));
  $("explain-verdict").replaceChildren("Asking drcon …");
  $("explain-steps").replaceChildren();
  $("explain-command").replaceChildren(command("drcon explain ", quoted(pipeline), " ", quoted(id)));
  if (!$("explain").open) $("explain").showModal();
  try {
    const query = new URLSearchParams({ endpoint: id, service });
    const answer = await askJson("GET", `/v1/pipelines/${encodeURIComponent(pipeline)}/explain?${query}`);
    if (asked !== explained) return;
    const match = answer.matches.find((one) => one.id === id) || answer.matches[0];
    $("explain-verdict").replaceChildren(word(match.in_rotation ? "good" : "bad", capital(match.verdict)));
    $("explain-steps").replaceChildren(...steps(match).map((step) => el("li", {}, ...step)));
  } catch (error) {
    if (asked === explained) $("explain-verdict").replaceChildren(el("span", {}, phrase`It could not be explained: ${error.message}`));
  }
}

function steps(match) {
  const line = (...text) => el("small", {}, ...text);
  const found = match.sources.map((each) => [phrase`Source ${each.source}: ${each.says}`, each.health ? `, ${each.health}, weight ${each.weight}` : "",
    each.told ? [", reported ", moment(each.told)] : "", each.why ? line(phrase`${each.why}`, each.silent_since ? [", since ", dated(each.silent_since)] : "") : ""]);
  for (const [key, title] of [["merge", "Merge"], ["filter", "Filter"], ["brake", "Brake"], ["paused", "Paused"], ["earlier_configuration", "Earlier configuration"]])
    if (match[key]) found.push([`${title}: `, phrase`${match[key]}`]);
  const { decided } = match;
  found.push(decided.revision ? [`Decided: ${decided.present ? "in" : "not in"} revision ${decided.revision}`,
    decided.since_revision ? `, since revision ${decided.since_revision}` : "", decided.since ? [", ", moment(decided.since)] : "", decided.why ? line(phrase`from ${decided.why}`) : ""] : ["Decided: nothing yet"]);
  for (const each of match.sinks)
    found.push([phrase`Sink ${each.sink}: ${each.refused ? "leaves it out" : each.present ? "has it" : "does not have it"}`, each.applied === null ? "" : ` with revision ${each.applied}`,
      each.up_to_date || each.wanted === null ? "" : `; desired is revision ${each.wanted}`,
      ...[each.why, each.refused, each.target_error].filter(Boolean).map((text) => line(phrase`${text}`)),
      ...each.target.map((target) => line(phrase`${target.name}: ${target.known ? (target.lines.length ? target.lines.join(" ") : "does not name it now") : "what it has now is not known"}`))]);
  return found;
}
$("explain-close").addEventListener("click", () => $("explain").close());
