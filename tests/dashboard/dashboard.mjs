// The dashboard of a running drcon, in a real Chromium.  node dashboard.mjs CASE URL TOKEN DIRECTORY MODULES
// Exits with 0 when the promise of that name holds. Screenshots go to DIRECTORY.
import fs from "node:fs";
import { createRequire } from "node:module";

const [name, url, token, directory, modules] = process.argv.slice(2);
const { chromium } = createRequire(modules + "/node_modules/")("playwright-core");

const check = (holds, what) => {
  if (!holds) throw new Error(what);
};
function setHosts(count, service = "web", tagsOf = () => []) {
  let text = `[[service]]\nname = ${JSON.stringify(service)}\n`;
  for (let i = 1; i <= count; ++i)
    text += `[[service.endpoint]]\naddress = "10.0.0.${i}"\nport = 80\ntags = ${JSON.stringify(tagsOf(i))}\n`;
  fs.writeFileSync(directory + "/next", text);
  fs.renameSync(directory + "/next", directory + "/hosts.toml");
}
// The page's policy forbids what waitForFunction does: evaluating text within it.
async function until(page, holds, argument) {
  const end = Date.now() + 30000;
  while (!(await page.evaluate(holds, argument))) {
    check(Date.now() < end, "not within 30 s: " + holds + " of " + argument);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const rows = (page, count) => until(page, (n) => document.querySelectorAll("#rows tr").length === n, count);
const verdict = (page, text) => until(page, (t) => document.getElementById("verdict").textContent === t, text);
const exists = async (file) => {
  while (!fs.existsSync(directory + "/" + file)) await new Promise((resolve) => setTimeout(resolve, 20));
};

const withToken = { headers: { Authorization: "Bearer " + token } };
const journal = async (page) => (await (await page.request.get(url + "v1/journal", withToken)).json()).entries;
// Answers to requests for `path`, each of which waits until `pass` is called. `some` returns the first that waits.
async function hold(page, path) {
  const held = [];
  let holding = true;
  await page.route(path, async (route) => {
    if (!holding) return route.continue();
    const answer = await route.fetch();
    held.push({ request: route.request(), pass: () => route.fulfill({ response: answer }) });
  });
  const some = async () => {
    while (!held.length) await new Promise((resolve) => setTimeout(resolve, 20));
    return held[0].request;
  };
  // Not unrouted: without any route, Chromium itself would let those pass that are held.
  const release = () => { holding = false; };
  return { some, release, pass: () => held.shift().pass() };
}

async function logIn(page, word) {
  await page.getByLabel("Token").fill(word);
  await page.keyboard.press("Enter");
}
async function open(browser, how = {}, before = async () => {}) {
  const page = await browser.newPage(how);
  page.setDefaultTimeout(30000);
  page.on("pageerror", (error) => { console.error(error); process.exitCode = 1; });
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:")) {
      console.error("it asked for " + request.url());
      process.exitCode = 1;
    }
  });
  await before(page);
  await page.goto(url);
  await logIn(page, token);
  await verdict(page, "In sync");
  return page;
}

// WCAG 2: the contrast of each text with what is behind it.
const worstContrast = () => {
  const channel = (c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  let worst = [21, ""];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((each) => each.nodeType === 3 && each.textContent.trim());
    if (!own || !element.getClientRects().length) continue;
    const [a, b] = [light(numbers(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < worst[0]) worst = [ratio, element.outerHTML.slice(0, 100)];
  }
  return worst;
};

const cases = {
  async AChangeAppearsWithoutAReload(browser) {
    const page = await open(browser);
    await rows(page, 3);
    await page.evaluate(() => { window.same = true; });
    setHosts(4);
    await rows(page, 4);
    await page.getByRole("cell", { name: "10.0.0.4:80", exact: true }).first().waitFor();
    await until(page, () => /revision 2/.test(document.getElementById("pipelines").textContent));
    await page.locator("#journal summary", { hasText: "decided pipeline web revision 2 (+1" }).click();
    await page.locator("#journal li li", { hasText: "+ web 10.0.0.4:80" }).waitFor();
    check(await page.evaluate(() => window.same), "the page was loaded again");
    await page.getByLabel("Search").fill("10.0.0.4 passing");
    await rows(page, 1);
  },

  async TheBrakeIsReleasedByKeyboard(browser) {
    const page = await open(browser);
    setHosts(1);
    await verdict(page, "Needs attention");
    await page.getByText("2 of 3 endpoints in service would go").first().waitFor();
    await page.screenshot({ path: directory + "/brake.png", fullPage: true });
    const button = page.getByRole("button", { name: "Release the brake" });
    for (let i = 0; i < 60 && !(await button.evaluate((each) => each === document.activeElement)); ++i) await page.keyboard.press("Tab");
    check(await button.evaluate((each) => each === document.activeElement), "Tab does not reach the button");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByText("removed web 10.0.0.3:80").waitFor();
    await page.keyboard.press("Escape");
    await rows(page, 3); // nothing was done
    await button.click();
    await page.getByRole("button", { name: "Release it" }).focus();
    await page.keyboard.press("Enter");
    await verdict(page, "In sync");
    await rows(page, 1);
    await page.getByRole("alert").getByText("released").waitFor();
  },

  async APauseAndARollbackAreButtons(browser) {
    const page = await open(browser);
    setHosts(4);
    await rows(page, 4);
    await page.getByRole("button", { name: "Roll back" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
    await rows(page, 3);
    await verdict(page, "OK, with warnings");
    await page.locator("#lines").getByText("pipeline web is paused: rolled back to revision 1").waitFor();
    await page.getByRole("button", { name: "Resume" }).click();
    await rows(page, 4);
    await verdict(page, "In sync");
  },

  async AHostileNameIsText(browser) {
    const page = await open(browser);
    const names = ["<img src=x onerror=window.hacked=1>", "</script><script>window.hacked=1</script>"];
    setHosts(3, names[0], () => [names[1]]);
    await page.getByRole("cell", { name: names[0], exact: true }).first().waitFor();
    await page.getByRole("cell", { name: names[1], exact: true }).first().waitFor();
    check(!(await page.evaluate(() => "hacked" in window)), "it ran");
    check((await page.locator("main img").count()) === 0, "it is markup");
  },

  async DirectionMarksAreShownAndTurnNothing(browser) {
    const page = await open(browser);
    const marked = "we\u202eb\u2066x";
    setHosts(4, marked, () => ["t\u200fag"]);
    await page.getByRole("cell", { name: "we⟨U+202E⟩b⟨U+2066⟩x", exact: true }).first().waitFor();
    await page.getByRole("cell", { name: "t⟨U+200F⟩ag", exact: true }).first().waitFor();
    setHosts(1, marked);
    await page.getByRole("button", { name: "Release the brake" }).click();
    await page.getByRole("dialog").getByText("removed we⟨U+202E⟩b⟨U+2066⟩x 10.0.0.3:80").waitFor();
    const turning = await page.evaluate(() => {
      const marks = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
      const all = [document.title];
      for (const each of document.querySelectorAll("body *"))
        all.push(...[...each.childNodes].filter((one) => one.nodeType === 3).map((one) => one.data), ...[...each.attributes].map((one) => one.value));
      return all.filter((text) => marks.test(text));
    });
    check(turning.length === 0, "there is: " + turning);
    await page.keyboard.press("Escape");

    // Letters that run from right to left by themselves: what follows stays where it is.
    setHosts(4, "שלום");
    await page.getByRole("cell", { name: "שלום", exact: true }).first().waitFor();
    await page.locator("#journal > li", { hasText: "שלום" }).first().locator("summary").click();
    const values = page.locator("#journal details[open] li").filter({ hasText: "שלום" }).first().locator("bdi");
    const name = await values.nth(0).boundingBox();
    const address = await values.nth(1).boundingBox();
    check(name.x + name.width <= address.x, "the address is not behind the name");
  },

  async SettledIsNotCalledWellWhenItIsNot(browser) {
    const page = await open(browser);
    const says = (text) => page.locator("#lines").getByText(text).waitFor();
    const isMild = async () => check((await page.locator("#state").getAttribute("class")) === "mild", "it is not mild");
    fs.rmSync(directory + "/hosts.toml");
    await says("source hosts is unreachable; using last known data: there is no");
    await verdict(page, "Needs attention");
    setHosts(3, "web", (i) => (i === 2 ? ["bell\u0007"] : []));
    await says("source hosts leaves out 10.0.0.2:80 of service web");
    await verdict(page, "OK, with warnings");
    await isMild();
    await page.getByText("leaves out 1", { exact: true }).click();
    await page.getByRole("list", { name: "Sources" }).getByText("10.0.0.2:80 of web: its tag").waitFor();
    setHosts(3);
    await verdict(page, "In sync");
  },

  async ASinkAtWorkIsNoFault(browser) {
    const page = await open(browser);
    fs.writeFileSync(directory + "/hold", "");
    setHosts(4);
    const sink = page.getByRole("list", { name: "Sinks" });
    await sink.getByText("applying revision 2").waitFor();
    await verdict(page, "Under way");
    const red = await page.locator("main .bad").evaluateAll((all) => all.map((each) => each.innerText).join(""));
    check(red === "", "something is red: " + red);
    await page.locator("#lines").getByText("sink page is applying revision 2").waitFor();
    fs.rmSync(directory + "/hold");
    await sink.getByText("serves revision 2").waitFor();
    await verdict(page, "In sync");
  },

  async AButtonSaysThatNobodyAnswers(browser) {
    const page = await open(browser);
    setHosts(1);
    await verdict(page, "Needs attention");
    await page.route("**/v1/pipelines/**", (route) => route.abort());
    for (const button of ["Release the brake", "Roll back", "Pause"]) {
      await page.getByRole("button", { name: button }).click();
      await page.getByRole("alert").getByText("Not done: drcon does not answer").waitFor();
      await page.getByRole("button", { name: "Close" }).click();
      await page.getByRole("alert").getByText("Not done").waitFor({ state: "hidden" });
    }
    await page.unroute("**/v1/pipelines/**");
    await page.getByRole("button", { name: "Release the brake" }).click();
    await page.getByRole("button", { name: "Release it" }).click();
    await verdict(page, "In sync");
  },

  async EndpointsThatCouldNotBeReadAreReadAgain(browser) {
    const page = await open(browser);
    await rows(page, 3);
    await page.route("**/v1/pipelines/web", (route) => route.fulfill({ status: 503, json: { error: "too many", help: "" } }));
    setHosts(4);
    await page.getByText("The endpoints of pipeline web could not be read: too many. Retrying.").waitFor();
    await page.unroute("**/v1/pipelines/web");
    await rows(page, 4);
    await page.getByText("could not be read").waitFor({ state: "hidden" });
  },

  async AnAnswerThatComesLateDoesNotHideANewerOne(browser) {
    const page = await open(browser);
    const late = await hold(page, "**/v1/pipelines/web");
    setHosts(4);
    const older = await late.some();
    late.release();
    setHosts(5);
    await rows(page, 5);
    const over = page.waitForEvent("requestfinished", (each) => each === older);
    await late.pass();
    await over;
    await page.evaluate(() => fetch("/").then((answer) => answer.text())); // it has been dealt with
    await rows(page, 5);
    check((await page.getByRole("cell", { name: "10.0.0.5:80", exact: true }).count()) > 0, "the older one is shown");
  },

  async EachEntryIsShownOnce(browser) {
    // What a client is told that has missed entries.
    const page = await open(browser, {}, (page) => page.addInitScript(() => {
      const real = window.fetch;
      window.fetch = async (path, how) => {
        const answer = await real(path, how);
        if (!String(path).startsWith("/v1/events")) return answer;
        const reader = answer.body.getReader();
        return new Response(new ReadableStream({
          start: (to) => { window.inject = (text) => to.enqueue(new TextEncoder().encode(text + "\n\n")); },
          pull: async (to) => { const { value, done } = await reader.read(); if (done) to.close(); else to.enqueue(value); },
        }, { highWaterMark: 2 }));
      };
    }));
    const inject = (event, data) => page.evaluate((text) => window.inject(text), `event: ${event}\ndata: ${JSON.stringify(data)}`);
    const applied = (revision) => page.locator("#journal > li", { hasText: `applied sink page revision ${revision},` });
    const answer = await hold(page, "**/v1/journal*");
    await inject("lost", { first: 1 });
    await answer.some();
    setHosts(4);
    await applied(2).waitFor(); // an event tells of it before the answer comes, which does not have it
    await answer.pass();
    answer.release();
    setHosts(5);
    await applied(3).waitFor();
    const all = await journal(page);
    await inject("journal", all[all.length - 1]);
    setHosts(6);
    await applied(4).waitFor();
    for (const revision of [2, 3, 4]) check((await applied(revision).count()) === 1, `revision ${revision}: ${await applied(revision).count()} entries`);
    const count = (await journal(page)).length;
    check((await page.locator("#journal > li").count()) === count, "not each entry is there once");
  },

  async ARefusedTokenIsSaidAndForgotten(browser) {
    const page = await browser.newPage();
    page.setDefaultTimeout(30000);
    await page.goto(url);
    const kept = () => page.evaluate(() => sessionStorage.getItem("token"));
    const refused = page.getByRole("alert").getByText("The token was refused.");
    await page.getByLabel("Token").waitFor();
    check((await refused.count()) === 0, "none was given yet");
    for (const wrong of ["0123456789abcdeX", "пароль"]) {
      await logIn(page, wrong);
      await refused.waitFor();
      check((await kept()) === null, "it is kept");
      check(await page.getByLabel("Token").isVisible(), "no other can be given");
    }
    await logIn(page, token);
    await verdict(page, "In sync");
    check(!(await page.getByLabel("Token").isVisible()), "it is asked for still");
    await page.reload();
    await verdict(page, "In sync");
    check((await kept()) === token, "the right one is kept");
  },

  async TheWayOfAChangeIsShownStageByStage(browser) {
    const page = await open(browser);
    setHosts(4);
    await page.getByText("page: the last 2 changes, median").waitFor();
    const changes = (await journal(page)).filter((each) => each.stages);
    const whole = changes.map((each) => each.stages.whole).sort((a, b) => a - b);
    check(whole.length === 2, "there are " + whole.length);
    const ms = (seconds) => (seconds < 0.0995 ? (seconds * 1000).toFixed(1) : (seconds * 1000).toFixed(0)) + " ms";
    const figure = page.getByRole("figure", { name: "Latency of sink page" });
    const row = (name) => figure.getByRole("row").filter({ has: page.getByRole("rowheader", { name }) });
    check((await row("total").textContent()) === "total" + ms(whole[0]) + ms(whole[1]), await row("total").textContent());
    for (const stage of ["published", "decided", "applied", "verified"]) await row(stage).waitFor();
    const picture = figure.getByRole("img");
    check(/median .* ms, p99 .* ms.*Bars: one for each change/.test(await picture.getAttribute("aria-label")), "it has no words");
    // The slowest of few is as high as the picture, and its parts are the stages.
    const slowest = changes.find((each) => each.stages.whole === whole[1]);
    const heights = await picture.locator("g").nth(changes.indexOf(slowest)).locator("rect").evaluateAll((all) => all.map((each) => [each.getAttribute("class"), Number(each.getAttribute("height"))]));
    const { published, decided, applied, verified } = slowest.stages;
    const parts = [["published", published], ["decided", decided - published], ["applied", applied], ["verified", verified]];
    parts.forEach(([stage, seconds], i) => {
      check(heights[i][0] === stage, "the order of the stages");
      check(Math.abs(heights[i][1] - (100 * seconds) / whole[1]) < 0.01, `${stage} is ${heights[i][1]} high`);
    });
    await page.locator("#journal > li", { hasText: /applied sink page revision 2, .* after the source reported it/ }).waitFor();
  },

  async FitsPhonesEyesAndReaders(browser) {
    for (const colorScheme of ["light", "dark"]) {
      const page = await open(browser, { colorScheme, viewport: { width: 360, height: 740 } });
      await rows(page, 3);
      const [inner, whole] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
      check(whole <= inner, `${whole} px wide on a screen of ${inner}`);
      const [ratio, where] = await page.evaluate(worstContrast);
      check(ratio >= 4.5, `contrast ${ratio} in ${colorScheme}: ${where}`);
      const nameless = await page.evaluate(() => [...document.querySelectorAll("button, input, select")]
        .filter((each) => each.getClientRects().length && !each.textContent.trim() && !(each.labels && each.labels.length)).length);
      check(nameless === 0, "a control without a name");
      for (const role of ["main", "banner"]) check((await page.getByRole(role).count()) === 1, "no " + role);
      for (const list of ["Sources", "Host", "Sinks"]) await page.getByRole("list", { name: list }).waitFor();
      await page.screenshot({ path: `${directory}/phone-${colorScheme}.png`, fullPage: true });
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.screenshot({ path: `${directory}/desk-${colorScheme}.png`, fullPage: true });
      await page.close();
    }
  },

  async ALostConnectionIsShownAndFoundAgain(browser) {
    const page = await open(browser);
    fs.writeFileSync(directory + "/opened", "");
    await page.getByText("connection lost: this is the state of").waitFor();
    fs.writeFileSync(directory + "/told", "");
    await exists("again");
    await until(page, () => document.getElementById("connection").textContent === "live");
    setHosts(4);
    await rows(page, 4);
  },
};

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
try {
  await cases[name](browser);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser.close();
}
