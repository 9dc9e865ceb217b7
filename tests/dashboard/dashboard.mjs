// The dashboard of a running drcon, in a real Chromium.  node dashboard.mjs CASE URL TOKEN DIRECTORY MODULES
// Exits with 0 when the promise of that name holds. Screenshots go to DIRECTORY.
import fs from "node:fs";
import { createRequire } from "node:module";

const [name, url, token, directory, modules] = process.argv.slice(2);
const { chromium } = createRequire(modules + "/node_modules/")("playwright-core");

const check = (holds, what) => {
  if (!holds) throw new Error(what);
};
function setHosts(count, service = "web", tags = []) {
  let text = `[[service]]\nname = ${JSON.stringify(service)}\n`;
  for (let i = 1; i <= count; ++i)
    text += `[[service.endpoint]]\naddress = "10.0.0.${i}"\nport = 80\ntags = ${JSON.stringify(tags)}\n`;
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

async function open(browser, how = {}) {
  const page = await browser.newPage(how);
  page.setDefaultTimeout(30000);
  page.on("pageerror", (error) => { console.error(error); process.exitCode = 1; });
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:")) {
      console.error("it asked for " + request.url());
      process.exitCode = 1;
    }
  });
  await page.goto(url);
  await page.getByLabel("Token").fill(token);
  await page.keyboard.press("Enter");
  await verdict(page, "All is well");
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
    check(await page.evaluate(() => window.same), "the page was loaded anew");
    await page.getByLabel("Search").fill("10.0.0.4 passing");
    await rows(page, 1);
  },

  async TheBrakeIsReleasedByKeyboard(browser) {
    const page = await open(browser);
    setHosts(1);
    await verdict(page, "Not as it should be");
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
    await verdict(page, "All is well");
    await rows(page, 1);
    await page.getByRole("alert").getByText("believed now").waitFor();
  },

  async APauseAndARollbackAreButtons(browser) {
    const page = await open(browser);
    setHosts(4);
    await rows(page, 4);
    await page.getByRole("button", { name: "Roll back" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
    await rows(page, 3);
    await verdict(page, "Paused");
    await page.getByRole("button", { name: "Resume" }).click();
    await rows(page, 4);
    await verdict(page, "All is well");
  },

  async AHostileNameIsText(browser) {
    const page = await open(browser);
    const names = ["<img src=x onerror=window.hacked=1>", "</script><script>window.hacked=1</script>"];
    setHosts(3, names[0], [names[1]]);
    await page.getByRole("cell", { name: names[0], exact: true }).first().waitFor();
    await page.getByRole("cell", { name: names[1], exact: true }).first().waitFor();
    check(!(await page.evaluate(() => "hacked" in window)), "it ran");
    check((await page.locator("main img").count()) === 0, "it is markup");
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

  async ALostConnectionIsToldAndFoundAgain(browser) {
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
