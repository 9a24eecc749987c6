// What a prosecutor does in an own proceeding, by keyboard alone: releases, revokes, and has the sheet for the file.
import assert from 'node:assert/strict';
import { follow, press, tabTo, typeInto } from './keyboard.mjs';

const AUTHORITY = 'StA Beispielstadt';

const at = (pattern) => (url) => pattern.test(url.pathname);
const row = (page) => page.locator('main tbody tr', { has: page.locator('#target-1') });

export async function releaseAndRevoke(page) {
  await follow(page, 'nav a[href="/proceedings"]', at(/^\/proceedings$/));
  await follow(page, 'main tbody a[href^="/proceedings/"]', at(/^\/proceedings\/\d+$/));
  const own = new URL(page.url()).pathname;
  assert.ok((await row(page).innerText()).includes('nicht freigegeben'));
  await tick(page);
  await press(page, 'button[value=release]');
  assert.equal(await page.locator('[role=alert] a[href="#release-authority"]').count(), 1, 'whose release it is, is asked for');
  assert.ok(await page.locator('#target-1').isChecked(), 'what was ticked still is');
  await typeInto(page, '#release-authority', AUTHORITY);
  await press(page, 'button[value=release]');
  assert.equal(new URL(page.url()).pathname, own);
  assert.equal(await page.locator('[role=status].done').count(), 1, 'it is said that it was done');
  assert.ok((await row(page).innerText()).includes(AUTHORITY));
  await sheet(page);

  await tick(page);
  await typeInto(page, '#revoke-reason', 'evidence is missing');
  await press(page, 'button[value=revoke]');
  assert.ok((await row(page).innerText()).includes('nicht freigegeben'));
}

async function tick(page) {
  await tabTo(page, '#target-1');
  await page.keyboard.press('Space');
}

// On paper the page is the order: what it covers and a line to sign, and nothing to press.
async function sheet(page) {
  assert.ok(!(await page.locator('.signature').isVisible()), 'on a screen there is nothing to sign');
  await page.emulateMedia({ media: 'print' });
  assert.ok(await page.locator('.signature').isVisible());
  for (const gone of ['nav', '#release', '#revoke', '#target-1', 'main button', 'main .button', 'main .back']) {
    assert.equal(await page.locator(gone).filter({ visible: true }).count(), 0, `${gone} is printed`);
  }
  assert.ok((await row(page).innerText()).includes('hxxps[://]own-0[.]example/0'));
  await page.emulateMedia({ media: null });
}
