"use strict";
// Anybody may write into a registry. What comes from there is put into the page as text, never as markup; characters
// that cannot be seen are shown by their numbers; and what runs from right to left turns nothing around it.

const $ = (id) => document.getElementById(id);
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const visible = (text) =>
  String(text).replace(unseen, (each) => "⟨U+" + each.codePointAt(0).toString(16).toUpperCase().padStart(4, "0") + "⟩");

// An attribute "on…" is a listener; one that is false, null or empty is left out.
function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null && value !== "") made.setAttribute(name, visible(value));
  }
  for (const each of children.flat(4))
    if (each !== null && each !== "") made.append(each instanceof Node ? each : visible(each));
  return made;
}
// A sentence around values: phrase`removed ${name} of ${service}`.
const phrase = (fixed, ...values) =>
  fixed.flatMap((text, i) => (i < values.length ? [text, typeof values[i] === "object" ? values[i] : el("bdi", {}, values[i])] : [text]));
const several = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;
const capital = (text) => text[0].toUpperCase() + text.slice(1);

// Names, the first of them where there are many.
function listed(names, most = names.length) {
  const first = names.slice(0, most).flatMap((name, i) => [i ? ", " : "", el("bdi", {}, name)]);
  return names.length > most ? [...first, ` and ${names.length - most} more`] : first;
}

const glyphs = { good: "✓", mild: "!", bad: "✕" };
// The kind of a verdict, of all or of one pipeline.
const kindOf = (verdict) => (verdict === "ok" ? "good" : verdict === "wrong" ? "bad" : "mild");
// A state as a glyph and a word: the colour alone says nothing to many.
const word = (kind, ...text) =>
  el("span", { class: "word " + kind }, el("span", { class: "glyph", "aria-hidden": "true" }, glyphs[kind]), " ", ...text);
// The words for people, where they are others than those for programs: the same as those of the command line, which a
// test compares (to_words() of core/model/plugin_state.hpp, core/model/sink_answer.hpp and core/engine/journal.hpp).
const spokenStates = { away: "unreachable" };
const spokenAnswers = { none: "no answer yet", away: "not applied, retrying", unanswered: "no answer" };
const spokenEntries = { away: "not applied", released: "hold ended" };
const spoken = (state) => spokenStates[state] || state;
const spokenAnswer = (answer) => spokenAnswers[answer] || answer;
const spokenEntry = (what) => spokenEntries[what] || what;
const command = (...text) => el("code", {}, ...text);

// A name as a shell takes it: what a registry or a configuration has is never run by being pasted.
const quoted = (name) => (/^[\w.:@%+,/-]+$/.test(name) ? name : "'" + name.replaceAll("'", "'\\''") + "'");
