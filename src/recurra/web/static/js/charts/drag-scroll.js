// A mouse that drags moves what is in a frame, as a finger does.

/**
 * @param {Element} canvas what is dragged; `scroller` the frame around it.
 * @param {function(PointerEvent): boolean} begins says whether a press begins to move the picture.
 */
export function dragScroll(canvas, scroller, begins) {
  let from = null;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0 || !begins(event)) return;
    from = [event.clientX + scroller.scrollLeft, event.clientY + scroller.scrollTop];
    canvas.setPointerCapture(event.pointerId);
    canvas.classList.add("dragged");
  });
  canvas.addEventListener("pointermove", (event) => {
    if (from) scroller.scrollTo(from[0] - event.clientX, from[1] - event.clientY);
    else canvas.classList.toggle("draggable", event.pointerType === "mouse" && begins(event));
  });
  for (const name of ["pointerup", "pointercancel"])
    canvas.addEventListener(name, () => {
      from = null;
      canvas.classList.remove("dragged");
    });
}

/** Scrolls on while a choice is drawn out to the edge of the frame. */
export function scrollOn(event, scroller, { left, top }) {
  const box = scroller.getBoundingClientRect();
  const beyond = (at, low, high) => Math.min(STEP, Math.max(0, at - high)) - Math.min(STEP, Math.max(0, low - at));
  scroller.scrollBy(
    beyond(event.clientX, box.left + left, box.left + scroller.clientWidth - EDGE),
    beyond(event.clientY, box.top + top, box.top + scroller.clientHeight - EDGE),
  );
}

// How near to the edge that is, and how far it scrolls at once.
const EDGE = 12;
const STEP = 24;
