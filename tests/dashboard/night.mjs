// Keeps the dashboard open in a real Chromium, and looks at it when asked.  node night.mjs URL TOKEN DIRECTORY MODULES
// Each DIRECTORY/look-N.json { verdict, sees, picture } is answered by look-N.done: empty once the page reads so, and a
// picture of it is taken; otherwise what it reads instead. Where something is wrong, the first card must answer what an
// operator asks, in sight without scrolling. The page is never loaded again.
import fs from "node:fs";
import { createRequire } from "node:module";

const [url, token, directory, modules] = process.argv.slice(2);
const { chromium } = createRequire(modules + "/node_modules/")("playwright-core");
const pause = () => new Promise((resolve) => setTimeout(resolve, 20));

function write(file, text) {
  fs.writeFileSync(directory + "/next", text);
  fs.renameSync(directory + "/next", directory + "/" + file);
}
async function open(browser) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(url);
  await page.getByLabel("Token").fill(token);
  await page.keyboard.press("Enter");
  await page.evaluate(() => { window.same = true; });
  return page;
}
const questions = ["Since", "Served meanwhile", "What happens next", "What helps"];
const read = (page) => page.evaluate(() => ({
  verdict: document.getElementById("verdict").textContent,
  card: [...document.querySelectorAll("#problems > li")].slice(0, 1).map((each) => ({
    bottom: each.getBoundingClientRect().bottom,
    parts: [...each.querySelectorAll("dl > div:not([hidden])")].filter((part) => part.querySelector("dd").textContent).map((part) => part.querySelector("dt").textContent),
  }))[0],
  text: document.body.innerText,
  same: window.same === true,
}));
async function look(page, { verdict, sees, picture }) {
  for (const end = Date.now() + 30000; ; await pause()) {
    const now = await read(page);
    const answered = now.card && now.card.bottom <= 900 ? now.card.parts : [];
    const missing = sees.filter((each) => !now.text.includes(each)).concat(verdict === "In sync" ? [] : questions.filter((each) => !answered.includes(each)));
    if (now.verdict === verdict && !missing.length && now.same) {
      await page.screenshot({ path: picture, fullPage: true });
      return "";
    }
    if (Date.now() > end) return `not there: ${JSON.stringify(missing)}; loaded again: ${!now.same}\n${now.text}`;
  }
}

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
const page = await open(browser);
for (let number = 1; ; ++number) {
  const file = `${directory}/look-${number}.json`;
  while (!fs.existsSync(file)) await pause();
  write(`look-${number}.done`, await look(page, JSON.parse(fs.readFileSync(file, "utf8"))));
}
