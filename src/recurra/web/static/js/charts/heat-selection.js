// What is chosen in a heat map: some rows of some columns, by dragging, by a finger, or by Shift with the arrow keys.

/**
 * @param {object} options `canvas`; `cellAt` (the cell of an event, [row, column], or null); `redraw`; `changed` is
 *   called with `{rows: [first, last], columns: [first, last]}` when the choice is made, or null when it is taken back;
 *   `reached` with an event that draws the choice out.
 */
export function heatSelection({ canvas, cellAt, redraw, changed, reached }) {
  let anchor = null;
  let box = null;
  let dragging = false;
  let fingers = false;

  function reach([row, column], { made }) {
    const between = (a, b) => [Math.min(a, b), Math.max(a, b)];
    box = { rows: between(anchor[0], row), columns: between(anchor[1], column) };
    redraw();
    if (made) changed(box);
  }

  function take(cell) {
    anchor = cell;
    reach(cell, { made: true });
  }

  canvas.addEventListener("pointerdown", (event) => {
    // A finger that moves scrolls, unless it was said that it chooses.
    if (event.button !== 0 || (event.pointerType !== "mouse" && !fingers)) return;
    const cell = cellAt(event);
    if (!cell) return;
    anchor = cell;
    dragging = true;
    canvas.setPointerCapture(event.pointerId);
    reach(cell, { made: false });
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!dragging) return;
    const cell = cellAt(event);
    if (cell) reach(cell, { made: false });
    reached(event);
  });
  for (const name of ["pointerup", "pointercancel"])
    canvas.addEventListener(name, () => {
      if (!dragging) return;
      dragging = false;
      changed(box);
    });
  canvas.addEventListener("click", (event) => {
    const cell = event.pointerType === "mouse" || fingers ? null : cellAt(event);
    if (cell) take(cell);
  });

  return {
    box: () => box,
    take,
    /** Goes on from where the choice began, or from `from` where there is none. */
    extend(from, to) {
      anchor = box ? anchor : from;
      reach(to, { made: true });
    },
    clear() {
      if (!box) return;
      box = null;
      redraw();
      changed(null);
    },
    /** Whether a finger that moves chooses. */
    byFinger(on) {
      fingers = on;
      canvas.classList.toggle("by-finger", on);
    },
  };
}
