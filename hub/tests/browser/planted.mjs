// Every check finds what it is for: a page of our own making that does everything wrong.
import assert from 'node:assert/strict';
import { look } from './accessible.mjs';
import { tabTo } from './keyboard.mjs';

// What a page says comes a moment after what it does.
const PATIENCE_MS = 10_000;

const WRONG = `<!DOCTYPE html><html lang="de"><head><title>Falsch</title>
<style>button { outline: none }</style></head><body><main><h1>Falsch</h1>
<input name="unlabelled"><p style="color: #999">blass</p><script>window.ran = true</script>
<button>unseen</button></main></body></html>`;

export async function planted(house) {
  const visitor = await house.visitor();
  const { page, problems } = visitor;
  await page.goto('/sign-in');
  const policy = (await page.reload()).headers()['content-security-policy'];
  const loose = policy.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'");
  const serve = (contentSecurityPolicy) => (route) =>
    route.fulfill({ headers: { 'content-type': 'text/html', 'content-security-policy': contentSecurityPolicy }, body: WRONG });
  await page.route('**/wrong', serve(policy));
  await page.route('**/loose', serve(loose));

  await page.goto('/wrong');
  assert.equal(await page.evaluate(() => window.ran), undefined, 'an inline script runs');
  await noticed(problems, /policy: script-src/);
  await noticed(problems, /policy: style-src/);
  await page.evaluate(() => {
    const element = document.createElement('p');
    try {
      element.innerHTML = '<b>text</b>';
    } catch {}
  });
  await noticed(problems, /policy: require-trusted-types-for/);

  await page.goto('/loose');
  const found = await look(house, page);
  for (const rule of ['label', 'color-contrast']) {
    assert.ok(found.some((problem) => problem.startsWith(`${rule}:`)), `${rule} is not found: ${found}`);
  }
  await assert.rejects(tabTo(page, 'button'), /focus is not seen/);
  await assert.rejects(tabTo(page, 'a.nowhere'), /not seen|not reached by keyboard/);

  problems.length = 0;
  await page.evaluate(() => {
    console.error('planted');
    setTimeout(() => {
      throw new Error('thrown');
    });
  });
  await noticed(problems, /console: planted/);
  await noticed(problems, /uncaught: Error: thrown/);
  problems.length = 0;
  await visitor.leave('planted');
}

async function noticed(problems, what) {
  const until = performance.now() + PATIENCE_MS;
  while (!problems.some((problem) => what.test(problem))) {
    if (performance.now() > until) throw new Error(`${what} is not noticed: ${problems.join(' | ')}`);
    await new Promise((soon) => setTimeout(soon, 20));
  }
}
