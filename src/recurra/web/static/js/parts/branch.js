// The linear branch, which is not recurrent: how much of the evidence it gives, and by which phrases.

import { el } from "../dom.js";
import { percent, signed, t } from "../i18n.js";
import { aloneList } from "./alone.js";
import { barTable } from "./bar-table.js";
import { card } from "./card.js";
import { facts } from "./from-data.js";
import { placeOf } from "./labels.js";

const NAMED = 3;

/** Sentences on the branch's share and its strongest phrases; nothing for a model without one, or without words. */
export function branchNote(reading) {
  const { branch } = reading;
  if (!branch || reading.tokens.length === 0) return null;
  const phrases = branch.phrases.slice(0, NAMED).map(({ text, share }) => t("branch.named", { text, share: signed(share) }));
  const letters = lettersOf(branch);
  const parts = {
    score: signed(branch.score),
    phrases: signed(branch.score - letters),
    letters: signed(letters),
  };
  return el(
    "p",
    { class: "note branch-note" },
    shareOf(reading),
    phrases.length > 0 && ` ${t("branch.strongest", { phrases: phrases.join(t("branch.between")) })}`,
    letters !== 0 && ` ${t("branch.in_all", parts)}`,
  );
}

/** A card with the branch's part of the score, and a bar for each phrase. */
export function branchCard(reading) {
  const { branch } = reading;
  if (!branch || reading.tokens.length === 0) return null;
  const letters = lettersOf(branch);
  const phrases = branch.phrases.map(({ text, count }) => (count > 1 ? `${text} ×${count}` : text));
  return card(t("branch.title"), {
    note: `${shareOf(reading)} ${t("branch.note")}`,
    help: "bars",
    body: [
      aloneList(reading),
      facts([
        [t("branch.share"), percent(branch.share)],
        [t("branch.score"), signed(branch.score, 3)],
        letters !== 0 && [t("branch.letters"), signed(letters, 3)],
        [t("branch.network"), signed(branch.network, 3)],
      ]),
      phrases.length > 0 &&
        barTable(
          t("branch.phrases"),
          t("branch.phrase"),
          phrases,
          [{ name: t("branch.adds"), values: branch.phrases.map(({ share }) => share) }],
          placeOf(reading.label, reading.labels),
        ),
    ],
  });
}

/** What the letters of all words add to the score. */
function lettersOf({ subwords }) {
  return subwords.reduce((sum, value) => sum + value, 0);
}

function shareOf({ branch, label }) {
  const side = branch.score * branch.network < 0 ? "both" : branch.score < 0 ? "against" : "for";
  return t(`branch.evidence_${side}`, { share: percent(branch.share, 0), label });
}
