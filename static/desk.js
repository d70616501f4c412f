// Smooths the desk, which works without it: texts shown as the site would while they are written, and a question
// before a form with changes is left.
(() => {
  const all = (css, root = document) => [...root.querySelectorAll(css)];
  const fail = (text, what) => console.error('desk.js: ' + text, what);
  const PAUSE = 500;

  all('textarea[data-preview]').forEach((area) => {
    const form = area.form;
    const token = form && form.querySelector('[name=csrfmiddlewaretoken]');
    const shown = document.getElementById(area.id + '-shown');
    const button = all('button[name=show]', form).find((one) => one.value === area.id);
    if (!token || !shown || !button) return fail('a text lacks its preview', area);
    let timer = 0;
    let asked = 0;
    const show = async () => {
      const mine = ++asked;
      const body = new URLSearchParams({
        csrfmiddlewaretoken: token.value, text: area.value, language: area.dataset.preview,
      });
      try {
        const answer = await fetch('/editor/markdown/', { method: 'POST', body });
        if (answer.redirected || (!answer.ok && answer.status !== 422)) throw answer.status;
        const html = await answer.text();
        if (mine !== asked) return; // a later one is on its way
        // Safe: the server makes it by the same rules as every page.
        shown.innerHTML = html;
        shown.hidden = false;
      } catch (error) {
        fail('no preview', error);
      }
    };
    button.addEventListener('click', (event) => {
      event.preventDefault();
      show();
    });
    area.addEventListener('input', () => {
      if (shown.hidden) return; // only where it was asked for
      clearTimeout(timer);
      timer = setTimeout(show, PAUSE);
    });
  });

  all('form[data-guard]').forEach((form) => {
    let changed = false;
    form.addEventListener('input', () => { changed = true; });
    form.addEventListener('submit', () => { changed = false; });
    addEventListener('beforeunload', (event) => { if (changed) event.preventDefault(); });
  });

  const first = document.querySelector('.error-summary[tabindex]');
  if (first) first.focus();
})();
