(() => {
  'use strict';
  const by = (id) => document.getElementById(id);
  const list = by('list');

  // Tables: a button in each heading that sorts. Rows that belong together are a tbody of their own.
  for (const table of document.querySelectorAll('table.sortable')) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => {
        const now = head.getAttribute('aria-sort');
        const up = now ? now === 'descending' : head.dataset.sort !== 'num';
        const bodies = [...table.tBodies];
        const groups = bodies.length > 1 ? bodies : [...bodies[0].rows];
        const text = head.dataset.sort === 'text';
        const value = (group) => {
          const cell = (group.rows ? group.rows[0] : group).cells[column];
          const told = cell.dataset.v ?? cell.textContent;
          return text ? told : Number(told.replaceAll(',', '') || -1);
        };
        const keyed = groups.map((group) => [value(group), group]);
        keyed.sort(([a], [b]) => (text ? a.localeCompare(b, 'en') : a - b) * (up ? 1 : -1));
        const parent = groups.length ? groups[0].parentNode : null;
        const foot = parent === table ? table.tFoot : null;
        keyed.forEach(([, group]) => parent.insertBefore(group, foot));
        heads.forEach((other) => other.removeAttribute('aria-sort'));
        head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      });
    });
  }

  // A link to an entry opens it.
  const reveal = () => {
    const target = location.hash.length > 1 && by(location.hash.slice(1));
    if (target && target.tagName === 'DETAILS') target.open = true;
  };
  addEventListener('hashchange', reveal);
  reveal();

  // Paper has no way to open what is closed.
  let opened = [];
  addEventListener('beforeprint', () => {
    opened = [...document.querySelectorAll('details:not([open]):not(.many > *)')];
    opened.forEach((one) => { one.open = true; });
  });
  addEventListener('afterprint', () => {
    opened.forEach((one) => { one.open = false; });
    opened = [];
  });

  if (!list) return;
  const form = by('filter');
  const [text, severity, state, unit, sort] = ['q', 'by-severity', 'by-state', 'by-unit', 'sort'].map(by);
  const cards = [...list.children];
  const words = new Array(cards.length);
  const severities = ['info', 'low', 'medium', 'high', 'critical'];
  const count = (number) => number.toLocaleString('en');

  const filter = () => {
    const wanted = text.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const rank = severity.value && String(severities.indexOf(severity.value));
    let shown = 0;
    cards.forEach((card, at) => {
      const data = card.dataset;
      let fits = (!rank || data.s === rank) && (!state.value || data.t.split(' ').includes(state.value)) &&
        (!unit || !unit.value || data.u.split(' ').includes(unit.value));
      if (fits && wanted.length) {
        words[at] ??= card.textContent.toLowerCase();
        fits = wanted.every((word) => words[at].includes(word));
      }
      if (card.hidden === fits) card.hidden = !fits;
      if (fits) shown += 1;
    });
    by('shown').textContent = shown === cards.length
      ? `${count(shown)} ${shown === 1 ? 'secret' : 'secrets'}` : `${count(shown)} of ${count(cards.length)} secrets shown`;
    by('none').hidden = shown > 0;
  };

  const order = () => {
    const key = sort.value;
    const number = (card) => (card.dataset[key] === '' ? -1 : Number(card.dataset[key]));
    const sorted = cards.map((card) => [number(card), Number(card.dataset.i), card]);
    sorted.sort((a, b) => (key === 'i' ? 0 : b[0] - a[0]) || a[1] - b[1]);
    const all = document.createDocumentFragment();
    sorted.forEach(([, , card]) => all.append(card));
    list.append(all);
  };

  let timer = 0;
  text.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(filter, 150);
  });
  [severity, state, unit].forEach((one) => one?.addEventListener('change', filter));
  sort.addEventListener('change', order);
  form.addEventListener('submit', (event) => { event.preventDefault(); filter(); });
  form.addEventListener('reset', () => setTimeout(() => { filter(); order(); }));
  const all = (open) => cards.forEach((card) => { if (!card.hidden) card.open = open; });
  by('open').addEventListener('click', () => all(true));
  by('close').addEventListener('click', () => all(false));
  form.hidden = false;
  filter();
})();
