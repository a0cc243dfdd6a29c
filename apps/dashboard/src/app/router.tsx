import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { BuildSearch } from '../features/job/build-search.ts';
import { QueueSearch } from '../features/queue/queue-search.ts';
import { NotFoundPage } from './pages/not-found-page.tsx';
import { PageFailed } from './pages/page-failed.tsx';
import { Shell } from './shell.tsx';

/** Where it is not told when the browser is idle: time for the first page to be there. */
const idleAfterMs = 2_000;

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage });

const buildsPage = lazyRouteComponent(() => import('./pages/builds-page.tsx'), 'BuildsPage');
const buildPage = lazyRouteComponent(() => import('./pages/build-page.tsx'), 'BuildPage');
// The page that was opened is loaded while the server is asked who is signed in. Should that fail, the route tells.
const deadLettersPage = lazyRouteComponent(() => import('./pages/dead-letters-page.tsx'), 'DeadLettersPage');
const opened = openedPage(location.pathname);
const next = opened === buildsPage ? buildPage : buildsPage;
void opened.preload?.();
// Whoever sees one page opens the other next: its code comes when the browser has nothing else to do.
whenIdle(() => void next.preload?.());

function openedPage(path: string) {
  if (path === '/') return buildsPage;
  return path === '/dead-letters' ? deadLettersPage : buildPage;
}

const buildsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  validateSearch: QueueSearch,
  component: buildsPage,
});

const buildRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/jobs/$jobId',
  validateSearch: BuildSearch,
  component: buildPage,
});

const deadLettersRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/dead-letters',
  component: deadLettersPage,
});

function whenIdle(action: () => void): void {
  // Not every browser tells when it is idle.
  if (typeof requestIdleCallback === 'function') requestIdleCallback(action);
  else setTimeout(action, idleAfterMs);
}

/** Whoever is signed in has no more to do there. */
const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  beforeLoad: () => {
    throw redirect({ to: '/', replace: true });
  },
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([buildsRoute, buildRoute, deadLettersRoute, signInRoute]),
  defaultPreload: 'intent',
  // Each page has a boundary of its own, inside of the shell.
  defaultErrorComponent: PageFailed,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
