// What the incident is about, entity by entity: judged, contained, clean, restored; and what of it others can look for.

import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useLocation, useNavigate } from '@tanstack/react-router';

import { incidentQuery, storyQuery, workQuery } from '../../../api/queries';
import { Found } from '../../../ui/State';
import './entities.css';
import { Indicators } from './Indicators';
import { ToJudge } from './Judge';
import { Matrix } from './Matrix';
import { candidates } from './scope';
import { Seen, Similar } from './Seen';

const route = getRouteApi('/shell/incidents/$id');

/** How the address says which name is looked for: `#seen=srv-02`. */
const SEEN = 'seen=';

export default function EntitiesScreen() {
  const { id } = route.useParams();
  const { as_of } = route.useSearch();
  const navigate = useNavigate();
  const detail = useQuery(incidentQuery(id, as_of));
  const work = useQuery(workQuery(id, as_of));
  // Of an incident that people reported there is no story.
  const story = useQuery(storyQuery(id, as_of)).data;
  const hash = useLocation({ select: (location) => location.hash });
  const name = hash.startsWith(SEEN) ? decoded(hash.slice(SEEN.length)) : '';
  const look = (sought: string) =>
    void navigate({
      to: '.',
      search: (search) => search,
      hash: sought ? `${SEEN}${encodeURIComponent(sought)}` : '',
      resetScroll: false,
      hashScrollIntoView: false,
    });
  return (
    <div className="stack">
      <Found query={work}>
        {({ work: { entities, evidence } }) => {
          const open = detail.data && candidates(detail.data.incident, entities, story);
          const scoped = open?.filter((each) => each.scoped);
          const told = open?.filter((each) => !each.scoped) ?? [];
          return (
            <>
              {scoped && <ToJudge id={id} title="To judge" open={scoped} adds />}
              <Matrix id={id} entities={entities} evidence={evidence} seen={look} />
              {told.length > 0 && <ToJudge id={id} title="In the story, not in scope" open={told} />}
              <Indicators id={id} story={story} entities={entities} />
            </>
          );
        }}
      </Found>
      <div className="columns">
        <Seen id={id} name={name} look={look} />
        <Similar id={id} />
      </div>
    </div>
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
