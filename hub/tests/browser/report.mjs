// What is said to the test that started this, and what is asked of it: one JSON line each.
import { createInterface } from 'node:readline';

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

export function finding(text) {
  say({ finding: text });
}

export function note(text) {
  say({ note: text });
}

// Lets something happen at the hub, to the target with this number, and waits until it has.
export async function happens(what, target = 0) {
  say({ happens: { what, target } });
  await answers.next();
}
