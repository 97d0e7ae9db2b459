// An action with its parameters, as it is carried out.

import type { Api } from '../../../api/client';
import { Value } from '../../../ui/Value';

export function Call({ call }: { call: Api['Call'] }) {
  return (
    <span className="row">
      <code>{call.action}</code>
      {Object.entries(call.with).map(([name, value]) =>
        value.length > 80 ? (
          <span key={name} className="small soft wrap">
            {value}
          </span>
        ) : (
          <span key={name} className="row">
            <span className="soft small">{name}</span>
            <Value text={value} />
          </span>
        ),
      )}
    </span>
  );
}
