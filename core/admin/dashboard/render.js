// How parts of the page change: only what differs, so that focus, open parts and the place on the page stay.

// Screen readers read these regions aloud, so they are changed only when their text differs.
function say(where, ...children) {
  const made = el("span", {}, ...children);
  if (where.textContent !== made.textContent) where.replaceChildren(...made.childNodes);
}

const shown = new WeakMap(); // by part of the page: the content that it was rendered from
// Renders a part only when its content differs; the focus and open details are kept.
function renderInto(where, key, make) {
  const now = JSON.stringify(key);
  if (shown.get(where) === now) return;
  shown.set(where, now);
  const focused = document.activeElement && document.activeElement.dataset.key;
  const open = new Set([...where.querySelectorAll("details[open] > summary")].map((each) => each.dataset.key));
  where.replaceChildren(...[make()].flat());
  for (const each of where.querySelectorAll("summary")) each.parentElement.open = open.has(each.dataset.key);
  const again = focused && where.querySelector(`[data-key="${CSS.escape(focused)}"]`);
  if (again) again.focus({ preventScroll: true });
}

// Makes `nodes` the children of a part. Those that are there already are not touched unless they have to move.
function place(where, nodes) {
  const focused = where.contains(document.activeElement) ? document.activeElement : null;
  const stays = new Set(nodes);
  for (const each of [...where.children]) if (!stays.has(each)) each.remove();
  let next = where.firstChild;
  for (const node of nodes) {
    if (node === next) next = next.nextSibling;
    else where.insertBefore(node, next);
  }
  if (focused && where.contains(focused) && document.activeElement !== focused) focused.focus({ preventScroll: true });
}

const due = new Set();
// Calls it once before the page is shown next, however often it was asked for: a burst of events is rendered once.
function soon(render) {
  if (due.size === 0) requestAnimationFrame(() => {
    const all = [...due];
    due.clear();
    for (const each of all) each();
  });
  due.add(render);
}

// The first of many, and a button for the others.
function firstOf(all, most, button, isAll) {
  button.hidden = isAll || all.length <= most;
  return button.hidden ? all : all.slice(0, most);
}
