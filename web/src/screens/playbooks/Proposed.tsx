// Open incidents that a playbook is proposed for: the way from the library to work.

import { useQueries, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';

import { api, type Api, read } from '../../api/client';
import { proposalsQuery } from '../../api/queries';
import { Severity } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { Empty, Found, Loading } from '../../ui/State';

/** So many of the newest open incidents are asked. */
const ASKED = 10;

export function Proposed({ name, open, close }: { name: string; open: boolean; close: () => void }) {
  const incidents = useQuery({
    queryKey: ['incidents', 'list', 'open', ASKED],
    queryFn: ({ signal }) => read(api.GET('/api/v1/incidents', { params: { query: { status: ['new', 'open'], limit: ASKED } }, signal })),
    enabled: open,
  });
  return (
    <Dialog title="Use it on an incident" open={open} close={close}>
      <Found query={incidents}>{({ items }) => <Fitting name={name} incidents={items} />}</Found>
      <div className="row">
        <Button onPress={close}>Close</Button>
      </div>
    </Dialog>
  );
}

function Fitting({ name, incidents }: { name: string; incidents: readonly Api['IncidentView'][] }) {
  const proposals = useQueries({ queries: incidents.map(({ id }) => proposalsQuery(id)) });
  if (proposals.some(({ isPending }) => isPending)) return <Loading what="Asking which incidents it fits" />;
  const fitting = incidents.flatMap((incident, index) => {
    const proposal = proposals[index]?.data?.items.find(({ playbook }) => playbook === name);
    return proposal ? [{ incident, proposal }] : [];
  });
  if (fitting.length === 0) {
    return (
      <Empty title={`It is proposed for none of the newest ${ASKED} open incidents`}>
        <p>
          It can be begun all the same: open an <Link to="/incidents">incident</Link> and choose it under Response.
        </p>
      </Empty>
    );
  }
  return (
    <ul className="stack tight">
      {fitting.map(({ incident, proposal }) => (
        <li key={incident.id} className="stack tight proposed">
          <div className="row">
            <Severity level={incident.severity} />
            <Link to="/incidents/$id/response" params={{ id: incident.id }} search={{ playbook: name }} className="wrap">
              {incident.title}
            </Link>
          </div>
          <p className="soft small wrap">
            {proposal.reasons.join('; ')}
            {proposal.missing.length > 0 && `. Values to give: ${proposal.missing.join(', ')}`}
          </p>
        </li>
      ))}
    </ul>
  );
}
