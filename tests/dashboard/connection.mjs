// Requests that fail, come late or come twice; the token.
import fs from "node:fs";
import { canInject, check, directory, exists, hold, inject, journal, logIn, newPage, open, rows, setHosts, token, until, url, verdict } from "./page.mjs";

export async function EndpointsThatCouldNotBeReadAreReadAgain(browser) {
  const page = await open(browser);
  await rows(page, 3);
  await page.route("**/v1/pipelines/web", (route) => route.fulfill({ status: 503, json: { error: "too many", help: "" } }));
  setHosts(4);
  await page.getByText("The endpoints of pipeline web could not be read: too many. Retrying.").waitFor();
  await page.unroute("**/v1/pipelines/web");
  await rows(page, 4);
  await page.getByText("could not be read").waitFor({ state: "hidden" });
}

export async function AnAnswerThatComesLateDoesNotHideANewerOne(browser) {
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
}

export async function EachEntryIsShownOnce(browser) {
  // What a client is sent that has missed entries.
  const page = await open(browser, {}, canInject);
  const applied = (revision) => page.locator("#journal > li", { hasText: `applied sink page revision ${revision},` });
  const answer = await hold(page, "**/v1/journal*");
  await inject(page, "lost", { first: 1 });
  await answer.some();
  setHosts(4);
  await applied(2).waitFor(); // an event reports it before the answer comes, which does not have it
  await answer.pass();
  answer.release();
  setHosts(5);
  await applied(3).waitFor();
  const all = await journal(page);
  await inject(page, "journal", all[all.length - 1]);
  setHosts(6);
  await applied(4).waitFor();
  for (const revision of [2, 3, 4]) check((await applied(revision).count()) === 1, `revision ${revision}: ${await applied(revision).count()} entries`);
  const count = (await journal(page)).length;
  check((await page.locator("#journal > li:not(.day)").count()) === count, "not each entry is there once");
}

export async function ARefusedTokenIsSaidAndForgotten(browser) {
  const page = await newPage(browser);
  await page.goto(url);
  const kept = () => page.evaluate(() => sessionStorage.getItem("token"));
  const refused = page.getByRole("alert").getByText("The token was refused.");
  await page.getByLabel("Token").waitFor();
  check((await refused.count()) === 0, "none was given yet");
  check(!(await page.locator("#board").isVisible()), "empty parts are shown before anything is known");
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
}

export async function ALostConnectionIsShownAndFoundAgain(browser) {
  const page = await open(browser);
  fs.writeFileSync(directory + "/opened", "");
  await page.getByText("connection lost: this is the state of").waitFor();
  fs.writeFileSync(directory + "/lost", "");
  await exists("again");
  await until(page, () => document.getElementById("connection").textContent === "live");
  setHosts(4);
  await rows(page, 4);
}
