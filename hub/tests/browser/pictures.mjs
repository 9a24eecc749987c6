// Pictures of every page: light, dark, narrow, German and English.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXPECTED } from './accessible.mjs';
import { signedIn } from './browser.mjs';
import { crawl } from './crawl.mjs';
import { note } from './report.mjs';
import { smaller } from './png.mjs';

const WIDE = { width: 1100, height: 700 };
const NARROW = { width: 360, height: 640 };
// The rest of a long page looks like its beginning.
const MOST_HIGH = 1600;

const KINDS = [
  ['de', 'light', WIDE, 'de'],
  ['de', 'dark', WIDE, 'de-dark'],
  ['de', 'light', NARROW, 'de-narrow'],
  ['en', 'light', WIDE, 'en'],
];

export async function pictures(house) {
  mkdirSync(house.pictures, { recursive: true });
  for (const file of readdirSync(house.pictures)) if (file.endsWith('.png')) rmSync(join(house.pictures, file));
  const storageState = await signedIn(house);
  for (const [language, colorScheme, viewport, kind] of KINDS) {
    const visitor = await house.visitor({ storageState, colorScheme, viewport, expected: EXPECTED });
    await visitor.page.goto(`/language/${language}`);
    const pages = await crawl(visitor.page, async (page, name) => {
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      const clip = { x: 0, y: 0, width: viewport.width, height: Math.min(Math.max(height, 300), MOST_HIGH) };
      const picture = await page.screenshot({ fullPage: true, clip });
      const file = name.replace(/[{}]/g, '').replace('?', '-asked-').replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '') || 'overview';
      writeFileSync(join(house.pictures, `${file}.${kind}.png`), smaller(picture));
    });
    note(`${pages} pages: ${kind}`);
    await visitor.leave(`pictures (${kind})`);
  }
}
