// WCAG 2.2 AA as far as a program can see it: axe-core on every page, in both languages and both colour schemes.
import assert from 'node:assert/strict';
import { signedIn } from './browser.mjs';
import { crawl } from './crawl.mjs';
import { finding, note } from './report.mjs';

const GRAVE = ['serious', 'critical'];

// Pages that the visitor opens on purpose though they are not there.
export const EXPECTED = [/console: Failed to load resource.* (400|404) .*\/(missing|sign-in\/return)/];

export async function accessible(house) {
  const storageState = await signedIn(house);
  for (const [language, colorScheme] of [['de', 'light'], ['de', 'dark'], ['en', 'light'], ['en', 'dark']]) {
    const visitor = await house.visitor({ storageState, colorScheme, expected: EXPECTED });
    await visitor.page.goto(`/language/${language}`);
    // Colours are the only thing that differs between the schemes.
    const rules = colorScheme === 'dark' ? { runOnly: { type: 'tag', values: ['cat.color'] } } : {};
    const pages = await crawl(visitor.page, async (page, name) => {
      assert.equal(await page.locator('html').getAttribute('lang'), language);
      for (const problem of await look(house, page, rules)) {
        finding(`${name} (${language}, ${colorScheme}): ${problem}`);
      }
    });
    note(`${pages} pages, ${language}, ${colorScheme}`);
    await visitor.leave(`pages (${language}, ${colorScheme})`);
  }
}

// What axe-core finds on a page.
export async function look(house, page, rules = {}) {
  await page.evaluate(house.axe);
  const { violations } = await page.evaluate((options) => axe.run(document, options), rules);
  const grave = violations.filter((violation) => GRAVE.includes(violation.impact));
  return grave.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.html}`));
}
