// The table of endpoints: filters, what is kept though it is gone, and why each gets traffic.
import { button, check, open, put, rows, setHosts, until, verdict } from "./page.mjs";

const service = (name, healths) => `[[service]]\nname = "${name}"\n` +
  healths.map((health, i) => `[[service.endpoint]]\naddress = "10.1.${name.length}.${i + 1}"\nport = 80\nhealth = "${health}"\n`).join("");

export async function EndpointsAreFilteredByHealthAndService(browser) {
  const page = await open(browser);
  put("hosts.toml", service("web", ["passing", "warning", "passing"]) + service("long-name", ["passing", "critical"]));
  await rows(page, 5);
  const shows = async (service, health, addresses) => {
    await page.getByLabel("Service").selectOption(service);
    await page.getByLabel("Health").selectOption(health);
    const found = await page.locator("#rows button").allTextContents();
    check(JSON.stringify(found) === JSON.stringify(addresses), `${service} ${health}: ${found}`);
  };
  await shows("all services", "any health", ["10.1.9.1:80", "10.1.9.2:80", "10.1.3.1:80", "10.1.3.2:80", "10.1.3.3:80"]);
  await shows("web", "any health", ["10.1.3.1:80", "10.1.3.2:80", "10.1.3.3:80"]);
  await shows("web", "warning", ["10.1.3.2:80"]);
  await shows("all services", "critical", ["10.1.9.2:80"]);
  await page.getByText("1 of 5 endpoints").waitFor();
}

export async function HeldEndpointsAreNotCalledPassing(browser) {
  const page = await open(browser);
  setHosts(1);
  await verdict(page, "Needs attention");
  const kept = page.getByRole("cell", { name: "gone at source, kept by the brake" });
  await until(page, () => document.querySelectorAll("#rows .bad").length === 4); // two cells, and the word in each
  check((await kept.count()) === 2, (await kept.count()) + " are marked");
  check((await page.getByRole("cell", { name: "passing" }).count()) === 1, "those that are gone are called passing");
  await button(page, "Show held endpoints").click();
  await rows(page, 2);
  await page.getByText("2 of 3 endpoints", { exact: true }).waitFor();
}

// HAProxy's own check has it down, or it was taken out there by hand: not each can be brought about here.
export async function AnEndpointThatASinkLeavesOutIsNotCalledPassing(browser) {
  const page = await open(browser, {}, (made) => made.route("**/v1/pipelines/web", async (route) => {
    const answer = await route.fetch();
    const detail = await answer.json();
    detail.services[0].endpoints[1].left_out = [{ sink: "lb", why: "HAProxy's check has it DOWN" }];
    await route.fulfill({ response: answer, json: detail });
  }));
  await rows(page, 3);
  await page.getByRole("cell", { name: "passing at source, left out by lb: HAProxy's check has it DOWN" }).waitFor();
  await page.getByLabel("Health").selectOption("left out by a sink");
  await rows(page, 1);
  await page.getByText("1 of 3 endpoints", { exact: true }).waitFor();
}

export async function AClickOnARowExplainsIt(browser) {
  const page = await open(browser);
  await rows(page, 3);
  await page.getByRole("cell", { name: "passing" }).nth(1).click();
  const dialog = page.getByRole("dialog", { name: "10.0.0.2:80 of service web" });
  await dialog.getByText(/in rotation since revision 1/i).waitFor();
  for (const text of ["Source hosts: present, passing", "Decided: in revision 1", "Sink page: has it with revision 1", "server 10.0.0.2:80;", "drcon explain web 10.0.0.2:80"])
    await dialog.getByText(text).waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "10.0.0.3:80" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "10.0.0.3:80 of service web" }).waitFor();
}
