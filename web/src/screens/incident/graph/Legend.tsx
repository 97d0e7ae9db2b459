// What the marks of the drawing mean, in words.

import type { ReactNode } from 'react';

import { Icon } from '../../../ui/Icon';
import { words } from '../../../ui/text';
import { OUTLINES, RINGS, WARNING, WARNING_SIGN, type Ring } from './marks';

const RING_NUMBERS: readonly Ring[] = [0, 1, 2];
const LEVELS = ['critical', 'high', 'medium', 'low', 'informational'] as const;

export function Legend() {
  return (
    <details className="graph-legend small">
      <summary>Legend and keys</summary>
      <ul className="row">
        {RING_NUMBERS.map((ring) => (
          <Entry key={ring} text={RINGS[ring]}>
            <g className={`graph-node ring-${ring}`} transform="translate(20 20) scale(0.9)">
              <path className="graph-outline" d={OUTLINES[ring]} />
            </g>
          </Entry>
        ))}
        <Entry text="Step">
          <g className="graph-line">
            <path d="M4 20H34M28 16L34 20 28 24" />
          </g>
        </Entry>
        <Entry text="Inferred step: no record shows it by itself">
          <g className="graph-line inferred">
            <path d="M4 20H34M28 16L34 20 28 24" />
          </g>
        </Entry>
        <Entry text="Step with alerts">
          <g className="graph-line alerted">
            <path d="M2 20H38" />
            <g className="graph-warning" transform="translate(10 10) scale(0.8)">
              <path d={WARNING} />
              <path d={WARNING_SIGN} />
            </g>
          </g>
        </Entry>
        <Entry text="Way from the root cause to the selected node">
          <g className="graph-line on-path">
            <path d="M4 20H34M28 16L34 20 28 24" />
          </g>
        </Entry>
        <Entry text="Cut off by the response">
          <g className="graph-response cut" transform="translate(20 20)">
            <circle r="9" />
            <path d="M-3.5 3.5 3.5 -3.5M-3.5 -3.5 3.5 3.5" />
          </g>
        </Entry>
        <Entry text="Still held by the intruder">
          <g className="graph-response left" transform="translate(20 20)">
            <circle r="9" />
            <path d="M-4 0H4" />
          </g>
        </Entry>
        {LEVELS.map((level) => (
          <li key={level} className="row">
            <span className={`badge sev-${level}`}>
              <Icon name={level} />
            </span>
            {words(level)} alert
          </li>
        ))}
      </ul>
      <p id="graph-keys">
        Arrow keys move the drawing; on a node, they go to the next node that way, and with Shift they move the drawing. + and − change the
        size, 0 is natural size, F fits it, Home goes to the root cause, Enter opens a node. A node is drawn with its host; one without a
        host stands with the host that it has most to do with.
      </p>
    </details>
  );
}

function Entry({ text, children }: { text: string; children: ReactNode }) {
  return (
    <li className="row">
      <svg className="graph-sample" viewBox="0 0 40 40" aria-hidden="true">
        {children}
      </svg>
      {text}
    </li>
  );
}
