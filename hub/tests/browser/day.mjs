// The day of a desk officer, and of those who look at it afterwards, by keyboard alone.
import assert from 'node:assert/strict';
import { decideOnHolds, decideOnPairs, FIELD } from './desk.mjs';
import { readFigures, readLog } from './books.mjs';
import { releaseAndRevoke } from './proceedings.mjs';
import { follow, tabTo, typeInto } from './keyboard.mjs';

const heading = (page) => page.locator('h1').innerText();
const onHub = (path) => (url) => url.hostname === 'hub.example' && path.test(url.pathname);

export async function day(house) {
  // Two decisions are sent once without what they need, and refused.
  const desk = await house.visitor({ expected: [/Failed to load resource.* 422 .*\/(duplicates|proceedings\/\d+)\)/] });
  const { page } = desk;
  await signInByKeyboard(page);
  await skip(page);
  await due(page);
  await find(page, house.targets[0]);
  await decideOnPairs(page);
  await decideOnHolds(page);
  await releaseAndRevoke(page);
  await readLog(page);
  await readFigures(page);
  await language(page);
  await goHome(page);
  await desk.leave('the day');
}

async function signInByKeyboard(page) {
  await page.goto('/');
  assert.equal(new URL(page.url()).pathname, '/sign-in', 'whoever is not signed in is asked to');
  await follow(page, 'main a.button', onHub(/^\/$/));
  assert.equal(await heading(page), 'Übersicht');
}

// The first stop leads past everything that every page has.
async function skip(page) {
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
}

async function due(page) {
  await follow(page, 'main tbody a[href^="/targets/"]', onHub(/^\/targets\/./));
  const text = await page.locator('main').innerText();
  for (const said of ['Office de-nw-lka (de-nw-lka)', 'dispute_ownership', 'zuerst befasst']) {
    assert.ok(text.includes(said), `${said}: ${text}`);
  }
}

async function find(page, target) {
  await follow(page, 'nav a[href="/targets"]', onHub(/^\/targets$/));
  await search(page, 'not an id');
  assert.ok((await page.locator('main [role=alert], main .empty').count()) > 0, 'nothing was found, and the page says so');
  await search(page, ` ${target.toUpperCase()}`);
  // One that is named by its id may be opened at once, or be listed.
  if (!onHub(/^\/targets\/./)(new URL(page.url()))) {
    await follow(page, `main a[href="/targets/${target}"]`, onHub(/^\/targets\/./));
  }
  assert.ok((await heading(page)).includes(target));
}

async function search(page, text) {
  await typeInto(page, FIELD, text);
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
}

async function language(page) {
  await follow(page, 'nav a[href="/holds"]', onHub(/^\/holds$/));
  const own = await page.locator('html').getAttribute('lang');
  await tabTo(page, 'a[href="/language/en"]');
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
  assert.ok(onHub(/^\/holds$/)(new URL(page.url())), 'a language is chosen where one is');
  assert.deepEqual([own, await page.locator('html').getAttribute('lang')], ['de', 'en']);
}

async function goHome(page) {
  await follow(page, 'a[href="/sessions"]', onHub(/^\/sessions$/));
  await follow(page, 'form[action="/sign-out"] button', onHub(/^\/sign-out$/));
  assert.equal(await heading(page), 'Sign out');
  await page.goto('/');
  assert.equal(new URL(page.url()).pathname, '/sign-in');
}
