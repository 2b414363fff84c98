import { createRoute } from '@tanstack/react-router';
import { BlackoutPage, NewBlackoutPage } from '@/features/maintenance/blackout-page';
import { blackoutPresets, type NewBlackoutSearch } from '@/features/maintenance/blackout-rules';
import { BlackoutsPage } from '@/features/maintenance/blackouts-page';
import { ComingPage } from '@/features/maintenance/coming-page';
import { FeedsPage } from '@/features/maintenance/feeds-page';
import { TonightPage } from '@/features/maintenance/tonight-page';
import { NewWindowPage, WindowPage } from '@/features/maintenance/window-page';
import { type NewWindowSearch, windowPresets } from '@/features/maintenance/window-rules';
import { WindowsPage } from '@/features/maintenance/windows-page';
import { oneOf, textIn } from '@/util/query-string';
import { signedInRoute } from './root';

const getParentRoute = () => signedInRoute;

export const windowsRoute = createRoute({
  getParentRoute,
  path: '/maintenance',
  component: () => <WindowsPage tenantId={windowsRoute.useSearch().tenant} />,
});

export const newWindowRoute = createRoute({
  getParentRoute,
  path: '/maintenance/windows/new',
  validateSearch: (values: Record<string, unknown>): NewWindowSearch => ({
    preset: oneOf(values, 'preset', windowPresets),
    group: textIn(values, 'group'),
    device: textIn(values, 'device'),
    copy: textIn(values, 'copy'),
  }),
  component: () => <NewWindowPage search={newWindowRoute.useSearch()} />,
});

export const windowRoute = createRoute({
  getParentRoute,
  path: '/maintenance/windows/$windowId',
  component: () => {
    const { windowId } = windowRoute.useParams();
    return <WindowPage key={windowId} id={windowId} />;
  },
});

export const blackoutsRoute = createRoute({
  getParentRoute,
  path: '/maintenance/blackouts',
  component: () => <BlackoutsPage tenantId={blackoutsRoute.useSearch().tenant} />,
});

export const newBlackoutRoute = createRoute({
  getParentRoute,
  path: '/maintenance/blackouts/new',
  validateSearch: (values: Record<string, unknown>): NewBlackoutSearch => ({
    preset: oneOf(values, 'preset', blackoutPresets),
  }),
  component: () => <NewBlackoutPage search={newBlackoutRoute.useSearch()} />,
});

export const blackoutRoute = createRoute({
  getParentRoute,
  path: '/maintenance/blackouts/$blackoutId',
  component: () => {
    const { blackoutId } = blackoutRoute.useParams();
    return <BlackoutPage key={blackoutId} id={blackoutId} />;
  },
});

export const comingRoute = createRoute({
  getParentRoute,
  path: '/maintenance/coming',
  component: () => <ComingPage tenantId={comingRoute.useSearch().tenant} />,
});

export const tonightRoute = createRoute({
  getParentRoute,
  path: '/maintenance/tonight',
  component: () => <TonightPage tenantId={tonightRoute.useSearch().tenant} />,
});

export const feedsRoute = createRoute({
  getParentRoute,
  path: '/maintenance/feeds',
  component: () => <FeedsPage tenantId={feedsRoute.useSearch().tenant} />,
});
