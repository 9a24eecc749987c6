// An open page follows what happens, and takes nothing out of an officer's hands.
import assert from 'node:assert/strict';
import { signedIn } from './browser.mjs';
import { happens } from './report.mjs';

// Streams of one session; `hub/src/console/live.rs` says why.
const STREAMS = 4;

export async function live(house) {
  const storageState = await signedIn(house);
  const visitor = await house.visitor({ storageState });
  const { page } = visitor;
  await overviewFollows(page);
  await typingIsLeftAlone(page);
  await focusStays(page);
  await targetFollowsItself(page, house.targets[0]);
  await streamsAreFew(visitor);
  await theEndIsSaid(visitor);
  await visitor.leave('live');
}

// Opens a page whose stream stands.
async function open(page, path) {
  const stream = page.waitForResponse((response) => new URL(response.url()).pathname === '/live');
  await page.goto(path);
  const response = await stream;
  // A mark that a new document would not have.
  await page.evaluate(() => (window.stays = true));
  return response.status();
}

const stays = async (page) => assert.equal(await page.evaluate(() => window.stays), true, 'the page was loaded again');
const leaves = (page) => page.locator('.figures strong').nth(2).innerText();
const newer = (page) => page.locator('#live-newer');

// Waits until the page shows another text there.
async function changes(locator, before) {
  const handle = await locator.elementHandle();
  const page = locator.page();
  await page.waitForFunction(([selector, text]) => document.querySelector(selector)?.innerText !== text, [
    await handle.evaluate(() => '.figures li:nth-child(3) strong'),
    before,
  ]);
}

async function overviewFollows(page) {
  assert.equal(await open(page, '/'), 200);
  const before = await leaves(page);
  await happens('refer');
  await changes(page.locator('.figures li:nth-child(3) strong'), before);
  assert.ok(Number(await leaves(page)) > Number(before));
  assert.equal(await newer(page).isVisible(), false, 'nothing was left out');
  await stays(page);
}

// No page of today has figures and a field in one part: one is put there.
async function typingIsLeftAlone(page) {
  await open(page, '/');
  await page.evaluate(() => {
    const field = document.createElement('input');
    field.id = 'planted';
    document.querySelector('.figures li').append(field);
  });
  const before = await leaves(page);
  const stages = page.locator('main table').last();
  const count = await stages.innerText();
  await page.locator('#planted').fill('half a sen');
  await happens('refer');
  await newer(page).waitFor({ state: 'visible' });
  assert.equal(await page.locator('#planted').inputValue(), 'half a sen');
  assert.equal(await leaves(page), before, 'the part with the field is as it was');
  assert.notEqual(await stages.innerText(), count, 'the other parts are new');
  await stays(page);
  // The line leads to what is newer.
  await page.locator('#live-newer a').click();
  await page.waitForFunction(() => window.stays === undefined);
  assert.ok(Number(await leaves(page)) > Number(before));
}

async function focusStays(page) {
  await open(page, '/');
  const rows = page.locator('main table').first().locator('tbody tr');
  const before = await rows.count();
  const href = await rows.first().locator('a').getAttribute('href');
  await rows.first().locator('a').focus();
  await happens('incident', 10);
  await page.waitForFunction((count) => document.querySelectorAll('main table')[0].tBodies[0].rows.length > count, before);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('href')), href);
  await stays(page);
}

async function targetFollowsItself(page, target) {
  assert.equal(await open(page, `/targets/${target}`), 200);
  let read = 0;
  page.on('request', (request) => (read += Number(request.resourceType() === 'xhr')));
  const entries = page.locator('main table').last().locator('tbody tr');
  const before = await entries.count();
  // Of something else the page is not told: were it, it would be so before it is told of itself.
  await happens('refer');
  await happens('incident', 0);
  await page.waitForFunction((count) => [...document.querySelectorAll('main table')].at(-1).tBodies[0].rows.length > count, before);
  assert.equal(read, 1);
  await stays(page);
}

async function streamsAreFew({ context }) {
  const pages = [];
  const statuses = [];
  for (let n = 0; n <= STREAMS; n += 1) {
    const page = await context.newPage();
    pages.push(page);
    statuses.push(await open(page, '/sessions'));
  }
  // The visitor's own page has one already.
  assert.deepEqual(statuses, [200, 200, 200, 204, 204]);
  await pages[0].close();
  for (const page of pages.slice(1)) await page.close();
}

async function theEndIsSaid({ context, page }) {
  await open(page, '/');
  const other = await context.newPage();
  await other.goto('/sessions');
  await other.locator('form[action="/sign-out"] button').click();
  await page.locator('#live-ended').waitFor({ state: 'visible' });
  assert.ok((await page.locator('main').innerText()).length > 0, 'what was there stays');
}
