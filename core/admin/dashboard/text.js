"use strict";
// Anybody may write into a registry. What comes from there is put into the page as text, never as markup; characters
// that cannot be seen are shown by their numbers; and what runs from right to left turns nothing around it.

const $ = (id) => document.getElementById(id);
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const visible = (text) =>
  String(text).replace(unseen, (each) => "⟨U+" + each.codePointAt(0).toString(16).toUpperCase().padStart(4, "0") + "⟩");

function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") made.addEventListener("click", value);
    else if (value !== false && value !== "") made.setAttribute(name, visible(value));
  }
  for (const each of children.flat(3))
    if (each !== null && each !== "") made.append(each instanceof Node ? each : visible(each));
  return made;
}
// A sentence around values: phrase`removed ${name} of ${service}`.
const phrase = (fixed, ...values) =>
  fixed.flatMap((text, i) => (i < values.length ? [text, typeof values[i] === "object" ? values[i] : el("bdi", {}, values[i])] : [text]));
const listed = (names) => names.flatMap((name, i) => [i ? ", " : "", el("bdi", {}, name)]);

const clock = (seconds) => (seconds ? new Date(seconds * 1000).toLocaleTimeString(undefined, { hourCycle: "h23" }) : "never");
function duration(s) {
  if (s < 0.0995) return (s * 1000).toFixed(1) + " ms";
  if (s < 1) return (s * 1000).toFixed(0) + " ms";
  return s < 120 ? s.toFixed(1) + " s" : (s / 60).toFixed(0) + " min";
}
const several = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;

// Screen readers read these regions aloud, so they are changed only when their text differs.
function say(where, ...children) {
  const made = el("span", {}, ...children);
  if (where.textContent !== made.textContent) where.replaceChildren(...made.childNodes);
}

const shown = new Map(); // by part of the page: the content that it was rendered from
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
  if (again) again.focus();
}
