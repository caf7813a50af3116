// Many texts out of one: lines, or a column of a table with commas.

/** Texts that are taken at once, and characters of all of them. */
export const MOST_TEXTS = 5000;
export const MOST_CHARACTERS = 2_000_000;

/**
 * The rows of a table (RFC 4180): cells with separators, line breaks and doubled quotes in quotes.
 * @param {string} text
 * @param {string} separator
 * @returns {Array<Array<string>>}
 */
export function parseTable(text, separator) {
  const rows = [];
  let row = [];
  let cell = "";
  let inside = false;
  for (let place = 0; place < text.length; place += 1) {
    const mark = text[place];
    if (inside) {
      if (mark !== '"') cell += mark;
      else if (text[place + 1] === '"') {
        cell += '"';
        place += 1;
      } else inside = false;
    } else if (mark === '"' && cell === "") inside = true;
    else if (mark === separator) {
      row.push(cell);
      cell = "";
    } else if (mark === "\n" || mark === "\r") {
      if (mark === "\r" && text[place + 1] === "\n") place += 1;
      rows.push([...row, cell]);
      row = [];
      cell = "";
    } else cell += mark;
  }
  if (cell !== "" || row.length > 0) rows.push([...row, cell]);
  return rows.filter((cells) => cells.some((one) => one.trim() !== ""));
}

/** The separator of a table by its first line; null for lines of texts. */
export function separatorOf(text, name) {
  if (/\.tsv$/i.test(name)) return "\t";
  return /\.csv$/i.test(name) ? (text.split("\n", 1)[0].includes(";") && !text.split("\n", 1)[0].includes(",") ? ";" : ",") : null;
}

/** The lines that hold something. */
export function linesOf(text) {
  return text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== "");
}

/** The column that holds the longest texts, which is the one that is most likely meant. */
export function longestColumn(rows) {
  const lengths = rows[0].map((head, column) => rows.slice(1, 200).reduce((sum, row) => sum + (row[column] ?? "").length, 0));
  return lengths.indexOf(Math.max(...lengths));
}

/** Whether a model learned from titles and texts. */
export function learnedFromTitles({ record }) {
  return record.columns ? Boolean(record.columns.title) : record.titles === true;
}

/**
 * The columns of a table that a model reads, by the names of those it learned from; else the longest texts alone.
 * @returns {{text: number, title: number|null}} their places.
 */
export function columnsOf(rows, { record }) {
  const [text, title] = [record.columns?.text, record.columns?.title].map((name) => rows[0].indexOf(name));
  const read = text < 0 ? longestColumn(rows) : text;
  return { text: read, title: title < 0 || title === read ? null : title };
}

/** A title and a text as a model reads them, in one. */
export function joined(title, text, { text: settings }) {
  return settings.field === "title" ? title : [title, text].filter(Boolean).join(" ");
}

/** A table with commas; what a spreadsheet would take for a formula is a text. */
export function tableText(rows) {
  return `${rows.map((row) => row.map(cellText).join(",")).join("\r\n")}\r\n`;
}

function cellText(value) {
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
