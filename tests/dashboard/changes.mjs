// What changes appears on the page, and everything that a registry has is text there.
import fs from "node:fs";
import { button, check, directory, open, problem, rows, setHosts, until, verdict } from "./page.mjs";

export async function AChangeAppearsWithoutAReload(browser) {
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
  const changed = page.locator("#pipelines summary time");
  check(/^(just now|\d+ s ago)$/.test(await changed.textContent()), "when it changed is " + (await changed.textContent()));
  check(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+$/.test(await changed.getAttribute("title")), "its date is " + (await changed.getAttribute("title")));
  await page.getByLabel("Search").fill("10.0.0.4 passing");
  await rows(page, 1);
}

export async function AHostileNameIsText(browser) {
  const page = await open(browser);
  const names = ["<img src=x onerror=window.hacked=1>", "</script><script>window.hacked=1</script>"];
  setHosts(3, names[0], () => [names[1]]);
  await page.getByRole("cell", { name: names[0], exact: true }).first().waitFor();
  await page.getByRole("cell", { name: names[1], exact: true }).first().waitFor();
  check(!(await page.evaluate(() => "hacked" in window)), "it ran");
  check((await page.locator("main img").count()) === 0, "it is markup");
}

// Texts and attributes with marks that turn what is around them.
const turningTexts = () => {
  const marks = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
  const all = [document.title];
  for (const each of document.querySelectorAll("body *"))
    all.push(...[...each.childNodes].filter((one) => one.nodeType === 3).map((one) => one.data), ...[...each.attributes].map((one) => one.value));
  return all.filter((text) => marks.test(text));
};

export async function DirectionMarksAreShownAndTurnNothing(browser) {
  const page = await open(browser);
  // drcon leaves out what has such marks. The page shows them even where one came through.
  const marked = "we\u202eb\u2066x";
  await page.route("**/v1/pipelines/web", async (route) => {
    const answer = await route.fetch();
    const detail = await answer.json();
    for (const service of detail.services) {
      service.name = marked;
      for (const each of service.endpoints) each.tags = ["t\u200fag"];
    }
    if (detail.held_loss) for (const each of detail.held_loss.endpoints) each.service = marked;
    await route.fulfill({ response: answer, json: detail });
  });
  setHosts(4);
  await page.getByRole("cell", { name: "we⟨U+202E⟩b⟨U+2066⟩x", exact: true }).first().waitFor();
  await page.getByRole("cell", { name: "t⟨U+200F⟩ag", exact: true }).first().waitFor();
  setHosts(1);
  await button(page, "Release the brake").click();
  await page.getByRole("dialog").getByText("removed we⟨U+202E⟩b⟨U+2066⟩x 10.0.0.3:80").waitFor();
  const turning = await page.evaluate(turningTexts);
  check(turning.length === 0, "there is: " + turning);
  await page.keyboard.press("Escape");
  await page.unroute("**/v1/pipelines/web");

  // What drcon says of a name that it leaves out turns nothing either.
  setHosts(4, marked);
  await problem(page, "Source hosts leaves out").waitFor();
  check((await page.evaluate(turningTexts)).length === 0, "there is: " + (await page.evaluate(turningTexts)));

  // Letters that run from right to left by themselves: what follows stays where it is.
  setHosts(4, "שלום");
  await page.getByRole("cell", { name: "שלום", exact: true }).first().waitFor();
  await page.locator("#journal > li", { hasText: "שלום" }).first().locator("summary").click();
  const values = page.locator("#journal details[open] li").filter({ hasText: "שלום" }).first().locator("bdi");
  const name = await values.nth(0).boundingBox();
  const address = await values.nth(1).boundingBox();
  check(name.x + name.width <= address.x, "the address is not behind the name");
}

export async function SettledIsNotCalledWellWhenItIsNot(browser) {
  const page = await open(browser);
  // Both the cards and the lines, which are what `drcon status` says.
  const says = async (title, why, line) => {
    await problem(page, title).getByText(why).waitFor();
    await until(page, (text) => document.getElementById("lines").textContent.includes(text), line);
  };
  const isMild = async () => check((await page.locator("#state").getAttribute("class")) === "mild", "it is not mild");
  fs.rmSync(directory + "/hosts.toml");
  await says("Source hosts is unreachable; using last known data", "there is no", "source hosts is unreachable; using last known data: there is no");
  await verdict(page, "Needs attention");
  setHosts(3, "web", (i) => (i === 2 ? ["bell\u0007"] : []));
  await says("Source hosts leaves out 1 endpoint", "10.0.0.2:80 of service web: its tag", "source hosts leaves out 10.0.0.2:80 of service web");
  await verdict(page, "OK, with warnings");
  await isMild();
  await page.getByText("leaves out 1", { exact: true }).click();
  await page.getByRole("list", { name: "Sources" }).getByText("10.0.0.2:80 of service web: its tag").waitFor();
  setHosts(3);
  await verdict(page, "In sync");
}

export async function ASinkAtWorkIsNoFault(browser) {
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
}
