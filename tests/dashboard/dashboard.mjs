// The dashboard of a running drcon, in a real Chromium.  node dashboard.mjs CASE URL TOKEN DIRECTORY MODULES
// Exits with 0 when the promise of that name holds. Screenshots go to DIRECTORY.
import * as changes from "./changes.mjs";
import * as connection from "./connection.mjs";
import * as endpoints from "./endpoints.mjs";
import * as latency from "./latency.mjs";
import * as looks from "./looks.mjs";
import * as problems from "./problems.mjs";
import * as scale from "./scale.mjs";
import * as steering from "./steering.mjs";
import { launch, name } from "./page.mjs";

const cases = { ...changes, ...connection, ...endpoints, ...latency, ...looks, ...problems, ...scale, ...steering };
const browser = await launch();
try {
  await cases[name](browser);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser.close();
}
