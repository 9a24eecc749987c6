// A second browser that runs no scripts sees the same pages, and does the same on them.
import assert from 'node:assert/strict';
import { signIn } from './browser.mjs';
import { crawl } from './crawl.mjs';
import { FIELD } from './desk.mjs';
import { EXPECTED } from './accessible.mjs';
import { finding } from './report.mjs';

export async function withoutScripts(house) {
  const plain = await house.visitor({ javaScriptEnabled: false, expected: EXPECTED });
  await signIn(plain.page, '/targets');
  const storageState = await plain.context.storageState();
  const scripted = await house.visitor({ storageState, expected: EXPECTED });
  const seen = new Map();
  await crawl(plain.page, async (page, name) => seen.set(name, [page.url(), await content(page)]));
  for (const [name, [url, text]] of seen) {
    await scripted.page.goto(url);
    if ((await content(scripted.page)) !== text) finding(`${name} is not the same without scripts`);
  }
  await scripted.leave('with scripts');
  await use(plain.page, house.targets[0]);
  await plain.leave('without scripts');
}

// What can be done on a page, and under which headings. What stands in its tables may be of another minute.
const content = (page) =>
  page.locator('main').evaluate((main) => {
    const parts = [...main.querySelectorAll('h1, h2, h3, form, input, select, textarea, button, summary')];
    const one = (part) =>
      [part.localName, part.type, part.name, part.getAttribute('action'), part.matches('h1, h2, h3, button') && part.innerText].join(' ');
    return [...new Set(parts.map(one))].sort().join('\n');
  });

async function use(page, target) {
  await page.goto('/targets');
  await page.locator(FIELD).fill(target);
  await page.locator('form[role=search] button').click();
  if (!page.url().endsWith(target)) await page.locator(`main a[href="/targets/${target}"]`).click();
  assert.ok((await page.locator('h1').innerText()).includes(target));
  await page.locator('form[action="/sign-out"] button').click();
  await page.goto('/');
  assert.equal(new URL(page.url()).pathname, '/sign-in');
}
