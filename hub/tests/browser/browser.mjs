// Chromium, and visitors: each a browser of a person's own, that notes whatever a page does wrong.
import { createHash, X509Certificate } from 'node:crypto';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { finding } from './report.mjs';

// Longer than anything takes on a busy machine.
const PATIENCE_MS = 60_000;

export async function start(config) {
  const require = createRequire(`${config.home}/`);
  const { chromium } = require('playwright-core');
  const certificate = new X509Certificate(readFileSync(config.certificate));
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
  const browser = await chromium.launch({
    executablePath: process.env.MELDEVERBUND_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      // Tests run as root in containers; what is looked at is our own.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // One host alone has an address, and its certificate is the one that we have: of a test's own authority.
      `--host-resolver-rules=MAP hub.example ${config.address}`,
      `--ignore-certificate-errors-spki-list=${createHash('sha256').update(key).digest('base64')}`,
    ],
  });
  return {
    ...config,
    axe: require('axe-core').source,
    visitor: (options) => visitor(browser, config, options),
    end: () => browser.close(),
  };
}

// A person's browser. `problems` are errors on the console, uncaught ones, and what the policy (CSP) forbade.
async function visitor(browser, config, { expected = [], ...options } = {}) {
  const context = await browser.newContext({ baseURL: config.origin, locale: 'de-DE', ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const problems = [];
  const note = (text) => expected.some((known) => known.test(text)) || problems.push(text);
  context.on('console', (message) => {
    const { url } = message.location();
    if (message.type() === 'error') note(`console: ${message.text()} (${url})`);
    else if (message.text().startsWith(FORBIDDEN)) note(message.text());
  });
  context.on('weberror', (error) => note(`uncaught: ${error.error()}`));
  await context.addInitScript((forbidden) => {
    document.addEventListener('securitypolicyviolation', (event) =>
      console.log(`${forbidden} ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
  }, FORBIDDEN);
  return {
    context,
    problems,
    page: await context.newPage(),
    // Says what went wrong, and goes.
    async leave(who) {
      await context.close();
      for (const problem of problems) finding(`${who}: ${problem}`);
    },
  };
}

const FORBIDDEN = 'forbidden by the policy:';

// Signs in, wherever that leads, and comes back to a page.
export async function signIn(page, to = '/') {
  await page.goto(`/sign-in?to=${encodeURIComponent(to)}`);
  await page.locator('main a.button').click();
  await page.waitForURL((url) => url.hostname === 'hub.example' && !url.pathname.startsWith('/sign-in'));
}

// The state of a browser in which somebody has signed in, for others to begin with.
export async function signedIn(house) {
  const visitor = await house.visitor();
  await signIn(visitor.page);
  const state = await visitor.context.storageState();
  await visitor.leave('signing in');
  return state;
}
