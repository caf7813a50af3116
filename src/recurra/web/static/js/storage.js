// What the browser remembers. Where storage is switched off or full, the page works and forgets.

/** The JSON value kept under a name, or the given one. */
export function recall(name, otherwise = null, storage = "localStorage") {
  try {
    const value = window[storage].getItem(`recurra.${name}`);
    return value === null ? otherwise : JSON.parse(value);
  } catch {
    return otherwise;
  }
}

/** Keeps a JSON value under a name; null forgets it. Says whether it was kept. */
export function remember(name, value, storage = "localStorage") {
  try {
    if (value === null) window[storage].removeItem(`recurra.${name}`);
    else window[storage].setItem(`recurra.${name}`, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
