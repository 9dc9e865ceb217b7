// The page of a running drcon in a real Chromium, for the cases beside this file. The command line is dashboard.mjs'.
import fs from "node:fs";
import { createRequire } from "node:module";

export const [name, url, token, directory, modules] = process.argv.slice(2);
const { chromium } = createRequire(modules + "/node_modules/")("playwright-core");
export const launch = () => chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });

export const check = (holds, what) => {
  if (!holds) throw new Error(what);
};
const pause = () => new Promise((resolve) => setTimeout(resolve, 20));

// Replaces a file at once, as whoever reads it must see it.
export function put(file, text) {
  fs.writeFileSync(directory + "/next", text);
  fs.renameSync(directory + "/next", directory + "/" + file);
}
export function setHosts(count, service = "web", tagsOf = () => []) {
  let text = `[[service]]\nname = ${JSON.stringify(service)}\n`;
  for (let i = 1; i <= count; ++i)
    text += `[[service.endpoint]]\naddress = "10.0.0.${i}"\nport = 80\ntags = ${JSON.stringify(tagsOf(i))}\n`;
  put("hosts.toml", text);
}

// The page's policy forbids what waitForFunction does: evaluating text within it.
export async function until(page, holds, argument) {
  const end = Date.now() + 30000;
  while (!(await page.evaluate(holds, argument))) {
    check(Date.now() < end, "not within 30 s: " + holds + " of " + argument);
    await pause();
  }
}
export const rows = (page, count) => until(page, (n) => document.querySelectorAll("#rows tr").length === n, count);
export const verdict = (page, text) => until(page, (t) => document.getElementById("verdict").textContent === t, text);
export const exists = async (file) => {
  while (!fs.existsSync(directory + "/" + file)) await pause();
};
export const problem = (page, title) => page.locator("#problems > li", { hasText: title });
export const button = (page, text) => page.locator("#problems").getByRole("button", { name: text });

export const withToken = { headers: { Authorization: "Bearer " + token } };
export const journal = async (page) => (await (await page.request.get(url + "v1/journal", withToken)).json()).entries;

// Answers to requests for `path`, each of which waits until `pass` is called. `some` returns the first that waits.
export async function hold(page, path) {
  const held = [];
  let holding = true;
  await page.route(path, async (route) => {
    if (!holding) return route.continue();
    const answer = await route.fetch();
    held.push({ request: route.request(), pass: () => route.fulfill({ response: answer }) });
  });
  const some = async () => {
    while (!held.length) await pause();
    return held[0].request;
  };
  // Not unrouted: without any route, Chromium itself would let those pass that are held.
  const release = () => { holding = false; };
  return { some, release, pass: () => held.shift().pass() };
}

export async function logIn(page, word) {
  await page.getByLabel("Token").fill(word);
  await page.keyboard.press("Enter");
}
// A page that must not fail, and must not ask anybody but drcon.
export async function newPage(browser, how = {}) {
  const page = await browser.newPage(how);
  page.setDefaultTimeout(30000);
  page.on("pageerror", (error) => { console.error(error); process.exitCode = 1; });
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:")) {
      console.error("it asked for " + request.url());
      process.exitCode = 1;
    }
  });
  return page;
}
export async function open(browser, how = {}, before = async () => {}) {
  const page = await newPage(browser, how);
  await before(page);
  await page.goto(url);
  await logIn(page, token);
  await verdict(page, "In sync");
  return page;
}

// For open(): events can be put among those of drcon by the function that this returns. Each chunk of drcon's events is
// dated when it is handed to the page, in window.arrived.
export const canInject = (page) => page.addInitScript(() => {
  const real = window.fetch;
  window.fetch = async (path, how) => {
    const answer = await real(path, how);
    if (!String(path).startsWith("/v1/events")) return answer;
    const reader = answer.body.getReader();
    return new Response(new ReadableStream({
      start: (to) => { window.inject = (text) => to.enqueue(new TextEncoder().encode(text + "\n\n")); },
      pull: async (to) => {
        const { value, done } = await reader.read();
        if (done) return to.close();
        window.arrived = performance.now();
        to.enqueue(value);
      },
    }, { highWaterMark: 2 }));
  };
});
export const inject = (page, event, data) =>
  page.evaluate((text) => window.inject(text), `event: ${event}\ndata: ${JSON.stringify(data)}`);
