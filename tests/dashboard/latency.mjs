// How long changes took.
import { canInject, check, inject, journal, open, setHosts } from "./page.mjs";

const figure = (page) => page.getByRole("figure", { name: "Propagation time of sink page" });
const ms = (seconds) => (seconds < 0.0995 ? (seconds * 1000).toFixed(1) : (seconds * 1000).toFixed(0)) + " ms";

export async function TheWayOfAChangeIsShownStageByStage(browser) {
  const page = await open(browser);
  setHosts(4);
  await figure(page).getByText("2 changes", { exact: true }).waitFor();
  const changes = (await journal(page)).filter((each) => each.stages);
  const whole = changes.map((each) => each.stages.whole).sort((a, b) => a - b);
  check(whole.length === 2, "there are " + whole.length);
  await figure(page).getByText("median " + ms(whole[0])).waitFor();
  await figure(page).getByText("slowest " + ms(whole[1])).waitFor();
  await figure(page).locator("summary").click();
  const row = (name) => figure(page).getByRole("row").filter({ has: page.getByRole("rowheader", { name }) });
  check((await row("total").getByRole("cell").first().textContent()) === ms(whole[0]), await row("total").textContent());
  for (const stage of ["published", "decided", "applied", "verified"]) await row(stage).waitFor();
  const picture = figure(page).getByRole("img");
  check(/2 changes from .* on, median .* ms\. Bars: one for each change/.test(await picture.getAttribute("aria-label")), "it has no words: " + (await picture.getAttribute("aria-label")));
  // The slowest of few is as high as the picture, and its parts are the stages.
  const slowest = changes.find((each) => each.stages.whole === whole[1]);
  const heights = await picture.locator(`g[data-number="${slowest.number}"] rect`).evaluateAll((all) => all.map((each) => [each.getAttribute("class"), Number(each.getAttribute("height"))]));
  const { published, decided, applied, verified } = slowest.stages;
  const parts = [["published", published], ["decided", decided - published], ["applied", applied], ["verified", verified]];
  parts.forEach(([stage, seconds], i) => {
    check(heights[i][0] === stage, "the order of the stages");
    check(Math.abs(heights[i][1] - (100 * seconds) / whole[1]) < 0.01, `${stage} is ${heights[i][1]} high`);
  });
  // They stand at their times: the first on the left, the last on the right, and the axis says when that was.
  const places = await picture.locator("g").evaluateAll((all) => Object.fromEntries(all.map((each) => [each.dataset.number, Number(each.querySelector("rect").getAttribute("x"))])));
  check(places[changes[0].number] === 0 && places[changes[1].number] > 500, "the bars stand at " + JSON.stringify(places));
  check((await figure(page).locator(".axis span").allTextContents()).every((text) => /^\d\d:\d\d:\d\d$/.test(text)), "the axis has no times");
  await page.locator("#journal > li", { hasText: /applied sink page revision 2, .* after the source reported it/ }).waitFor();
}

// Entries of a journal, numbered from `number` on, one each second from `time` on.
const applied = (number, time, whole) => ({ number, time, what: "applied", kind: "sink", subject: "page", revision: number, why: "", added: 0, removed: 0, changed: 0, endpoints: [], seconds: 0.004,
  stages: { published: 0.001, decided: whole - 0.004, applied: 0, verified: 0.004, whole } });

export async function AChangeThatTheBrakeHeldIsNoPropagationTime(browser) {
  const page = await open(browser, {}, canInject);
  const { number, time } = (await journal(page)).at(-1);
  const held = { ...applied(number + 1, time + 1.01, 1), what: "held", kind: "pipeline", subject: "web", stages: undefined };
  await inject(page, "journal", held);
  await inject(page, "journal", applied(number + 2, time + 14, 13)); // reported at time + 1, and held then
  await inject(page, "journal", applied(number + 3, time + 30, 0.5));
  await figure(page).getByText("2 changes", { exact: true }).waitFor(); // with the one at the start
  await figure(page).getByText("slowest 500 ms").waitFor();
}

export async function FewChangesHaveNoP99(browser) {
  const page = await open(browser, {}, canInject);
  const { number, time } = (await journal(page)).at(-1);
  for (let i = 1; i <= 18; ++i) await inject(page, "journal", applied(number + i, time + i, 0.2));
  await figure(page).getByText("19 changes", { exact: true }).waitFor();
  await figure(page).getByText("p99 –").waitFor();
  await inject(page, "journal", applied(number + 19, time + 19, 0.7));
  await figure(page).getByText("20 changes", { exact: true }).waitFor();
  await figure(page).getByText("p99 700 ms").waitFor();
}
