// Two hundred pipelines with two thousand services: what SetUp of DashboardAtScale in the test beside it has written.
import fs from "node:fs";
import { canInject, check, directory, logIn, newPage, problem, put, token, until, url, verdict } from "./page.mjs";
import { fits } from "./looks.mjs";

const screen = { viewport: { width: 1280, height: 900 } };
async function openAll(browser, how, before = async () => {}) {
  const page = await newPage(browser, how);
  await before(page);
  await page.goto(url);
  await logIn(page, token);
  await verdict(page, "In sync");
  await until(page, () => /^6000 of 6000 endpoints/.test(document.getElementById("found").textContent));
  return page;
}
// Source dc0, without the endpoints whose addresses begin so.
const dc0 = fs.existsSync(directory + "/dc0.toml") ? fs.readFileSync(directory + "/dc0.toml", "utf8") : "";
const without = (address) => dc0.replace(/\[\[service\.endpoint\]\]\naddress = "(.*)"\nport = 8080\n/g, (all, found) => (found.startsWith(address) ? "" : all));
const counts = (page) => page.evaluate(() => [document.querySelectorAll("#pipelines > details").length, document.querySelectorAll("#rows tr").length]);

// From the moment at which the page has the event until what changed has been painted: that a row has this number, or
// that none has it any more.
const painted = ([text, isThere]) => new Promise((resolve) => {
  const seen = new MutationObserver(() => {
    if (document.getElementById("pipelines").textContent.includes(text) !== isThere) return;
    seen.disconnect();
    const { arrived } = window;
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - arrived), 0));
  });
  seen.observe(document.getElementById("pipelines"), { subtree: true, childList: true, characterData: true });
});

// How long the page's thread has worked so far, in ms of processor time: what other programs do meanwhile does not count.
async function workOf(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  return async () => 1000 * (await session.send("Performance.getMetrics")).metrics.find((each) => each.name === "TaskDuration").value;
}

export async function AnEventIsRenderedWithinATenthOfASecond(browser) {
  const bound = 100; // ms
  const page = await openAll(browser, screen, canInject);
  const work = await workOf(page);
  const times = [];
  const works = [];
  // The fastest counts, of a dozen or of as many as it takes: the processors are shared with other tests.
  for (let i = 0; i < 60 && (i < 12 || Math.min(...times) > bound); ++i) {
    const time = page.evaluate(painted, ["29 of 29 endpoints", i % 2 === 0]);
    const before = await work();
    put("dc0.toml", i % 2 ? dc0 : without("10.0.0.3"));
    times.push(await time);
    works.push((await work()) - before);
  }
  const sorted = (all) => [...all].sort((a, b) => a - b);
  const text = (all) => sorted(all).map((each) => each.toFixed(0)).join(", ") + " ms";
  console.log(`painted after ${text(times)}; with ${text(works)} of work`);
  check(Math.min(...times) <= bound, `the fastest of ${times.length} took ${Math.min(...times)} ms`);
  check(sorted(works)[works.length / 2 | 0] <= bound, `the median of the work is ${sorted(works)[works.length / 2 | 0]} ms`);
}

export async function OfTwoHundredPipelinesThoseThatFailComeFirst(browser) {
  const page = await openAll(browser, screen);
  const first = () => page.locator("#pipelines > details").first();
  check((await first().getAttribute("aria-label")) === "Pipeline app000", "they are not in order");
  put("dc0.toml", without("10.180.4."));
  await problem(page, "Pipeline app180 is held by its brake").waitFor();
  await until(page, () => document.querySelector("#pipelines > details").getAttribute("aria-label") === "Pipeline app180");
  await page.getByText("1 needs attention, 199 in sync").waitFor();
  await page.screenshot({ path: directory + "/many.png" });
  const [pipelines, endpoints] = await counts(page);
  check(pipelines === 25 && endpoints === 100, `${pipelines} pipelines and ${endpoints} endpoints are rendered`);
  await first().locator("summary").click();
  await first().getByText("brake holds for").waitFor();
  await page.getByLabel("Find").fill("edge123");
  await until(page, () => document.querySelectorAll("#pipelines > details").length === 1);
  await page.getByLabel("Find").fill("brake holds");
  await until(page, () => document.querySelectorAll("#pipelines > details").length === 1);
  check(await first().evaluate((each) => each.open), "it was closed by the search");
  await page.getByLabel("Find").fill("");
  await page.getByRole("button", { name: "Show all 200 pipelines" }).click();
  await until(page, () => document.querySelectorAll("#pipelines > details").length === 200);
  await page.setViewportSize({ width: 390, height: 844 });
  await fits(page);
  await page.screenshot({ path: directory + "/many-phone.png" });
}
