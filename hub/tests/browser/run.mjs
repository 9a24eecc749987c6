// node run.mjs CONFIG: looks at the hub's pages in Chromium. Writes what it finds as lines of JSON; see script.rs.
import { start } from './browser.mjs';
import { finding, note } from './report.mjs';
import { accessible } from './accessible.mjs';
import { attacks } from './attacks.mjs';
import { day } from './day.mjs';
import { live } from './live.mjs';
import { pictures } from './pictures.mjs';
import { planted } from './planted.mjs';
import { withoutScripts } from './without_scripts.mjs';

const config = JSON.parse(process.argv[2]);
const house = await start(config);
const checks = config.pictures ? [pictures] : [planted, day, accessible, withoutScripts, live, attacks];
for (const check of checks) {
  const began = performance.now();
  try {
    await check(house);
  } catch (error) {
    finding(`${check.name}: ${error.stack}`);
  }
  note(`${check.name}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
await house.end();
// The line to the test keeps this process otherwise.
process.exit(0);
