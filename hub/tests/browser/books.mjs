// What auditors and supervisors look at, by keyboard alone.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { choose, follow, press, tabTo, typeInto } from './keyboard.mjs';

const REASON = 'complaint 7';

const at = (pattern) => (url) => pattern.test(url.pathname);

export async function readLog(page) {
  await follow(page, 'nav a[href="/audit"]', at(/^\/audit$/));
  assert.equal(await page.locator('main code').count(), 0, 'without a reason nothing is shown');
  await typeInto(page, '#reason', REASON);
  await press(page, 'form[action="/audit"] button');
  const views = page.locator('main table').first();
  const pages = await views.locator('tbody tr td:nth-of-type(3)').allInnerTexts();
  for (const seen of ['overview', 'target', 'duplicates', 'decide', 'holds']) {
    assert.ok(pages.includes(seen), `${seen} is in the log: ${pages}`);
  }
  // That somebody has looked stands there too.
  await choose(page, '#what', 'readings');
  await typeInto(page, '#reason', 'who looks');
  await press(page, 'form[action="/audit"] button');
  assert.ok((await page.locator('main table').first().innerText()).includes(REASON));
}

export async function readFigures(page) {
  await follow(page, 'nav a[href="/figures"]', at(/^\/figures$/));
  assert.ok((await page.locator('main').innerText()).includes('de-nw-lka'));
  await choose(page, '#by', 'host');
  await press(page, 'form[action="/figures"] button');
  assert.ok((await page.locator('main').innerText()).includes('files.example'));
  await tabTo(page, 'main a[href^="/figures.csv"]');
  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
  assert.match(download.suggestedFilename(), /^figures-.*\.csv$/);
  const csv = readFileSync(await download.path(), 'utf8');
  assert.match(csv, /,host,files\.example,/);
}
