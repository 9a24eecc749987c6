// Every page that a person can reach by links: new pages are looked at without being named here.

// Pages of the same shape are one page.
const shape = (path) => path.replace(/=[^&]*/g, '=').replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '{id}').replace(/\d+/g, '{n}');

// Leads elsewhere, or ends what the visitor has.
const LEFT_OUT = /^\/(language|assets|live|sign-in\/begin)(\/|$)/;

// More pages than the console has.
const MOST = 80;

// Pages that no link leads to: what went wrong, and what was not found.
const STATES = ['/targets?id=no%20id', '/missing', '/sign-in', '/sign-in/return?code=x&state=y'];

// Calls `visit` with each page, open, and its shape as a name.
export async function crawl(page, visit) {
  const known = new Set();
  const waiting = ['/'];
  while (waiting.length > 0 && known.size < MOST) {
    const path = waiting.shift();
    const name = shape(path);
    if (known.has(name)) continue;
    known.add(name);
    if (!(await open(page, path))) continue;
    const links = await page.locator('a[href^="/"]').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
    waiting.push(...links.map((link) => link.split('#')[0]).filter((link) => !LEFT_OUT.test(link) && !known.has(shape(link))));
    await visit(page, name);
  }
  for (const path of STATES) {
    await open(page, path);
    await visit(page, path.split('=')[0]);
  }
  return known.size + STATES.length;
}

// Opens a page; a file to be saved is none.
async function open(page, path) {
  try {
    const response = await page.goto(path);
    return response.headers()['content-type'].startsWith('text/html');
  } catch (error) {
    if (/Download is starting|ERR_ABORTED/.test(error.message)) return false;
    throw error;
  }
}
