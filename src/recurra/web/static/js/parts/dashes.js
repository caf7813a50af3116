// Dashes of lines, so that they are told apart without colours, too; as an SVG stroke-dasharray.

export const DASHES = ["none", "7 4", "2 3", "7 3 2 3", "12 4", "12 3 2 3", "5 2 1 2 1 2"];
