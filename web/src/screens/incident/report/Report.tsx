// What is reported and learnt: a draft for an audience, what was issued, the post-mortem and its lessons.
//
// A draft is shown as Markdown through elements of ours. HTML of a report is saved as a file and never shown here.

import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';

import { workQuery } from '../../../api/queries';
import { Found } from '../../../ui/State';
import { Draft } from './Draft';
import { Handouts } from './Handouts';
import { Lessons } from './Lessons';
import { PostMortem } from './PostMortem';
import './report.css';

const route = getRouteApi('/shell/incidents/$id');

export default function ReportScreen() {
  const { id } = route.useParams();
  const { as_of } = route.useSearch();
  const query = useQuery(workQuery(id, as_of));
  return (
    <Found query={query}>
      {({ work }) => (
        <div className="report">
          {as_of === undefined ? (
            <Draft id={id} evidence={work.evidence} />
          ) : (
            <p className="notice">A draft is made of what is known now. Go back to now to see it.</p>
          )}
          <div className="stack">
            <Handouts id={id} reports={work.review.reports} />
            <PostMortem id={id} held={work.review.post_mortem ?? undefined} />
            <Lessons id={id} lessons={work.review.lessons} evidence={work.evidence} />
          </div>
        </div>
      )}
    </Found>
  );
}
