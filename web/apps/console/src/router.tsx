import type { AttemptState, CompletionCode } from '@everdial/api-client';
import { codeTones, ErrorPanel } from '@everdial/ui';
import { createRootRoute, createRoute, createRouter, redirect } from '@tanstack/react-router';
import { queryClient } from './api';
import { AgentsPage } from './pages/AgentsPage';
import { AlarmsPage } from './pages/AlarmsPage';
import { AttemptPage } from './pages/AttemptPage';
import { CampaignPage, NewCampaignPage } from './pages/CampaignPage';
import { CampaignsPage } from './pages/CampaignsPage';
import { DncPage } from './pages/DncPage';
import { ExportsPage } from './pages/ExportsPage';
import { FailoverPage } from './pages/FailoverPage';
import { ImportPage } from './pages/ImportPage';
import { JobPage } from './pages/JobPage';
import { JobsPage } from './pages/JobsPage';
import { ListPage } from './pages/ListPage';
import { ListsPage } from './pages/ListsPage';
import { LogInPage } from './pages/LogInPage';
import { NotFoundPage } from './pages/NotFoundPage';
import { RetentionPage } from './pages/RetentionPage';
import { NewSchedulePage, SchedulePage } from './pages/SchedulePage';
import { SchedulesPage } from './pages/SchedulesPage';
import { StatusPage } from './pages/StatusPage';
import { ZonesPage } from './pages/ZonesPage';
import { sessionQuery, type AgentFilter, type AttemptFilter } from './queries';
import { Shell } from './Shell';

const root = createRootRoute({ notFoundComponent: NotFoundPage });
const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: Shell,
  beforeLoad: async ({ location }) => {
    const session = await queryClient.ensureQueryData(sessionQuery);
    if (!session) throw redirect({ to: '/login', search: location.pathname === '/status' ? {} : { next: location.href } });
  },
});

/** Ids in addresses are numbers; anything else is an address that does not exist. */
const idIn = <K extends string>(name: K) => ({
  parse: (params: Record<K, string>) => {
    if (!/^[1-9][0-9]{0,15}$/.test(params[name])) throw new Error(`${params[name]} is not an id`);
    return { [name]: Number(params[name]) } as Record<K, number>;
  },
  stringify: (params: Record<K, number>) => ({ [name]: String(params[name]) }) as Record<K, string>,
});

const agentStates: readonly AgentFilter['state'][] = [
  'logged_on', 'logged_out', 'not_ready', 'ready', 'busy', 'pending_not_ready', 'work_not_ready',
];
const attemptStates: readonly AttemptState[] = ['intent', 'done', 'aborted', 'unknown'];

const logIn = createRoute({
  getParentRoute: () => root,
  path: '/login',
  component: LogInPage,
  // Only a path of this console: nobody is to be sent elsewhere after logging in.
  validateSearch: (search: Record<string, unknown>): { next?: string } => {
    const next = search['next'];
    return typeof next === 'string' && /^\/[a-z]/.test(next) ? { next } : {};
  },
});
const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/status' });
  },
});
const status = createRoute({ getParentRoute: () => shell, path: '/status', component: StatusPage });
const zones = createRoute({ getParentRoute: () => shell, path: '/zones', component: ZonesPage });
const failover = createRoute({ getParentRoute: () => shell, path: '/failover', component: FailoverPage });
const alarms = createRoute({ getParentRoute: () => shell, path: '/alarms', component: AlarmsPage });
const lists = createRoute({ getParentRoute: () => shell, path: '/lists', component: ListsPage });
const list = createRoute({ getParentRoute: () => shell, path: '/lists/$listId', params: idIn('listId'), component: ListPage });
const importRoute = createRoute({ getParentRoute: () => shell, path: '/imports/$importId', params: idIn('importId'), component: ImportPage });
const dnc = createRoute({ getParentRoute: () => shell, path: '/dnc', component: DncPage });
const campaigns = createRoute({ getParentRoute: () => shell, path: '/campaigns', component: CampaignsPage });
const newCampaign = createRoute({
  getParentRoute: () => shell,
  path: '/campaigns/new',
  component: NewCampaignPage,
  validateSearch: (search: Record<string, unknown>): { list?: number } =>
    Number.isSafeInteger(search['list']) ? { list: search['list'] as number } : {},
});
const campaign = createRoute({
  getParentRoute: () => shell,
  path: '/campaigns/$campaignId',
  params: idIn('campaignId'),
  component: CampaignPage,
});
const agents = createRoute({
  getParentRoute: () => shell,
  path: '/agents',
  component: AgentsPage,
  validateSearch: (search: Record<string, unknown>): AgentFilter => {
    const filter: AgentFilter = {};
    if (typeof search['zone'] === 'string' && search['zone']) filter.zone = search['zone'];
    const state = agentStates.find((known) => known === search['state']);
    if (state) filter.state = state;
    return filter;
  },
});
const schedules = createRoute({ getParentRoute: () => shell, path: '/schedules', component: SchedulesPage });
const newScheduleRoute = createRoute({ getParentRoute: () => shell, path: '/schedules/new', component: NewSchedulePage });
const schedule = createRoute({
  getParentRoute: () => shell,
  path: '/schedules/$scheduleId',
  params: idIn('scheduleId'),
  component: SchedulePage,
});
const exports_ = createRoute({ getParentRoute: () => shell, path: '/exports', component: ExportsPage });
const retention = createRoute({ getParentRoute: () => shell, path: '/retention', component: RetentionPage });
const jobs = createRoute({ getParentRoute: () => shell, path: '/jobs', component: JobsPage });
const job = createRoute({
  getParentRoute: () => shell,
  path: '/jobs/$jobId',
  params: idIn('jobId'),
  component: JobPage,
  validateSearch: (search: Record<string, unknown>): AttemptFilter => {
    const filter: AttemptFilter = {};
    if (String(search['code']) in codeTones) filter.code = search['code'] as CompletionCode;
    const state = attemptStates.find((known) => known === search['state']);
    if (state) filter.state = state;
    // A number without quotes in the address has lost its plus sign on the way.
    const phone = String(search['phone'] ?? '');
    if (/^\+?[0-9]{7,15}$/.test(phone)) filter.phone = phone.startsWith('+') ? phone : `+${phone}`;
    return filter;
  },
});
const attempt = createRoute({ getParentRoute: () => shell, path: '/attempts/$attemptId', component: AttemptPage });

export const router = createRouter({
  routeTree: root.addChildren([
    logIn,
    home,
    shell.addChildren([
      status, zones, failover, alarms, lists, list, importRoute, dnc, campaigns, newCampaign, campaign, agents, schedules, newScheduleRoute, schedule, exports_, retention, jobs, job,
      attempt,
    ]),
  ]),
  defaultPreload: 'intent',
  defaultErrorComponent: ({ error, reset }) => <ErrorPanel error={error} retry={reset} />,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
