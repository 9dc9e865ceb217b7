// What happened: the newest entries of drcon's journal, kept up to date by its events.

const mostKept = 500;
const mostListed = 200;
let journal = [];
let lastEntry = 0; // number of the newest

// `complete`: on a new connection the answer is all there is. Otherwise events arrive while the answer is on its way, and
// may have newer entries than it has.
async function refreshJournal(complete) {
  const got = await askJson("GET", "/v1/journal?limit=" + mostKept);
  const newer = complete ? [] : journal.filter((each) => each.number > got.last);
  journal = got.entries.concat(newer);
  lastEntry = newer.length ? newer[newer.length - 1].number : got.last;
  renderJournal();
}
function takeEntry(each) {
  if (each.number <= lastEntry) return; // the journal, read meanwhile, has it already
  lastEntry = each.number;
  journal = journal.concat(each).slice(-mostKept);
  renderJournal();
}

function renderJournal() {
  const some = journal.slice(-mostListed).reverse();
  renderInto($("journal"), some.map((each) => [each.number, each.time]), () => some.map(entry));
  renderLatency();
}
const sign = { added: "+", removed: "−", changed: "~" };
function entry(each) {
  const bad = ["held", "away", "rejected", "refused"].includes(each.what) || (each.what === "reloaded" && each.why.startsWith("refused"));
  const counts = each.what === "decided" || each.what === "held" ? ` (+${each.added} −${each.removed} ~${each.changed})` : "";
  const line = [el("time", {}, clock(each.time)), " ", el("b", { class: bad ? "bad" : "" }, each.what), each.kind === each.what ? " " : ` ${each.kind} `, phrase`${each.subject}`,
    (each.revision ? " revision " + each.revision : "") + counts, each.why ? phrase`: ${each.why}` : "",
    each.seconds ? ", " + duration(each.seconds) : "", each.stages ? `, ${duration(each.stages.whole)} after the source reported it` : ""];
  if (!each.endpoints.length) return el("li", {}, ...line);
  const more = each.added + each.removed + each.changed - each.endpoints.length;
  return el("li", {}, el("details", {}, el("summary", { "data-key": "entry" + each.number }, ...line),
    el("ul", {}, ...each.endpoints.map((one) =>
      el("li", {}, `${sign[one.change]} `, phrase`${one.service} ${one.address || one.endpoint}`, one.address && one.address !== one.endpoint ? phrase` ${one.endpoint}` : "")),
      more > 0 ? el("li", {}, `and ${more} more`) : null)));
}
