// The page's words, in English and Japanese, and numbers in the reader's language.

const WORDS = {
  en: {
    lead: "A recurrent text classifier. It runs in this browser: nothing that you type is sent anywhere.",
    text: "Text to classify",
    title: "Title to classify",
    clear: "Clear",
    loading: "Loading {loaded} of {total}",
    starting: "Starting",
    hint: "The answer appears while you type.",
    failed: "The model could not be loaded",
    failedHint:
      "Load the page again. If that does not help, the folder is not complete: export it once more, with all its files.",
    noAnswer: "This text could not be classified",
    read: { one: "{count} token read", other: "{count} tokens read" },
    unknown: { other: "{count} unknown" },
    limit: { one: "only the first token is read", other: "only the first {count} are read" },
    answer: "Answer",
    none: "No label reaches its threshold",
    more: { one: "{count} more label", other: "{count} more labels" },
    threshold: "threshold {threshold}",
    cell: { one: "{cell}, {count} unit", other: "{cell}, {count} units" },
    layers: { other: "{count} layers" },
    bidirectional: "read in both directions",
    branch: "beside a linear branch, which is not recurrent",
    comma: ", ",
    labels: { one: "{count} label", other: "{count} labels" },
    many: "Many texts",
    lines: "One text a line",
    classify: "Classify",
    doing: "{count} of {all}",
    done: { one: "{count} text is classified", other: "{count} texts are classified" },
    first: "The first {count} of {all}",
    columnText: "Text",
    columnLabel: "Label",
    columnShare: "Probability",
    download: "Download all as CSV",
    madeWith: "Made with Recurra {version}; computed by {runtime}",
    licence: "licence",
    notices: "notices",
    language: "Language",
  },
  ja: {
    lead: "再帰型ニューラルネットワークによる文章分類です。このブラウザの中で計算し、入力した文章はどこにも送信しません。",
    text: "分類する文章",
    title: "分類する見出し",
    clear: "消去",
    loading: "読み込み中 {loaded} / {total}",
    starting: "準備中",
    hint: "入力すると結果が表示されます。",
    failed: "モデルを読み込めませんでした",
    failedHint: "ページを再読み込みしてください。それでも直らない場合はフォルダーのファイルが不足しています。もう一度書き出してください。",
    noAnswer: "この文章は分類できませんでした",
    read: { other: "{count} トークンを読みました" },
    unknown: { other: "未知 {count}" },
    limit: { other: "先頭の {count} だけを読みます" },
    answer: "結果",
    none: "しきい値に達したラベルはありません",
    more: { other: "ほか {count} ラベル" },
    threshold: "しきい値 {threshold}",
    cell: { other: "{cell}（{count} ユニット）" },
    layers: { other: "{count} 層" },
    bidirectional: "双方向",
    branch: "線形の枝を併用（再帰型ではありません）",
    comma: "、",
    labels: { other: "{count} ラベル" },
    many: "複数の文章",
    lines: "1 行に 1 つの文章",
    classify: "分類",
    doing: "{all} 件中 {count} 件",
    done: { other: "{count} 件を分類しました" },
    first: "全 {all} 件の先頭 {count} 件",
    columnText: "文章",
    columnLabel: "ラベル",
    columnShare: "確率",
    download: "すべてを CSV で保存",
    madeWith: "Recurra {version} で作成、{runtime} で計算",
    licence: "ライセンス",
    notices: "第三者の通知",
    language: "言語",
  },
};

/** Languages of the page, by their own names. */
export const LANGUAGES = { en: "English", ja: "日本語" };

let language = navigator.languages.map((name) => name.split("-")[0]).find((name) => Object.hasOwn(WORDS, name)) ?? "en";

export function currentLanguage() {
  return language;
}

export function speak(name) {
  language = name;
}

/** The words of a key, with {names} filled in; a count chooses between one and several. */
export function t(key, values = {}) {
  let text = WORDS[language][key];
  if (typeof text === "object") text = text[new Intl.PluralRules(language).select(values.count)] ?? text.other;
  return text.replace(/\{(\w+)\}/g, (_, name) =>
    typeof values[name] === "number" ? new Intl.NumberFormat(language).format(values[name]) : values[name],
  );
}

/** A share as per cent, as reports and the reading room write it: 54.3 %, with a space that does not break. */
export function percent(value) {
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return `${new Intl.NumberFormat(language, digits).format(100 * value)}\u00a0%`;
}

/** A number of bytes. */
export function size(bytes) {
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, "kilobyte"] : [bytes / 1e6, "megabyte"];
  return new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: 1 }).format(value);
}
