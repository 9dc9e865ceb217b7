// What happened: the newest entries of drcon's journal, kept up to date by its events.

const mostKept = 500;
const mostListed = 50;
let allEntries = false; // somebody has asked for all that are kept
let journal = [];
let lastEntry = 0; // number of the newest
const entryItems = new Map(); // by number: an entry never changes

// `complete`: on a new connection the answer is all there is. Otherwise events arrive while the answer is on its way, and
// may have newer entries than it has.
async function refreshJournal(complete) {
  const got = await askJson("GET", "/v1/journal?limit=" + mostKept);
  const newer = complete ? [] : journal.filter((each) => each.number > got.last);
  journal = got.entries.concat(newer);
  lastEntry = newer.length ? newer[newer.length - 1].number : got.last;
  if (complete) entryItems.clear(); // of another start of drcon, perhaps
  soon(renderJournal);
}
function takeEntry(each) {
  if (each.number <= lastEntry) return; // the journal, read meanwhile, has it already
  lastEntry = each.number;
  journal = journal.concat(each).slice(-mostKept);
  soon(renderJournal);
}

function renderJournal() {
  const some = firstOf([...journal].reverse(), mostListed, $("all-entries"), allEntries);
  const listed = new Set(some.map((each) => each.number));
  for (const number of entryItems.keys()) if (!listed.has(number)) entryItems.delete(number);
  const items = [];
  let shownDay = day(now());
  for (const each of some) {
    if (day(each.time) !== shownDay) items.push(el("li", { class: "day" }, (shownDay = day(each.time))));
    if (!entryItems.has(each.number)) entryItems.set(each.number, entry(each));
    items.push(entryItems.get(each.number));
  }
  place($("journal"), items);
  say($("all-entries"), `Show all ${journal.length} entries`);
  renderLatency();
}
const sign = { added: "+", removed: "−", changed: "~" };
function entry(each) {
  const bad = ["held", "away", "rejected", "refused"].includes(each.what);
  const counts = each.what === "decided" || each.what === "held" ? ` (+${each.added} −${each.removed} ~${each.changed})` : "";
  const line = [el("time", { datetime: new Date(each.time * 1000).toISOString(), title: dated(each.time) }, clock(each.time)), " ",
    el("b", { class: bad ? "bad" : "" }, spokenEntry(each.what)), each.kind === each.what ? " " : ` ${each.kind} `, phrase`${each.subject}`,
    (each.revision ? " revision " + each.revision : "") + counts, each.why ? phrase`: ${each.why}` : "", each.who ? phrase` (by ${each.who})` : "",
    each.seconds ? ", " + duration(each.seconds) : "", each.stages ? `, ${duration(each.stages.whole)} after the source reported it` : ""];
  if (!each.endpoints.length) return el("li", {}, ...line);
  const more = each.added + each.removed + each.changed - each.endpoints.length;
  return el("li", {}, el("details", {}, el("summary", { "data-key": "entry" + each.number }, ...line),
    el("ul", {}, ...each.endpoints.map((one) =>
      el("li", {}, `${sign[one.change]} `, phrase`${one.service} ${one.address || one.endpoint}`, one.address && one.address !== one.endpoint ? phrase` ${one.endpoint}` : "")),
      more > 0 ? el("li", {}, `and ${more} more`) : null)));
}
$("all-entries").addEventListener("click", () => { allEntries = true; renderJournal(); });
