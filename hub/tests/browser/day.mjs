// The day of a desk officer, by keyboard alone.
import assert from 'node:assert/strict';
import { follow, tabTo } from './keyboard.mjs';

const heading = (page) => page.locator('h1').innerText();
const onHub = (path) => (url) => url.hostname === 'hub.example' && path.test(url.pathname);

export async function day(house) {
  const desk = await house.visitor();
  const { page } = desk;
  await signInByKeyboard(page);
  await skip(page);
  await due(page);
  await find(page, house.targets[0]);
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
  await tabTo(page, 'input[name=id]');
  await page.keyboard.type('not an id');
  await Promise.all([page.waitForURL(/id=not/), page.keyboard.press('Enter')]);
  assert.equal(await page.locator('[role=alert]').count(), 1, 'what was typed is no id, and the page says so');
  await tabTo(page, 'input[name=id]');
  await page.keyboard.type(` ${target.toUpperCase()}`);
  await Promise.all([page.waitForURL(onHub(/^\/targets\/./)), page.keyboard.press('Enter')]);
  assert.ok((await heading(page)).includes(target));
}

async function language(page) {
  await follow(page, 'a[href="/language/en"]', onHub(/^\/$/));
  assert.equal(await heading(page), 'Overview');
}

async function goHome(page) {
  await follow(page, 'a[href="/sessions"]', onHub(/^\/sessions$/));
  await follow(page, 'form[action="/sign-out"] button', onHub(/^\/sign-out$/));
  assert.equal(await heading(page), 'Sign out');
  await page.goto('/');
  assert.equal(new URL(page.url()).pathname, '/sign-in');
}
