// What is due to whom by law and contract, and what was said to whom. Quell counts time and drafts; people decide and write.

import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';

import { api, read } from '../../../api/client';
import { clocksQuery, handbookQuery, workQuery } from '../../../api/queries';
import { useMay } from '../may';
import { Found } from '../../../ui/State';
import { Record, Regimes } from './Clocks';
import './communication.css';
import { Compose, type ComposeStart } from './Compose';
import { Deadlines } from './Deadlines';
import { Enter } from './Enter';
import { Messages } from './Messages';
import { Plan } from './Plan';

const route = getRouteApi('/shell/incidents/$id');

export default function CommunicationScreen() {
  const { id } = route.useParams();
  const { as_of } = route.useSearch();
  const now = as_of === undefined;
  const may = useMay();
  const work = useQuery(workQuery(id, as_of));
  const handbook = useQuery(handbookQuery);
  const clocks = useQuery(clocksQuery(id, as_of));
  const plan = useQuery({
    queryKey: ['incident', id, 'communication'],
    queryFn: ({ signal }) => read(api.GET('/api/v1/incidents/{id}/communication', { params: { path: { id } }, signal })),
    enabled: now,
  });
  const [writing, setWriting] = useState<ComposeStart>();
  const [entering, setEntering] = useState<string>();
  return (
    <Found query={work}>
      {({ work: found }) => (
        <Found query={handbook}>
          {({ regimes, templates }) => (
            <div className="stack">
              <Found query={clocks}>
                {({ deadlines, undecided }) => (
                  <>
                    <Deadlines id={id} deadlines={deadlines} regimes={regimes} work={found} />
                    <div className="columns">
                      <Regimes id={id} undecided={undecided} regimes={regimes} work={found} />
                      <Record id={id} regimes={regimes} work={found} />
                    </div>
                  </>
                )}
              </Found>
              {now && (
                <Found query={plan}>
                  {(planned) => <Plan plan={planned} write={setWriting} enter={may.lead ? setEntering : undefined} />}
                </Found>
              )}
              <Messages id={id} messages={found.messages} />
              {writing && <Compose id={id} start={writing} templates={templates} close={() => setWriting(undefined)} />}
              {entering !== undefined && <Enter audience={entering} close={() => setEntering(undefined)} />}
            </div>
          )}
        </Found>
      )}
    </Found>
  );
}
