// What others may try against a person at a browser: frames, planted sessions, links that lead elsewhere.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { signedIn, signIn } from './browser.mjs';

export async function attacks(house) {
  await clickjacking(house);
  await fixation(house);
  await openRedirects(house);
  await foreignForms(house);
}

// Somebody else's site, on another origin.
async function evil(body) {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(body));
  await new Promise((bound) => server.listen(0, '127.0.0.1', bound));
  return { address: `http://127.0.0.1:${server.address().port}/`, end: () => server.close() };
}

async function clickjacking(house) {
  const frames = ['iframe src', 'object data', 'embed src'].map((tag) => `<${tag}="${house.origin}/" width=800 height=600></${tag.split(' ')[0]}>`);
  // One that may be embedded stands beside ours: what is read of frames would show it.
  const site = await evil(`<!DOCTYPE html><title>Win</title>${frames.join('')}<iframe srcdoc="a page that may be embedded"></iframe>`);
  const victim = await house.visitor({ storageState: await signedIn(house), expected: [/frame-ancestors|X-Frame-Options|ERR_BLOCKED|Failed to load/i] });
  // A page has loaded when its frames have, or when they were refused.
  await victim.page.goto(site.address);
  let shown = '';
  for (const frame of victim.page.frames().slice(1)) {
    // What was refused may have no document to ask.
    shown += await frame.evaluate(() => document.body?.innerText ?? '').catch(() => '');
  }
  assert.ok(shown.includes('a page that may be embedded'), 'frames are read');
  assert.ok(!shown.includes('Meldeverbund'), 'our page is shown in a frame');
  site.end();
  await victim.leave('clickjacking');
}

// A session that somebody planted is not the person's afterwards.
async function fixation(house) {
  const mallory = await signedIn(house);
  const planted = mallory.cookies.find((cookie) => cookie.name === '__Host-session');
  const victim = await house.visitor();
  await victim.context.addCookies([planted]);
  await signIn(victim.page);
  const [own] = (await victim.context.cookies(house.origin)).filter((cookie) => cookie.name === '__Host-session');
  assert.notEqual(own.value, planted.value);
  assert.ok(own.httpOnly && own.secure && own.sameSite === 'Lax');
  assert.equal(await victim.page.evaluate(() => document.cookie), '', 'scripts see no cookie');
  // Without TLS, or for a whole domain, a browser takes no cookie of that name.
  await victim.page.evaluate((value) => (document.cookie = `__Host-session=${value}; Path=/; Secure; Domain=hub.example`), planted.value);
  const after = (await victim.context.cookies(house.origin)).filter((cookie) => cookie.name === '__Host-session');
  assert.deepEqual(after.map((cookie) => cookie.value), [own.value]);
  await victim.leave('session fixation');
  const thief = await house.visitor({ storageState: { cookies: [planted], origins: [] } });
  await thief.page.goto('/');
  assert.equal(new URL(thief.page.url()).pathname, '/sign-in', 'what the browser held before has ended');
  await thief.leave('session fixation');
}

async function openRedirects(house) {
  const storageState = await signedIn(house);
  for (const to of ['https://evil.example', '//evil.example', '/\\evil.example', '/\t/evil.example', 'javascript:alert(1)', '\\\\evil.example', 'https:evil.example', '/%2F/evil.example', '/.//evil.example', '///evil.example']) {
    const victim = await house.visitor({ storageState, expected: [/Failed to load resource.* 404/] });
    const asked = [];
    victim.page.on('request', (request) => asked.push(request.url()));
    await signIn(victim.page, to);
    assert.equal(new URL(victim.page.url()).origin, house.origin, `${to} leads elsewhere`);
    assert.ok(!asked.some((url) => new URL(url).hostname.includes('evil')), `${to}: ${asked}`);
    await victim.leave(`open redirect ${to}`);
  }
}

// Another site's page sends a form of ours: the browser says where it comes from, and nothing happens.
async function foreignForms(house) {
  const storageState = await signedIn(house);
  const victim = await house.visitor({ storageState, expected: [/Failed to load resource.* (401|403)/] });
  await victim.page.goto('/');
  const token = await victim.page.locator('input[name=form_token]').first().getAttribute('value');
  const site = await evil(`<!DOCTYPE html><form method=post action="${house.origin}/sign-out"><input name=form_token value="${token}"><button>Win</button></form>`);
  await victim.page.goto(site.address);
  await Promise.all([victim.page.waitForURL(/sign-out/), victim.page.locator('button').click()]);
  site.end();
  await victim.page.goto('/');
  assert.equal(await victim.page.locator('h1').innerText(), 'Übersicht', 'still signed in');
  await victim.leave('foreign form');
}
