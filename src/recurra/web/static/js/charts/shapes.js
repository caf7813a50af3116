// Lines and marks as SVG paths, which canvases draw as well.

// A mark of radius 1 around 0, 0. All marks cover about the same area.
const OUTLINES = {
  square: [
    [-0.88, -0.88],
    [0.88, -0.88],
    [0.88, 0.88],
    [-0.88, 0.88],
  ],
  triangle: [
    [0, -1.2],
    [1.15, 0.85],
    [-1.15, 0.85],
  ],
  diamond: [
    [0, -1.3],
    [1.3, 0],
    [0, 1.3],
    [-1.3, 0],
  ],
  "triangle-down": [
    [0, 1.2],
    [-1.15, -0.85],
    [1.15, -0.85],
  ],
  cross: plus(1.25, 0.42),
  star: star(1.4, 0.62),
};

function plus(long, short) {
  const corner = [
    [-short, -long],
    [short, -long],
    [short, -short],
  ];
  const turned = (turns) =>
    corner.map(
      ([x, y]) =>
        [
          [x, y],
          [-y, x],
          [-x, -y],
          [y, -x],
        ][turns],
    );
  return [0, 1, 2, 3].flatMap(turned);
}

function star(outer, inner) {
  return Array.from({ length: 10 }, (_, k) => {
    const [angle, radius] = [(Math.PI * k) / 5, k % 2 ? inner : outer];
    return [radius * Math.sin(angle), -radius * Math.cos(angle)];
  });
}

const round = (value) => Math.round(value * 100) / 100;

/** The path of one mark. */
export function markPath(symbol, x, y, radius) {
  const outline = OUTLINES[symbol];
  if (!outline) {
    const r = round(radius);
    return `M${round(x - radius)} ${round(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
  }
  return `M${outline.map(([dx, dy]) => `${round(x + dx * radius)} ${round(y + dy * radius)}`).join("L")}Z`;
}

/** The path of a line through points; it is broken where a value is missing. */
export function linePath(points) {
  let path = "";
  let pen = "M";
  for (const point of points) {
    if (point === null) {
      pen = "M";
      continue;
    }
    path += `${pen}${round(point[0])} ${round(point[1])}`;
    pen = "L";
  }
  return path;
}

/** The paths of the areas between two lines of as many points; one for each part where both have values. */
export function bandPath(upper, lower) {
  const parts = [];
  let part = [];
  for (const [place, point] of upper.entries()) {
    if (point !== null && lower[place] !== null) {
      part.push(place);
      continue;
    }
    parts.push(part);
    part = [];
  }
  return [...parts, part]
    .filter((places) => places.length > 1)
    .map((places) => {
      const around = [...places.map((place) => upper[place]), ...places.map((place) => lower[place]).reverse()];
      return `${linePath(around)}Z`;
    })
    .join("");
}
