// Elements, made without HTML: whatever text a document holds stays text.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Makes an element.
 * @param {string} tag its name; "svg:rect" for one of SVG.
 * @param {object} properties `class`, `text`, `style` (names with values, set through CSSOM), `data`, `on` (listeners),
 *   `signal` (ends the listeners), and attributes; those that are null, undefined or false are left out.
 * @param {...(Node|string|Array|null|undefined|false)} children
 */
export function el(tag, properties = {}, ...children) {
  const node = tag.startsWith("svg:") ? document.createElementNS(SVG, tag.slice(4)) : document.createElement(tag);
  const { class: classes, text, style, data, on, signal, ...attributes } = properties;
  if (classes) node.setAttribute("class", classes);
  if (text !== undefined && text !== null) node.textContent = String(text);
  for (const [name, value] of Object.entries(style ?? {})) node.style.setProperty(name, String(value));
  for (const [name, value] of Object.entries(data ?? {})) node.dataset[name] = String(value);
  for (const [name, listener] of Object.entries(on ?? {})) node.addEventListener(name, listener, { signal });
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false)
      node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Puts other children into an element. */
export function fill(node, ...children) {
  node.replaceChildren(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return node;
}

let numbered = 0;

/** An id that no other element has. */
export function newId(prefix) {
  numbered += 1;
  return `${prefix}-${numbered}`;
}

/** Says something to those who listen to the page; the same words again are said again. */
export function say(words) {
  const said = document.getElementById("said");
  said.textContent = "";
  // A live region announces changes only: the empty text must have been there for a moment.
  setTimeout(() => {
    said.textContent = words;
  }, 30);
}
