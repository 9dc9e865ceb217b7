// Each problem says what is wrong, since when, what is served meanwhile, what happens by itself and when, and what helps.
import fs from "node:fs";
import { canInject, check, directory, inject, open, problem, setHosts, until, url, verdict, withToken } from "./page.mjs";

const date = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+`;
// The parts of a card by their titles, while it is in sight without scrolling.
async function partsOf(card) {
  await card.waitFor();
  const { y, height } = await card.evaluate((each) => each.getBoundingClientRect().toJSON());
  check(y >= 0 && y + height <= 900, `it is not in sight: ${height} px high at ${y}`);
  return card.evaluate((each) => Object.fromEntries([...each.querySelectorAll("dl > div:not([hidden])")].map((part) => [part.querySelector("dt").textContent, part.querySelector("dd").textContent])));
}
const matches = (text, pattern) => check(new RegExp(pattern).test(text), `not ${pattern}: ${text}`);
const sight = { viewport: { width: 1280, height: 900 } };

export async function AHeldLossAnswersWhatAnOperatorAsks(browser) {
  const page = await open(browser, sight);
  setHosts(1);
  const card = problem(page, "Pipeline web is held by its brake");
  const parts = await partsOf(card);
  await card.getByText("service web: 2 of 3 endpoints in service would be removed (67%; max_removed is 50%)").waitFor();
  matches(parts.Since, `^${date} \\((just now|\\d+ s ago)\\)$`);
  matches(parts["Served meanwhile"], "^All 3 endpoints, 2 of which the sources no longer have in service");
  matches(parts["What happens next"], `^The loss is applied at ${date} \\(in (5 min|4 min 5\\d s)\\) unless endpoints return\\.$`);
  matches(parts["What helps"], "Release the brake ….*drcon release-brake web");
  const countdown = () => card.locator('time[data-relation="in"]').textContent();
  const before = await countdown();
  await until(page, (text) => document.querySelector('#problems time[data-relation="in"]').textContent !== text, before);
  check(/^! drcon on \S+: needs attention$/.test(await page.title()), "the title is " + (await page.title()));
}

export async function AnUpdateThatIsNotAppliedAnswersWhatAnOperatorAsks(browser) {
  const page = await open(browser, sight);
  fs.writeFileSync(directory + "/bad", "");
  setHosts(4);
  await verdict(page, "Needs attention");
  const card = problem(page, /Sink page: revision \d+ not applied, retrying/);
  const parts = await partsOf(card);
  await card.getByText("page.conf stays as it was, since the check of the new one failed").waitFor();
  matches(parts.Since, `^${date} \\((just now|\\d+ s ago)\\)$`);
  matches(parts["Served meanwhile"], "^Revision 1, 1 revision behind\\. Affected: web\\.$");
  matches(parts["What happens next"], `^(Next retry at ${date} \\((in \\d+ s|now)\\), then every 5 s at most\\.|It is being retried now\\.)$`);
  matches(parts["What helps"], "Retry now.*drcon doctor");
  // The sink's box begins with the state, and has the reason once.
  const sink = page.getByRole("list", { name: "Sinks" }).getByRole("listitem");
  await sink.getByText(/not applied, retrying for \d+ s, 1 revision behind/).waitFor();
  check((await sink.textContent()).split("stays as it was").length === 2, "the reason is not there once: " + (await sink.textContent()));
  fs.rmSync(directory + "/bad");
  await verdict(page, "In sync"); // by itself
  check((await page.locator("#problems > li").count()) === 0, "the card is there still");
}

export async function ALostSourceAnswersWhatAnOperatorAsks(browser) {
  const page = await open(browser, sight);
  fs.rmSync(directory + "/hosts.toml");
  const parts = await partsOf(problem(page, "Source hosts is unreachable; using last known data"));
  matches(parts.Since, `^${date} \\((just now|\\d+ s ago)\\)$`);
  matches(parts["Served meanwhile"], "^Its last known data: 3 endpoints of 1 service\\. Affected: web\\.$");
  matches(parts["What happens next"], "^It is retried until it answers; then its changes are applied\\.$");
  matches(parts["What helps"], "^drcon doctor");
}

export async function ARefusedReloadStaysInSight(browser) {
  const page = await open(browser, sight);
  const file = directory + "/drcon.toml";
  const before = fs.readFileSync(file, "utf8");
  const reload = () => page.request.post(url + "v1/reload", withToken);
  fs.writeFileSync(file, before + "nonsense = 1\n");
  await reload();
  const card = problem(page, "The last reload was refused");
  const parts = await partsOf(card);
  await card.getByText("nonsense").waitFor();
  matches(parts.Since, `^${date} \\((just now|\\d+ s ago)\\)$`);
  matches(parts["What helps"], "drcon check");
  matches(parts["What happens next"], "A restart would not start with this configuration");
  await verdict(page, "OK, with warnings");
  fs.writeFileSync(file, before);
  await reload();
  await verdict(page, "In sync");
}

// Somebody may press it for as long as it takes to be sure, while the rest of the card changes.
export async function AButtonIsNotReplacedWhileItIsPressed(browser) {
  const page = await open(browser, sight);
  fs.writeFileSync(directory + "/bad", "");
  setHosts(4);
  const retry = problem(page, /Sink page: revision \d+ not applied, retrying/).getByRole("button", { name: "Retry now" });
  await retry.hover();
  await page.mouse.down();
  const next = () => document.querySelector("#problems .next").innerText.match(/\d\d:\d\d:\d\d/)?.[0];
  const before = await page.evaluate(next);
  await until(page, (text) => { const now = document.querySelector("#problems .next").innerText.match(/\d\d:\d\d:\d\d/); return now && now[0] !== text; }, before);
  await page.mouse.up();
  await page.getByRole("alert").getByText("1 of 1 sink").waitFor();
}

// What a state would be with them: not each can be brought about here.
export async function FindingsOfAnyOtherKindAndWhoPausedAreShown(browser) {
  const page = await open(browser, sight, canInject);
  const { code } = (await (await page.request.get(url + "v1/openapi.json", withToken)).json()).components.schemas.Finding.properties;
  for (const each of await page.evaluate(() => Object.keys(otherFindings))) check(code.enum.includes(each), "drcon has no finding " + each);
  const state = await page.evaluate(() => status);
  state.findings = [{ code: "fault-ahead", severity: "warning", text: "sink page: /srv/page is not writable; to do: chown it", kind: "sink", subject: "page", since: state.now - 5 },
    { code: "brake-holds", severity: "open", text: "has a card of its own" }];
  Object.assign(state.pipelines.web, { paused: "CHG-1234", paused_by: "user anna (pid 4711)", paused_since: state.now });
  state.state = "caveats";
  state.verdict = "OK, with warnings";
  await inject(page, "state", state);
  const parts = await partsOf(problem(page, "Sink page: /srv/page is not writable; to do: chown it"));
  matches(parts.Since, `^${date} \\(\\d+ s ago\\)$`);
  matches(parts["What happens next"], "^The next change fails, unless this is corrected before\\.$");
  matches(parts["What helps"], "^drcon doctor$");
  await problem(page, "Pipeline web is paused: CHG-1234 (by user anna (pid 4711))").waitFor();
  check((await page.locator("#problems > li").count()) === 2, "there are " + (await page.locator("#problems > li").count()) + " cards");
}
