// Phones, dark mode, contrast, names of controls; and the pictures for people to look at.
import fs from "node:fs";
import { check, directory, open, problem, put, rows, setHosts, verdict } from "./page.mjs";

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

// Texts that reach beyond the screen, or beyond what shows them. What is hidden from eyes on purpose is none of them.
export const cutOff = () => {
  const found = [];
  const hidden = (each) => each.closest(".skip") || (getComputedStyle(each).clipPath.startsWith("inset") && each) || (each.parentElement && hidden(each.parentElement));
  for (const each of document.querySelectorAll("body *")) {
    const box = each.getBoundingClientRect();
    const own = [...each.childNodes].some((one) => one.nodeType === 3 && one.textContent.trim());
    if (!box.width || (!own && each.tagName !== "BUTTON" && each.tagName !== "INPUT" && each.tagName !== "SELECT") || hidden(each)) continue;
    const clips = getComputedStyle(each).overflowX !== "visible" && each.tagName !== "INPUT" && each.scrollWidth > each.clientWidth + 1;
    if (box.left < -0.5 || box.right > innerWidth + 0.5 || clips)
      found.push(`${each.tagName} ${each.className} from ${box.left} to ${box.right}: ${each.textContent.slice(0, 60)}`);
  }
  if (document.documentElement.scrollWidth > innerWidth) found.push(`the page is ${document.documentElement.scrollWidth} px wide on a screen of ${innerWidth}`);
  return found;
};
export async function fits(page) {
  const found = await page.evaluate(cutOff);
  check(found.length === 0, "cut off: " + found.slice(0, 5).join("\n"));
}

export async function FitsPhonesEyesAndReaders(browser) {
  for (const colorScheme of ["light", "dark"]) {
    const page = await open(browser, { colorScheme, viewport: { width: 360, height: 740 } });
    await rows(page, 3);
    await fits(page);
    const [ratio, where] = await page.evaluate(worstContrast);
    check(ratio >= 4.5, `contrast ${ratio} in ${colorScheme}: ${where}`);
    const nameless = await page.evaluate(() => [...document.querySelectorAll("button, input, select")]
      .filter((each) => each.getClientRects().length && !each.textContent.trim() && !(each.labels && each.labels.length)).length);
    check(nameless === 0, "a control without a name");
    for (const role of ["main", "banner"]) check((await page.getByRole(role).count()) === 1, "no " + role);
    for (const list of ["Sources", "Host", "Sinks"]) await page.getByRole("list", { name: list }).waitFor();
    await page.screenshot({ path: `${directory}/phone-${colorScheme}.png`, fullPage: true });
    await page.setViewportSize({ width: 1280, height: 900 });
    await fits(page);
    await page.screenshot({ path: `${directory}/desk-${colorScheme}.png`, fullPage: true });
    await page.close();
  }
}

// With names that a registry may have, and everything that can be wrong, on a phone and in both colours.
export async function NothingIsCutOffOnAPhone(browser) {
  for (const colorScheme of ["light", "dark"]) {
    const long = `a-service-with-a-${colorScheme}-name-of-many-letters-`.repeat(3);
    const page = await open(browser, { colorScheme, viewport: { width: 390, height: 844 } });
    setHosts(4, long, (i) => ["tag-without-any-space-in-it-".repeat(3) + i]);
    await problem(page, "Pipeline web is held by its brake").waitFor(); // the service that was there has gone
    await page.locator("#rows", { hasText: long }).waitFor();
    await page.evaluate(() => { for (const each of document.querySelectorAll("details")) each.open = true; });
    await page.getByText("Pause …").waitFor();
    await fits(page);
    const [ratio, where] = await page.evaluate(worstContrast);
    check(ratio >= 4.5, `contrast ${ratio} in ${colorScheme}: ${where}`);
    await page.locator("#rows button").first().click();
    await page.getByRole("dialog").getByText("Decided:").waitFor();
    await fits(page);
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    await page.screenshot({ path: `${directory}/phone-brake-${colorScheme}.png` });
    await page.locator("#problems").getByRole("button", { name: "Release the brake" }).click();
    await page.getByRole("dialog").getByText("10.0.0.1:80").first().waitFor();
    await fits(page);
    await page.getByRole("button", { name: "Release it" }).click();
    await verdict(page, "In sync");
    await page.close();
  }
}

// ---- pictures, of what fits on a screen: that is what somebody sees first ----

const screen = { viewport: { width: 1280, height: 900 } };
const picture = (page, file) => page.screenshot({ path: `${directory}/${file}.png` });

export async function PicturesAreTakenOfCalmHoldAndUnreachable(browser) {
  const page = await open(browser, screen);
  setHosts(4);
  await rows(page, 4);
  await verdict(page, "In sync");
  await picture(page, "calm");
  setHosts(1);
  await problem(page, "Pipeline web is held by its brake").waitFor();
  await page.getByRole("cell", { name: "gone at source" }).first().waitFor();
  await picture(page, "brake");
  const dark = await page.context().browser().newPage({ ...screen, colorScheme: "dark" });
  await dark.goto(page.url());
  await dark.getByLabel("Token").fill(process.argv[4]);
  await dark.keyboard.press("Enter");
  await problem(dark, "Pipeline web is held by its brake").waitFor();
  await dark.getByRole("cell", { name: "gone at source" }).first().waitFor();
  await picture(dark, "dark");
  await dark.setViewportSize({ width: 390, height: 844 });
  await picture(dark, "phone");
  setHosts(4);
  await verdict(page, "In sync");
  fs.writeFileSync(directory + "/bad", "");
  setHosts(5);
  await problem(page, /Sink page: revision \d+ not applied, retrying/).waitFor();
  await picture(page, "unreachable");
}

// DashboardForTheReadme: tests/dashboard/picture copies it.
export async function ShowsAHeldLossAmongOthers(browser) {
  const endpoints = (net, count) => Array.from({ length: count }, (_, i) => `[[service.endpoint]]\naddress = "10.0.${net}.${i + 1}"\nport = 8080\nnode = "node-${i + 1}"\n`).join("");
  const inventory = (shop) => ["api", "auth", "mail", "search"].map((name, net) => `[[service]]\nname = "${name}"\n` + endpoints(net + 1, 4 + net)).join("") +
    `[[service]]\nname = "shop"\n` + endpoints(9, shop) + `[[service]]\nname = "shop-images"\n` + endpoints(10, 3);
  const page = await open(browser, { viewport: { width: 1120, height: 640 } });
  put("hosts.toml", inventory(8));
  await page.getByText("33 of 33 endpoints", { exact: true }).waitFor();
  put("hosts.toml", inventory(2));
  await problem(page, "Pipeline shop is held by its brake").waitFor();
  await page.getByText("1 needs attention, 4 in sync").waitFor();
  await picture(page, "readme");
}
