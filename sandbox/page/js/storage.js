/**
 * Small things kept in the browser between visits: drafts, what was read, the chosen person. Works without storage, too.
 * @module
 */

const PREFIX = 'shipmate.';
const fallback = new Map();

/** The value saved under key, or otherwise. */
export function load(key, otherwise) {
  try {
    const text = localStorage.getItem(PREFIX + key);
    return text === null ? fallback.get(key) ?? otherwise : JSON.parse(text);
  } catch {
    return fallback.get(key) ?? otherwise;
  }
}

/** Saves a value; undefined forgets it. */
export function save(key, value) {
  if (value === undefined) fallback.delete(key);
  else fallback.set(key, value);
  try {
    if (value === undefined) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Kept in memory only.
  }
}
