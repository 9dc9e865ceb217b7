// What an operator does with the buttons, and what is asked first.
import { button, check, directory, newPage, open, problem, rows, setHosts, url, verdict } from "./page.mjs";

export async function TheBrakeIsReleasedByKeyboard(browser) {
  const page = await open(browser);
  setHosts(1);
  await verdict(page, "Needs attention");
  await page.getByText("2 of 3 endpoints in service would be removed").first().waitFor();
  await page.screenshot({ path: directory + "/brake.png", fullPage: true });
  const release = button(page, "Release the brake");
  for (let i = 0; i < 60 && !(await release.evaluate((each) => each === document.activeElement)); ++i) await page.keyboard.press("Tab");
  check(await release.evaluate((each) => each === document.activeElement), "Tab does not reach the button");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByText("removed web 10.0.0.3:80").waitFor();
  await page.keyboard.press("Escape");
  await rows(page, 3); // nothing was done
  await release.click();
  const yes = page.getByRole("button", { name: "Release it" });
  check((await yes.evaluate((each) => getComputedStyle(each).backgroundColor)) === "rgb(168, 32, 26)", "it is not red");
  await yes.focus();
  await page.keyboard.press("Enter");
  await verdict(page, "In sync");
  await rows(page, 1);
  await page.getByRole("alert").getByText("released").waitFor();
}

export async function APauseAndARollbackAreButtons(browser) {
  const page = await open(browser);
  setHosts(4);
  await rows(page, 4);
  await page.getByRole("button", { name: "Roll back" }).click();
  await page.getByRole("dialog").getByText("Would change: 0 added, 1 removed, 0 changed.").waitFor();
  await page.getByRole("dialog").getByText("removed web 10.0.0.4:80").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
  await rows(page, 3);
  await verdict(page, "OK, with warnings");
  await problem(page, "Pipeline web is paused: rolled back to revision 1").waitFor();
  await button(page, "Resume").click();
  await rows(page, 4);
  await verdict(page, "In sync");
}

export async function AButtonSaysThatNobodyAnswers(browser) {
  const page = await open(browser);
  setHosts(1);
  await verdict(page, "Needs attention");
  await page.route("**/v1/pipelines/**", (route) => route.abort());
  const card = page.locator("#pipelines");
  for (const text of ["Release the brake", "Roll back", "Pause"]) {
    await card.getByRole("button", { name: text }).click();
    if (text === "Pause") await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
    await page.getByRole("alert").getByText("Not done: drcon does not answer").waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("alert").getByText("Not done").waitFor({ state: "hidden" });
  }
  await page.unroute("**/v1/pipelines/**");
  await button(page, "Release the brake").click();
  await page.getByRole("button", { name: "Release it" }).click();
  await verdict(page, "In sync");
}

export async function APauseAsksForAReason(browser) {
  const page = await open(browser);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await verdict(page, "In sync"); // nothing was done
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByLabel("Reason").fill("CHG-1234: new load balancer & more");
  await page.keyboard.press("Enter");
  await problem(page, "Pipeline web is paused: CHG-1234: new load balancer & more").waitFor();
  await verdict(page, "OK, with warnings");
}

// Without a token in the configuration nothing can be changed over TCP.
export async function WithoutATokenTheButtonsAreOff(browser) {
  const page = await newPage(browser);
  await page.goto(url);
  await verdict(page, "In sync");
  check(!(await page.getByLabel("Token").isVisible()), "a token is asked for, and there is none");
  await page.getByText("This page may only read.").waitFor();
  for (const text of ["Pause", "Compare targets", "Roll back"])
    check(await page.getByRole("button", { name: text }).isDisabled(), text + " can be pressed");
  await page.getByRole("button", { name: "Show its endpoints" }).click(); // it changes nothing
}
