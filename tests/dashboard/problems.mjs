// Each problem says what is wrong, since when, what is served meanwhile, what happens by itself and when, and what helps.
import fs from "node:fs";
import { check, directory, open, problem, setHosts, until, verdict } from "./page.mjs";

const date = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+`;
// The parts of a card by their titles, while it is in sight without scrolling.
async function partsOf(card) {
  await card.waitFor();
  const box = await card.boundingBox();
  check(box.y >= 0 && box.y + box.height <= 900, "it is not in sight: " + JSON.stringify(box));
  return card.evaluate((each) => Object.fromEntries([...each.querySelectorAll("dl > div")].map((part) => [part.querySelector("dt").textContent, part.querySelector("dd").textContent])));
}
const matches = (text, pattern) => check(new RegExp(pattern).test(text), `not ${pattern}: ${text}`);
const sight = { viewport: { width: 1280, height: 900 } };

export async function AHeldLossAnswersWhatAnOperatorAsks(browser) {
  const page = await open(browser, sight);
  setHosts(1);
  const card = problem(page, "Pipeline web is held by its brake");
  const parts = await partsOf(card);
  await card.getByText("service web: 2 of 3 endpoints in service would go at once").waitFor();
  matches(parts.Since, `^${date} \\((just now|\\d+ s ago)\\)$`);
  matches(parts["Served meanwhile"], "^All 3 endpoints, 2 of which the sources no longer have in service");
  matches(parts["What happens next"], `^The loss is applied at ${date} \\(in (5 min|4 min 5\\d s)\\) unless endpoints return\\.$`);
  matches(parts["What helps"], "Release the brake ….*drcon release-brake web");
  const countdown = () => card.locator('time[data-relation="in"]').textContent();
  const before = await countdown();
  await until(page, (text) => document.querySelector('#problems time[data-relation="in"]').textContent !== text, before);
  check(/^! drcon on \S+: needs attention$/.test(await page.title()), "the title is " + (await page.title()));
}

export async function AnUnreachableTargetAnswersWhatAnOperatorAsks(browser) {
  const page = await open(browser, sight);
  fs.writeFileSync(directory + "/bad", "");
  setHosts(4);
  await verdict(page, "Needs attention");
  const card = problem(page, "Sink page: target unreachable");
  const parts = await partsOf(card);
  await card.getByText("page.conf stays as it was, since the check of the new one failed").waitFor();
  matches(parts.Since, `^${date} \\((just now|\\d+ s ago)\\)$`);
  matches(parts["Served meanwhile"], "^Revision 1, 1 revision behind\\. Affected: web\\.$");
  matches(parts["What happens next"], `^(Next retry at ${date} \\((in \\d+ s|now)\\), then every 5 s at most\\.|It is being retried now\\.)$`);
  matches(parts["What helps"], "Retry now.*drcon diff web");
  // The sink's box begins with the state, and has the reason once.
  const sink = page.getByRole("list", { name: "Sinks" }).getByRole("listitem");
  await sink.getByText(/target unreachable for \d+ s, 1 revision behind/).waitFor();
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
}
