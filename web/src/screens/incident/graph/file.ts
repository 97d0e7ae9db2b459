// The drawing as a file of its own: plain SVG with nothing that runs and nothing that is fetched. Every text out of the story
// goes through `escaped`, whatever it holds.

import { saveFile } from '../../../ui/file';
import { kindMark, OUTLINES, PILE, RINGS, severityMark, WARNING, WARNING_SIGN } from './marks';
import type { Layout } from './layout';
import type { GraphNode } from './model';
import { labelOf, labelWidth, SHAPE_ABOVE, spoken, wordOf, type Line } from './shapes';

interface Picture {
  title: string;
  nodes: readonly GraphNode[];
  lines: readonly Line[];
  layout: Layout;
}

/** Colours by the name of their variable, without the dashes. */
type Colours = Record<(typeof NAMES)[number], string>;

const NAMES = ['surface', 'ink', 'ink-soft', 'line', 'line-strong', 'accent', 'bad', 'warn', 'good'] as const;
const FONT = 'font-family="system-ui, sans-serif" text-anchor="middle"';

/** Offers the file, in the colours that the page has now. */
export function saveDrawing(picture: Picture & { name: string }): void {
  const style = getComputedStyle(document.documentElement);
  const colours = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Colours;
  saveFile(picture.name, svgOf(picture, colours), 'image/svg+xml');
}

export function svgOf({ title, nodes, lines, layout }: Picture, colours: Colours): string {
  const [width, height] = [Math.ceil(layout.width) + 1, Math.ceil(layout.height) + 1];
  const [left, top] = [Math.floor(layout.left), Math.floor(layout.top)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${left} ${top} ${width} ${height}" role="img" ${FONT}>`,
    `<title>${escaped(title)}</title>`,
    `<rect x="${left}" y="${top}" width="${width}" height="${height}" fill="${escaped(colours.surface)}"/>`,
    ground(layout, colours),
    ...lines.map((line) => lineOf(line, colours)),
    ...nodes.map((node) => nodeOf(node, layout, colours)),
    '</svg>',
    '',
  ].join('\n');
}

/** Text for XML: no markup, and none of the signs that XML 1.0 does not allow or that turn the direction of writing. */
export function escaped(text: string): string {
  const allowed = text.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]|[\u202A-\u202E\u2066-\u2069]/gu, '�');
  return allowed.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

function ground(layout: Layout, colours: Colours): string {
  const stroke = `fill="none" stroke="${escaped(colours.line)}"`;
  const soft = `fill="${escaped(colours['ink-soft'])}"`;
  const parts = layout.rings.map(
    ({ ring, rx, ry }) =>
      `<ellipse rx="${rx.toFixed(1)}" ry="${ry.toFixed(1)}" ${stroke}/><text y="${(-ry - 5).toFixed(1)}" font-size="12" ${soft}>${RINGS[ring]}</text>`,
  );
  for (const y of layout.lanes) parts.push(`<path d="M${layout.left} ${y}H${layout.left + layout.width}" ${stroke}/>`);
  const anchor = layout.kind === 'rings' ? 'middle' : 'start';
  for (const { x, y, text } of layout.places) {
    parts.push(`<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="13" font-weight="600" text-anchor="${anchor}" ${soft}>${escaped(text)}</text>`);
  }
  return parts.join('\n');
}

function lineOf(line: Line, colours: Colours): string {
  const colour = escaped(line.alerted ? colours.bad : colours['line-strong']);
  const dashes = line.inferred ? ' stroke-dasharray="5 4"' : '';
  const path = `<path d="${line.path}" fill="none" stroke="${colour}" stroke-width="1.4"${dashes}/>`;
  if (!line.alerted) return path;
  const { x, y } = line.middle;
  const place = `translate(${(x - 7).toFixed(1)} ${(y - 7).toFixed(1)}) scale(0.6)`;
  const sign = `<path d="${WARNING}" fill="${escaped(colours.surface)}"/><path d="${WARNING_SIGN}" fill="none"/>`;
  return `${path}<g transform="${place}" stroke="${colour}" stroke-width="2.4" stroke-linecap="round">${sign}</g>`;
}

function nodeOf(node: GraphNode, layout: Layout, colours: Colours): string {
  const spot = layout.spots.get(node.id);
  if (!spot) return '';
  const edge = escaped(node.ring === 2 ? colours['line-strong'] : node.ring === 1 ? colours.ink : colours.accent);
  const ground = `fill="${escaped(colours.surface)}"`;
  const stroke = `fill="none" stroke="${escaped(colours.ink)}" stroke-linecap="round" stroke-linejoin="round"`;
  const wide = labelWidth(node);
  const marks = [
    node.holds.length > 0 ? `<path d="${PILE}" ${stroke}/>` : '',
    `<path d="${OUTLINES[node.ring]}" ${ground} stroke="${edge}" stroke-width="${node.ring === 2 ? 1.5 : 2.5}"/>`,
    `<path d="${kindMark(node.kind).path}" transform="translate(-9 -9) scale(0.75)" ${stroke} stroke-width="1.8"/>`,
  ];
  if (node.level) {
    const sign = `<path d="${severityMark(node.level)}" transform="translate(-6 -6) scale(0.5)" fill="none" stroke-width="3.2"/>`;
    marks.push(`<g transform="translate(14 -12)" stroke="${escaped(colours.bad)}"><circle r="8" ${ground}/>${sign}</g>`);
  }
  if (node.response) {
    const sign = node.response === 'cut' ? 'M-3.5 3.5 3.5 -3.5M-3.5 -3.5 3.5 3.5' : 'M-4 0H4';
    const colour = escaped(node.response === 'cut' ? colours.good : colours.warn);
    marks.push(`<g transform="translate(-15 -12)" stroke="${colour}" stroke-width="2"><circle r="7" ${ground}/><path d="${sign}"/></g>`);
  }
  return [
    `<g transform="translate(${spot.x.toFixed(1)} ${spot.y.toFixed(1)})"><title>${escaped(spoken(node))}</title>`,
    `<g transform="translate(0 ${-SHAPE_ABOVE})">${marks.join('')}</g>`,
    `<rect x="${(-wide / 2).toFixed(1)}" y="5" width="${wide.toFixed(1)}" height="25" fill-opacity="0.8" ${ground}/>`,
    `<text y="16" font-size="11" fill="${escaped(colours.ink)}">${escaped(labelOf(node))}</text>`,
    `<text y="27" font-size="9.5" fill="${escaped(colours['ink-soft'])}">${escaped(wordOf(node))}</text>`,
    node.ring === 0 ? `<text y="38" font-size="9.5" font-weight="600" fill="${escaped(colours['ink-soft'])}">${RINGS[0]}</text>` : '',
    '</g>',
  ].join('');
}
