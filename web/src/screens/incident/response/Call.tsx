// An action with its parameters, as it is carried out.

import type { Api } from '../../../api/client';
import { Value } from '../../../ui/Value';

/** A sentence, not a name. */
const LONG_CHARS = 80;

export function Call({ call }: { call: Api['Call'] }) {
  return (
    <span className="row">
      <code>{call.action}</code>
      {Object.entries(call.with).map(([name, value]) => (
        <span key={name} className="row">
          <span className="soft small">{name}</span>
          {value.length > LONG_CHARS ? <span className="small soft wrap">{value}</span> : <Value text={value} />}
        </span>
      ))}
    </span>
  );
}
