/**
 * Codes as SVG: crisp at any size, dark on nothing, so that whoever places them gives the light ground.
 * @module
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {SVGElement} svg what was in it goes @param {boolean[][]} modules @param {number} [margin] in modules
 */
export function drawQr(svg, modules, margin = 4) {
  const size = modules.length + 2 * margin;
  const rows = modules.map((row, down) => runs(row, margin, margin + down));
  draw(svg, `0 0 ${size} ${size}`, rows.join(""));
}

function runs(row, left, down) {
  let path = "";
  for (let at = 0; at < row.length; at += 1) {
    if (!row[at]) continue;
    const from = at;
    while (row[at + 1]) at += 1;
    path += `M${left + from} ${down}h${at + 1 - from}v1h-${at + 1 - from}z`;
  }
  return path;
}

/** @param {SVGElement} svg @param {number[]} widths of bar, space, bar … @param {number} [margin] in modules */
export function drawBars(svg, widths, margin = 10) {
  let [path, at] = ["", margin];
  widths.forEach((width, place) => {
    if (place % 2 === 0) path += `M${at} 0h${width}v1h-${width}z`;
    at += width;
  });
  svg.setAttribute("preserveAspectRatio", "none");
  draw(svg, `0 0 ${at + margin} 1`, path);
}

function draw(svg, viewBox, d) {
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", d);
  svg.setAttribute("viewBox", viewBox);
  svg.setAttribute("shape-rendering", "crispEdges");
  svg.replaceChildren(path);
}
