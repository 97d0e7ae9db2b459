// What evidence and what may be collected are, in words. One order of volatility (RFC 3227) for all of it.

import type { Api } from '../../../api/client';
import type { Tone } from '../../../ui/Badge';

export type Piece = Api['Evidence'];

/** The most volatile first. */
export const VOLATILITIES: readonly (readonly [Api['Volatility'], string])[] = [
  ['memory', 'Memory: processes, connections, sessions'],
  ['temporary', 'Temporary files and caches'],
  ['disk', 'Disk'],
  ['remote_logs', 'Logs that others keep of it'],
  ['configuration', 'Configuration'],
  ['archive', 'Backups and archives'],
];

export function volatilityRank(volatility: Api['Volatility']): number {
  return VOLATILITIES.findIndex(([each]) => each === volatility);
}

/** Size in the unit that people think in. */
export function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  const number = bytes / 1024 ** power;
  return `${power === 0 ? number : number.toFixed(1)} ${units[power]}`;
}

/** How a piece stands: always whether it is what was sealed, and what else holds. */
export function statesOf(piece: Piece): { text: string; tone: Tone }[] {
  const states: { text: string; tone: Tone }[] = [];
  if (piece.redacted) states.push({ text: 'Redacted', tone: 'plain' });
  else if (piece.released) states.push({ text: 'Released', tone: 'plain' });
  else if (piece.intact === false) states.push({ text: 'Changed', tone: 'bad' });
  else if (piece.intact) states.push({ text: 'Intact', tone: 'good' });
  else states.push({ text: 'Not verified', tone: 'warn' });
  if (piece.held) states.push({ text: 'Legal hold', tone: 'accent' });
  return states;
}

/** Pieces that stop reports and bundles: not what was sealed, and still here. */
export function changedPieces(pieces: readonly Piece[]): Piece[] {
  return pieces.filter((piece) => piece.intact === false && !piece.redacted && !piece.released);
}

const INERT = /\.(txt|log|jsonl?|csv|raw|mem|img|dd|e01|pcap|pcapng|evtx|zip|gz|7z)$/i;

/** Under which name a piece is saved: with its number, without characters that mean something, and so that nothing runs it. */
export function fileName(piece: Piece): string {
  const plain = piece.about.name.replace(/[^\p{L}\p{N}._-]+/gu, '_').slice(-120);
  return `evidence-${piece.id}-${plain}${INERT.test(plain) ? '' : '.bin'}`;
}

/** What opens a piece on this screen. */
export function pieceHash(id: number): string {
  return `evidence-${id}`;
}
