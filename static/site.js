// Smooths pages that work without it; bad markup shows in the console.
(() => {
  const all = (css, root = document) => [...root.querySelectorAll(css)];
  const make = (tag, values) => Object.assign(document.createElement(tag), values);
  const fail = (text, what) => console.error('site.js: ' + text, what);

  // A polite live region.
  const live = make('output', { className: 'visually-hidden' });
  document.body.append(live);

  // "None", "not sure" and the like stand alone.
  const boxes = (set) => all('[type=checkbox]', set);
  const lone = (set, box) => set.dataset.exclusive.split(' ').includes(box.value);
  all('[data-exclusive]').forEach((set) => boxes(set).some((box) => lone(set, box)) || fail('no lone box', set));
  document.addEventListener('change', ({ target }) => {
    const set = target.closest('[data-exclusive]');
    if (!set || !target.checked) return;
    boxes(set).forEach((box) => {
      if (box !== target && (lone(set, target) || lone(set, box))) box.checked = false;
    });
  });

  // One at a time: each answer sets the cookie that the next one sends.
  let queue = Promise.resolve();
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!form.matches('[data-tick]')) return;
    const { id, name, value } = event.submitter || form.querySelector('button');
    if (!id) return fail('tick has no id', form);
    event.preventDefault();
    form.append(make('input', { type: 'hidden', name, value }));
    const body = new URLSearchParams(new FormData(form));
    queue = queue.then(() => tick(form, id, body));
  });
  const tick = async (form, id, body) => {
    try {
      const headers = { Accept: 'text/html', 'X-Requested-With': 'fetch' };
      const answer = await fetch(form.action, { method: 'POST', body, headers });
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const [fresh, button] = ['result-live', id].map((each) => page.getElementById(each));
      const news = fresh.querySelector('[data-announce]').textContent;
      if (!button) throw id;
      all('#result-live')[0].replaceWith(fresh);
      wake(fresh);
      button.focus({ preventScroll: true });
      live.textContent = news;
    } catch (error) {
      fail('tick sent as a page', error);
      if (!form.isConnected) document.body.append(form);
      form.submit();
    }
  };

  const wake = (root) => {
    all('[data-print]', root).forEach((button) => Object.assign(button, { hidden: false, onclick: () => print() }));
    all('[data-copy]', root).forEach((button) => {
      const [source] = all('#' + button.dataset.copy);
      if (!source || !button.dataset.done) return fail('nothing to copy', button);
      button.hidden = !navigator.clipboard; // needs TLS
      button.onclick = async () => {
        await navigator.clipboard.writeText(source.textContent);
        button.textContent = live.textContent = button.dataset.done;
      };
    });
  };
  wake();

  // Passing a page on.
  all('.share').forEach((row) => {
    const [address, copy, send] = ['code', '[data-done]', '[data-title]'].map((css) => row.querySelector(css));
    if (!address || !copy || !send) return fail('share row lacks a part', row);
    const url = address.textContent;
    copy.hidden = false;
    copy.onclick = async () => {
      let said = copy.dataset.done;
      try {
        await navigator.clipboard.writeText(url); // needs TLS, and may be refused
      } catch {
        getSelection().selectAllChildren(address);
        said = copy.dataset.selected;
      }
      copy.textContent = live.textContent = said;
    };
    send.hidden = !navigator.share;
    send.onclick = () =>
      navigator.share({ title: send.dataset.title, url }).catch((error) => {
        if (error.name !== 'AbortError') fail('not shared', error); // AbortError: the visitor changed their mind
      });
  });

  // A screen that follows what happens: asks again, and puts in what has changed.
  const follow = (part) => {
    const { follow: seconds, etag } = part.dataset;
    if (!(seconds > 0 && part.id && etag)) return fail('cannot be followed', part);
    setTimeout(async () => {
      let next = part;
      try {
        const answer = await fetch(location.href, { cache: 'no-store', headers: { 'If-None-Match': etag } });
        if (answer.status === 404) return location.reload();
        if (answer.status === 200) {
          const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
          const news = (from) => all('[data-announce]', from).map((each) => each.textContent).join(' ');
          next = page.getElementById(part.id) || part;
          if (news(next) !== news(part)) live.textContent = news(next);
          part.replaceWith(next);
        }
      } catch (error) {
        fail('not followed', error); // the network may come back
      }
      follow(next);
    }, seconds * 1000);
  };
  all('[data-follow]').forEach(follow);

  all('.error-summary').forEach((box) => Object.assign(box, { tabIndex: -1 }).focus());
})();
