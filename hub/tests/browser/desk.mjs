// What a desk officer decides, by keyboard alone: pairs that may be one, and holds.
import assert from 'node:assert/strict';
import { choose, follow, press, tabTo, typeInto } from './keyboard.mjs';

// Where one searches.
export const FIELD = 'form[role=search] input:not([type=hidden])';

const DECISION = /^\/duplicates\/decisions\/\d+$/;
const REASON = 'one film, two addresses';
const AUTHORITY = 'Dezernat 42';
// The links of a pair on whose targets nothing stands in the way (world.rs).
const LINK = 'hxxps[://]files[.]example/7/film';

const path = (page) => new URL(page.url()).pathname;
const text = (page) => page.locator('main').innerText();
const at = (pattern) => (url) => pattern.test(url.pathname);

export async function decideOnPairs(page) {
  await follow(page, 'nav a[href="/duplicates"]', at(/^\/duplicates$/));
  // A pair is found by what one reads on it.
  const pair = page.locator('section.pair', { hasText: LINK });
  assert.ok((await pair.innerText()).includes('fast gleiche Adressen'));
  const box = `#${await pair.locator('input[type=checkbox]').getAttribute('id')}`;
  await tabTo(page, box);
  await page.keyboard.press('Space');
  assert.ok(await page.locator(box).isChecked());

  await press(page, 'button[value=preview-merge]');
  assert.ok((await text(page)).includes('Daraus würde:'), 'what would come of it stands before the decision');
  assert.equal(await page.locator('section.pair').count(), 1);
  await press(page, 'button[value=merge]');
  assert.equal(await page.locator('[role=alert] a[href="#reason"]').count(), 1, 'a reason is asked for');
  await typeInto(page, '#reason', REASON);
  await press(page, 'button[value=merge]');

  assert.match(path(page), DECISION);
  const decided = path(page);
  assert.ok((await text(page)).includes(REASON));
  await typeInto(page, '#reason', 'two films after all');
  await press(page, `form[action="${decided}"] button`);
  assert.match(path(page), DECISION);
  assert.notEqual(path(page), decided, 'undoing is a decision of its own');
  assert.equal(await page.locator(`main a[href="${decided}"]`).count(), 1, 'which says what it undoes');
  await follow(page, 'main a[href="/duplicates"]', at(/^\/duplicates$/));
  const lately = await page.locator('main table').last().innerText();
  assert.ok(lately.includes(REASON) && lately.includes('two films after all'), lately);
}

export async function decideOnHolds(page) {
  await follow(page, 'nav a[href="/targets"]', at(/^\/targets$/));
  await typeInto(page, FIELD, LINK);
  await press(page, 'form[role=search] button');
  assert.equal(new URL(page.url()).search, '', 'no link stands in an address');
  await follow(page, 'main tbody a[href^="/targets/"]', at(/^\/targets\/./));
  const target = path(page);

  await follow(page, `a[href="${target}/decide"]`, at(/\/decide$/));
  await choose(page, '#hold-reason', 'evidence');
  await typeInto(page, '#hold-authority', AUTHORITY);
  await press(page, '#hold form button');
  assert.equal(path(page), target);
  assert.equal(await page.locator('[role=status].done').count(), 1, 'it is said that it was done');

  await follow(page, 'nav a[href="/holds"]', at(/^\/holds$/));
  await follow(page, 'a[href="/holds?which=all"]', (url) => url.search === '?which=all');
  const held = page.locator('main tbody tr', { has: page.locator(`a[href="${target}"]`) });
  assert.ok((await held.innerText()).includes(AUTHORITY));
  await follow(page, `a[href="${target}/decide#hold"]`, at(/\/decide$/));
  await typeInto(page, '#own-holds input[name=reason]', 'secured');
  await press(page, '#own-holds button[value=lift]');
  assert.equal(path(page), target);
  assert.ok((await text(page)).includes('Keiner.'), 'no hold is left');
}
