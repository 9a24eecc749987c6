// Keeps an open page up to date. Told by the server that something has changed, it reads the page anew and puts the parts
// that differ in their places. What somebody types, has marked, or has under the keys is left alone; a line at the
// top then says that there is something newer. Without this file pages are the same, and as old as they are.
'use strict';

(() => {
  const AGAIN_MS = 30000;
  const { live, seen: made } = document.body.dataset;
  const main = document.getElementById('main');
  if (!live || !main || !window.EventSource) return;
  const newer = document.getElementById('live-newer');
  const ended = document.getElementById('live-ended');
  let seen = made;
  let stream = null;
  let reading = false;
  let again = false;

  function open() {
    if (stream || document.hidden || !ended.hidden) return;
    const query = new URLSearchParams({ page: location.pathname, seen });
    stream = new EventSource(`${live}?${query}`);
    stream.addEventListener('changed', (event) => {
      seen = event.lastEventId || seen;
      read();
    });
    stream.addEventListener('ended', () => {
      close();
      ended.hidden = false;
    });
    // Refused, and so given up by the browser: the page is read anew, which also shows whether anybody is signed in still.
    stream.addEventListener('error', () => {
      if (!stream || stream.readyState !== EventSource.CLOSED) return;
      close();
      read();
      setTimeout(open, AGAIN_MS);
    });
  }

  // A browser has few lines to one host, and who does not look needs none.
  function close() {
    if (stream) stream.close();
    stream = null;
  }

  function read() {
    again = reading;
    if (reading) return;
    reading = true;
    const request = new XMLHttpRequest();
    request.open('GET', location.href);
    request.responseType = 'document';
    request.setRequestHeader('meldeverbund-refresh', '1');
    request.onload = () => {
      const here = request.status === 200 && new URL(request.responseURL).pathname === location.pathname;
      const fresh = here && request.response && request.response.getElementById('main');
      // Gone, or not for this person any more: what stands here stays, and is said to be old.
      if (fresh) renew(fresh);
      else newer.hidden = false;
    };
    request.onloadend = () => {
      reading = false;
      if (again) read();
    };
    request.send();
  }

  function renew(fresh) {
    newer.hidden = true;
    const parts = [...main.children];
    const others = [...fresh.children];
    const alike = (part, other) => part.localName === other.localName && part.id === other.id;
    if (parts.length === others.length && parts.every((part, n) => alike(part, others[n]))) {
      // A form says what its sender has seen: it gets no newer than anything that stands beside it.
      const isHeld = parts.some(isInUse);
      parts.forEach((part, n) => {
        if (isHeld && part.querySelector('input[name="seen"]')) newer.hidden = false;
        else replace(part, [others[n]]);
      });
    } else if (parts.length > 0) {
      replace(main, others);
    }
  }

  // Puts fresh elements in the place of a part; of the whole page's content if that is the part.
  function replace(part, others) {
    others.forEach((other) => keepOpen(part, other));
    if (part !== main && part.isEqualNode(others[0])) return;
    const active = document.activeElement;
    const holdsFocus = active !== part && part.contains(active);
    const heir = holdsFocus ? heirOf(active, others) : null;
    if (isInUse(part) || (holdsFocus && !heir)) {
      newer.hidden = false;
      return;
    }
    const own = others.map((other) => document.adoptNode(other));
    if (part === main) main.replaceChildren(...own);
    else part.replaceWith(...own);
    if (heir) heir.focus({ preventScroll: true });
  }

  // Whether somebody is typing in it, has chosen something in it, or is marking its text.
  function isInUse(part) {
    const active = document.activeElement;
    if (part.contains(active) && active.matches('input, select, textarea')) return true;
    const selection = window.getSelection();
    if (selection && !selection.isCollapsed && part.contains(selection.anchorNode)) return true;
    return [...part.querySelectorAll('input, select, textarea')].some(isChanged);
  }

  function isChanged(field) {
    if (field.localName === 'select') {
      const options = [...field.options];
      const chosen = options.some((option) => option.defaultSelected);
      return options.some((option, n) => option.selected !== (chosen ? option.defaultSelected : !field.multiple && n === 0));
    }
    if (field.type === 'checkbox' || field.type === 'radio') return field.checked !== field.defaultChecked;
    return field.type !== 'hidden' && field.value !== field.defaultValue;
  }

  // What takes the focus over from an element that goes: its like.
  function heirOf(active, others) {
    const what = (element) =>
      ['id', 'href', 'name', 'value'].map((name) => element.getAttribute(name)).concat(element.textContent).join('\n');
    const all = others.flatMap((other) => [other, ...other.querySelectorAll(active.localName)]);
    return all.find((element) => element.localName === active.localName && what(element) === what(active));
  }

  // What somebody has unfolded stays unfolded.
  function keepOpen(part, other) {
    const own = [...part.querySelectorAll('details')];
    const fresh = [...other.querySelectorAll('details')];
    if (part.localName === 'details' && other.localName === 'details') other.open = part.open;
    if (own.length === fresh.length) fresh.forEach((details, n) => (details.open = own[n].open));
  }

  document.addEventListener('visibilitychange', () => (document.hidden ? close() : open()));
  window.addEventListener('pagehide', close);
  window.addEventListener('pageshow', open);
  open();
})();
