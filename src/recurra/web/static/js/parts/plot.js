// Charts by Plotly: its file is fetched when the first chart is drawn, and charts follow the page's theme.

import { el, fill } from "../dom.js";
import { t } from "../i18n.js";
import { css, onTheme } from "../theme.js";

const FILE = "/static/vendor/plotly/plotly.min.js";

let library = null;

/** Fetches Plotly once; later calls share it. */
function plotly() {
  library ??= new Promise((resolve, reject) => {
    const script = el("script", {
      src: FILE,
      on: {
        load: () => resolve(window.Plotly),
        error: () => {
          library = null;
          script.remove();
          reject(new Error(FILE));
        },
      },
    });
    document.head.append(script);
  });
  return library;
}

/** Text as Plotly shows it unchanged: it would take some marks of HTML for its own. */
export function plain(text) {
  return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

function frame(layout) {
  const axis = {
    gridcolor: css("line"),
    linecolor: css("line"),
    zerolinecolor: css("line"),
    tickcolor: css("line"),
    automargin: true,
    fixedrange: true,
    zeroline: false,
  };
  const font = {
    family: "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK JP', sans-serif",
    size: 12.5,
    color: css("soft"),
  };
  const { xaxis = {}, yaxis = {}, ...rest } = layout;
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font,
    showlegend: false,
    dragmode: false,
    autosize: true,
    margin: { l: 48, r: 12, t: 8, b: 32 },
    hoverlabel: { bgcolor: css("card"), bordercolor: css("line"), font: { ...font, color: css("ink") } },
    ...rest,
    xaxis: { ...axis, ...xaxis },
    yaxis: { ...axis, ...yaxis },
  };
}

/**
 * A chart.
 * @param {object} options `label` (what it shows, for those who do not see it), `height` in pixels, `draw` (gives
 *   `{traces, layout}` in the present colours), `hovered` (called with the x of the point under the pointer, null when
 *   it leaves), `clicked` (called with the point), `signal`.
 * @returns `node`; `redraw()`; `mark(x)` draws a line at an x, or none at null; `describe(words)` changes the label;
 *   `svg()` promises the picture's text.
 */
export function chart({ label = "", height = 280, draw, hovered = null, clicked = null, signal }) {
  const canvas = el("div", { class: "chart-canvas", style: { height: `${height}px` } });
  const node = el("div", { class: "chart", role: "img", "aria-label": label }, canvas);
  let drawn = null;
  let marked = null;

  function shapes(layout) {
    const line =
      marked === null
        ? []
        : [
            {
              type: "line",
              xref: "x",
              yref: "paper",
              x0: marked,
              x1: marked,
              y0: 0,
              y1: 1,
              line: { color: css("accent"), width: 1.5 },
            },
          ];
    return [...(layout.shapes ?? []), ...line];
  }

  let asked = false;

  /** Draws soon: once for all that changed meanwhile, and after the browser has painted what else did. */
  function redraw() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() =>
      setTimeout(() => {
        asked = false;
        drawNow();
      }),
    );
  }

  async function drawNow() {
    let Plotly;
    try {
      Plotly = await plotly();
    } catch {
      if (!signal.aborted) fill(canvas, el("p", { class: "note", text: t("plot.missing") }));
      return;
    }
    if (signal.aborted || !canvas.isConnected) return;
    const { traces, layout = {} } = draw();
    const first = drawn === null;
    drawn = { layout };
    await Plotly.react(
      canvas,
      traces,
      { ...frame(layout), shapes: shapes(layout), height },
      { displayModeBar: false, responsive: true, doubleClick: false },
    );
    if (first && hovered) {
      canvas.on("plotly_hover", (event) => hovered(event.points[0].x));
      canvas.on("plotly_unhover", () => hovered(null));
    }
    if (first && clicked) canvas.on("plotly_click", (event) => clicked(event.points[0]));
  }

  function mark(x) {
    if (x === marked) return;
    marked = x;
    if (drawn) window.Plotly.relayout(canvas, { shapes: shapes(drawn.layout) });
  }

  async function svg() {
    const Plotly = await plotly();
    const address = await Plotly.toImage(canvas, {
      format: "svg",
      width: Math.round(canvas.clientWidth) || 800,
      height,
    });
    return decodeURIComponent(address.slice(address.indexOf(",") + 1));
  }

  function describe(words) {
    node.setAttribute("aria-label", words);
  }

  onTheme(redraw, signal);
  signal.addEventListener("abort", () => {
    if (drawn) window.Plotly.purge(canvas);
  });
  // Drawn when it stands in the page, so that Plotly knows its width.
  redraw();
  return { node, redraw, mark, describe, svg };
}
