// Smooths pages that work without it; wrong markup is reported in the console.
(() => {
  'use strict';
  const all = (css, root = document) => [...root.querySelectorAll(css)];
  const byId = (id) => document.getElementById(id);
  const fail = (text, what) => console.error('site.js: ' + text, what);

  // A polite live region, outside everything that is ever replaced.
  const live = document.createElement('p');
  live.className = 'visually-hidden';
  live.setAttribute('role', 'status');
  document.body.append(live);

  // "None of these", "not sure" and the like exclude the other boxes.
  const boxes = (set) => all('[type=checkbox]', set);
  const lone = (set, box) => set.dataset.exclusive.split(' ').includes(box.value);
  all('[data-exclusive]').forEach((set) => boxes(set).some((box) => lone(set, box)) || fail('nothing excludes', set));
  document.addEventListener('change', ({ target }) => {
    const set = target.closest('[data-exclusive]');
    if (!set || target.type !== 'checkbox' || !target.checked) return;
    boxes(set).forEach((box) => {
      if (box !== target && (lone(set, target) || lone(set, box))) box.checked = false;
    });
  });

  // Ticks queue up: each answer sets the cookie that the next one must send.
  let queue = Promise.resolve();
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!form.matches('[data-tick]')) return;
    const button = event.submitter || form.querySelector('button');
    if (!button || !button.id || !byId('result-live')) return fail('tick without id or #result-live', form);
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form));
    if (button.name) body.append(button.name, button.value);
    queue = queue.then(() => tick(form, button, body));
  });
  const tick = async (form, button, body) => {
    try {
      const headers = { Accept: 'text/html', 'X-Requested-With': 'fetch' };
      const answer = await fetch(form.action, { method: 'POST', body, headers });
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const fresh = page.getElementById('result-live');
      const news = fresh.querySelector('[data-announce]').textContent;
      byId('result-live').replaceWith(fresh);
      live.textContent = news.trim();
      byId(button.id).focus({ preventScroll: true });
    } catch (error) {
      fail('sending the tick as a page', error);
      const name = document.createElement('input');
      Object.assign(name, { type: 'hidden', name: button.name, value: button.value });
      form.append(name);
      if (!form.isConnected) document.body.append(form); // an earlier tick replaced it
      form.submit();
    }
  };

  all('[data-print]').forEach((button) => {
    button.hidden = false;
    button.onclick = () => print();
  });
  all('[data-copy]').forEach((button) => {
    const source = byId(button.dataset.copy);
    if (!source) return fail('nothing to copy', button);
    button.hidden = !navigator.clipboard; // there is none without TLS
    button.onclick = async () => {
      await navigator.clipboard.writeText(source.textContent.trim());
      button.textContent = live.textContent = button.dataset.done;
    };
  });

  all('.error-summary').forEach((box) => {
    box.tabIndex = -1;
    box.focus();
  });
})();
