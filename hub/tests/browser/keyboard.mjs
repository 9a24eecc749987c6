// A person who has no mouse.

// More than any page has stops.
const STOPS = 300;

// Goes on with the tabulator until this has the focus. Every stop on the way must be seen.
export async function tabTo(page, selector) {
  for (let stop = 0; stop < STOPS; stop += 1) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate((wanted) => {
      const element = document.activeElement;
      if (!element || element === document.body) return { here: false, seen: true };
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const { width, height } = element.getBoundingClientRect();
      const seen = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && width > 0 && height > 0;
      return { here: element.matches(wanted), seen, what: element.outerHTML.slice(0, 120) };
    }, selector);
    if (!at.seen) throw new Error(`the focus is not seen: ${at.what}`);
    if (at.here) return;
  }
  throw new Error(`not reached by keyboard: ${selector} at ${page.url()}`);
}

// Goes there and presses Enter; waits for the page that it leads to.
export async function follow(page, selector, url) {
  await tabTo(page, selector);
  await Promise.all([page.waitForURL(url), page.keyboard.press('Enter')]);
}

// Presses a button; waits for the page that comes of it.
export async function press(page, selector) {
  await tabTo(page, selector);
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
}

// What stood in the field before goes.
export async function typeInto(page, selector, text) {
  await tabTo(page, selector);
  await page.keyboard.press('Control+A');
  await page.keyboard.type(text);
}

// Chooses in a list by the arrow keys.
export async function choose(page, selector, value) {
  await tabTo(page, selector);
  const field = page.locator(selector);
  const options = await field.locator('option').evaluateAll((all) => all.map((option) => option.value));
  await page.keyboard.press('Home');
  for (let n = 0; n < options.indexOf(value); n += 1) await page.keyboard.press('ArrowDown');
  if ((await field.inputValue()) !== value) throw new Error(`${value} is not chosen by keyboard: ${selector}`);
}
