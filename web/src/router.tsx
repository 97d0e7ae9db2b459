// The map of the console. What a person would share stands in the address: the screen, its filters, what is selected.

import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';

import { queries } from './api/cache';
import { Problem } from './api/client';
import { accountQuery } from './api/queries';
import { Shell } from './shell/Shell';
import { Missing, Broken } from './shell/Missing';
import { texts } from './shell/search';
import { takeWay } from './shell/wayBack';

const root = createRootRoute({ notFoundComponent: Missing, errorComponent: Broken });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: texts('to'),
  component: lazyRouteComponent(() => import('./screens/sign-in/SignIn')),
});

const setUp = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(() => import('./screens/sign-in/SetUp')),
});

const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation',
  component: lazyRouteComponent(() => import('./screens/sign-in/Invitation')),
});

/** Everything that needs somebody signed in. */
const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: Shell,
  beforeLoad: async ({ location }) => {
    try {
      await queries.ensureQueryData(accountQuery);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      throw redirect({ to: '/sign-in', search: { to: location.href === '/' ? undefined : location.href } });
    }
  },
});

const now = createRoute({
  getParentRoute: () => shell,
  path: '/',
  beforeLoad: () => {
    const href = takeWay();
    if (href !== undefined) throw redirect({ href, replace: true });
  },
  component: lazyRouteComponent(() => import('./screens/now/Now')),
});

const incidents = createRoute({
  getParentRoute: () => shell,
  path: '/incidents',
  validateSearch: texts('q', 'status', 'severity', 'assignee', 'technique', 'host', 'since', 'sort'),
  component: lazyRouteComponent(() => import('./screens/incidents/Incidents')),
});

const incident = createRoute({
  getParentRoute: () => shell,
  path: '/incidents/$id',
  validateSearch: texts('as_of'),
  component: lazyRouteComponent(() => import('./screens/incident/Incident')),
});

const story = createRoute({
  getParentRoute: () => incident,
  path: '/',
  component: lazyRouteComponent(() => import('./screens/incident/story/Story')),
});

const timeline = createRoute({
  getParentRoute: () => incident,
  path: '/timeline',
  validateSearch: texts('kind', 'item', 'q', 'since', 'until'),
  component: lazyRouteComponent(() => import('./screens/incident/timeline/Timeline')),
});

const graph = createRoute({
  getParentRoute: () => incident,
  path: '/graph',
  validateSearch: texts('node', 'until', 'view'),
  component: lazyRouteComponent(() => import('./screens/incident/graph/Graph')),
});

const work = createRoute({
  getParentRoute: () => incident,
  path: '/work',
  validateSearch: texts('framework'),
  component: lazyRouteComponent(() => import('./screens/incident/work/Work')),
});

const response = createRoute({
  getParentRoute: () => incident,
  path: '/response',
  validateSearch: texts('run', 'playbook'),
  component: lazyRouteComponent(() => import('./screens/incident/response/Response')),
});

const evidence = createRoute({
  getParentRoute: () => incident,
  path: '/evidence',
  component: lazyRouteComponent(() => import('./screens/incident/evidence/Evidence')),
});

const entities = createRoute({
  getParentRoute: () => incident,
  path: '/entities',
  component: lazyRouteComponent(() => import('./screens/incident/entities/Entities')),
});

const communication = createRoute({
  getParentRoute: () => incident,
  path: '/communication',
  component: lazyRouteComponent(() => import('./screens/incident/communication/Communication')),
});

const notes = createRoute({
  getParentRoute: () => incident,
  path: '/notes',
  validateSearch: texts('note', 'from', 'to'),
  component: lazyRouteComponent(() => import('./screens/incident/notes/Notes')),
});

const report = createRoute({
  getParentRoute: () => incident,
  path: '/report',
  validateSearch: texts('audience', 'tlp'),
  component: lazyRouteComponent(() => import('./screens/incident/report/Report')),
});

const ledger = createRoute({
  getParentRoute: () => incident,
  path: '/ledger',
  validateSearch: texts('q', 'kind', 'actor', 'entry'),
  component: lazyRouteComponent(() => import('./screens/incident/ledger/Ledger')),
});

const alerts = createRoute({
  getParentRoute: () => shell,
  path: '/alerts',
  validateSearch: texts('q', 'status', 'severity', 'rule', 'technique', 'source', 'incident', 'group', 'since', 'sort', 'alert'),
  component: lazyRouteComponent(() => import('./screens/alerts/Alerts')),
});

const hunt = createRoute({
  getParentRoute: () => shell,
  path: '/hunt',
  validateSearch: texts('q', 'field', 'source', 'rule', 'since', 'until', 'event', 'limit'),
  component: lazyRouteComponent(() => import('./screens/hunt/Hunt')),
});

const playbooks = createRoute({
  getParentRoute: () => shell,
  path: '/playbooks',
  validateSearch: texts('q'),
  component: lazyRouteComponent(() => import('./screens/playbooks/Playbooks')),
});

const playbook = createRoute({
  getParentRoute: () => shell,
  path: '/playbooks/$name',
  validateSearch: texts('step', 'view'),
  component: lazyRouteComponent(() => import('./screens/playbooks/Playbook')),
});

const editor = () => import('./screens/playbooks/editor/Editor');

const newPlaybook = createRoute({
  getParentRoute: () => shell,
  path: '/playbooks/new',
  validateSearch: texts('step', 'view'),
  component: lazyRouteComponent(editor),
});

const ownPlaybook = createRoute({
  getParentRoute: () => shell,
  path: '/playbooks/$name/edit',
  validateSearch: texts('step', 'view'),
  component: lazyRouteComponent(editor),
});

const detections = createRoute({
  getParentRoute: () => shell,
  path: '/detections',
  validateSearch: texts('q', 'view', 'rule', 'technique'),
  component: lazyRouteComponent(() => import('./screens/detections/Detections')),
});

const newRule = createRoute({
  getParentRoute: () => shell,
  path: '/detections/new',
  validateSearch: texts('q', 'field', 'source', 'view'),
  component: lazyRouteComponent(() => import('./screens/detections/rule/NewRule')),
});

const improve = createRoute({
  getParentRoute: () => shell,
  path: '/improve',
  validateSearch: texts('since', 'until'),
  component: lazyRouteComponent(() => import('./screens/improve/Improve')),
});

const guide = createRoute({
  getParentRoute: () => shell,
  path: '/improve/guide',
  component: lazyRouteComponent(() => import('./screens/improve/Guide')),
});

const settings = createRoute({
  getParentRoute: () => shell,
  path: '/settings',
  validateSearch: texts('part', 'q'),
  component: lazyRouteComponent(() => import('./screens/settings/Settings')),
});

const ofIncident = [story, timeline, graph, work, response, evidence, entities, communication, notes, report, ledger];

const tree = root.addChildren([
  signIn,
  setUp,
  invitation,
  shell.addChildren([
    now,
    incidents,
    incident.addChildren(ofIncident),
    alerts,
    hunt,
    playbooks,
    playbook,
    newPlaybook,
    ownPlaybook,
    detections,
    newRule,
    improve,
    guide,
    settings,
  ]),
]);

export const router = createRouter({
  routeTree: tree,
  defaultPreload: 'intent',
  defaultErrorComponent: Broken,
  scrollRestoration: true,
  // Filters are words; JSON in an address could not be read or typed.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const given = Object.entries(search).filter(([, value]) => value !== undefined && value !== '');
    const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
    return text === '' ? '' : `?${text}`;
  },
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
