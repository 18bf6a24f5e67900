import type { ComponentOrder, ComponentStatus, Lease, LeaseChange, Status } from '@everdial/api-client';
import { Age, ComponentBadge, DataTable, EmptyState, formatDuration, Panel, StateBadge, When, type Column } from '@everdial/ui';
import { Anchor, Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ComponentControls } from '../parts/ComponentControls';
import { Loaded } from '../parts/Loaded';
import { LoadPanel } from '../parts/LoadPanel';
import { Matrix } from '../parts/Matrix';
import { Page } from '../parts/Page';
import { PagedTable } from '../parts/PagedTable';
import { useMayAdminister } from '../parts/session';
import { ownerName, reasonText, resourceName } from '../parts/words';
import { componentOrdersQuery, leaseHistoryQuery, loadsQuery, statusQuery } from '../queries';
import classes from './StatusPage.module.css';

export function StatusPage() {
  const status = useQuery(statusQuery);
  // Panels that come later push the others down; but the load may fail alone, and the rest is to be seen then.
  const loads = useQuery(loadsQuery);
  const waits = loads.isPending && loads.failureCount === 0;
  const [resource, setResource] = useState<string>();
  return (
    <Page title="Status">
      <Loaded query={status}>
        {(data) => waits ? null : (
          <>
            <Panel title="Components" aside={<span className={classes.aside}>{`as ${data.server} sees them, version ${data.version}`}</span>}>
              <Components status={data} />
            </Panel>
            <LoadPanel />
            <div className={classes.two}>
              <Panel title="Leases" flush>
                <Leases leases={data.leases} onHistory={setResource} />
              </Panel>
              <Panel title="Zones" flush>
                <Zones status={data} />
              </Panel>
            </div>
            <Panel title="Orders to components" flush>
              <PagedTable
                label="Orders to components"
                query={componentOrdersQuery}
                columns={orderColumns}
                rowKey={(order) => order.id}
                maxHeight="20vh"
                empty={<EmptyState title="No order yet">Who starts, stops, restarts or kills a component stands here.</EmptyState>}
              />
            </Panel>
          </>
        )}
      </Loaded>
      <LeaseHistory resource={resource} onClose={() => setResource(undefined)} />
    </Page>
  );
}

function Components({ status }: { status: Status }) {
  const mayChange = useMayAdminister();
  return (
    <Matrix
      label="Components by server"
      corner="Component"
      rows={status.components.map((component) => ({ key: component, head: component, row: component }))}
      columns={status.servers.map((server) => ({
        key: server.name,
        head: (
          <span className={classes.server}>
            {server.name} <ComponentBadge state={server.state} />
          </span>
        ),
        column: server,
      }))}
      cell={(component, server) => (
        <Cell status={status} server={server.name} instances={server.components.filter((one) => one.component === component)} mayChange={mayChange} />
      )}
    />
  );
}

function Cell({ status, server, instances, mayChange }: { status: Status; server: string; instances: ComponentStatus[]; mayChange: boolean }) {
  return (
    <div className={classes.cell}>
      <Instances instances={instances} />
      {mayChange && instances[0] && <ComponentControls status={status} server={server} component={instances[0]} />}
    </div>
  );
}

function Instances({ instances }: { instances: ComponentStatus[] }) {
  if (instances.length === 0) return <span className={classes.none}>–</span>;
  return (
    <ul className={classes.instances}>
      {instances.map((one) => (
        <li key={one.instance} title={[one.address, one.version].filter(Boolean).join(', ')}>
          <ComponentBadge state={one.state} />
          {one.instance && <span>{one.instance}</span>}
          {one.kept_stopped && <span className={classes.small}>by order</span>}
          {one.leases ? <span className={classes.small}>{one.leases === 1 ? '1 lease' : `${one.leases} leases`}</span> : null}
          {one.silent_s !== undefined && one.silent_s >= 1.5 && (
            <span className={classes.silent}>silent for {formatDuration(one.silent_s * 1000)}</span>
          )}
        </li>
      ))}
    </ul>
  );
}

function Leases({ leases, onHistory }: { leases: Lease[]; onHistory: (resource: string) => void }) {
  const columns: Column<Lease>[] = [
    {
      key: 'resource',
      header: 'Resource',
      width: 'minmax(11rem, 1.5fr)',
      cell: (lease) => (
        <Anchor component="button" size="sm" onClick={() => onHistory(lease.resource)} title={lease.resource} aria-label={`History of ${resourceName(lease.resource)}`}>
          {resourceName(lease.resource)}
        </Anchor>
      ),
    },
    { key: 'epoch', header: 'Epoch', width: '4rem', align: 'right', cell: (lease) => lease.epoch },
    {
      key: 'holder',
      header: 'Held by',
      width: 'minmax(12rem, 2fr)',
      cell: (lease) =>
        lease.server ? (
          `${lease.server} / ${[lease.component, lease.instance].filter(Boolean).join(' ')}`
        ) : (
          <StateBadge tone="bad">nobody</StateBadge>
        ),
    },
    { key: 'since', header: 'For', width: '7rem', align: 'right', cell: (lease) => lease.since && <Age since={lease.since} /> },
    { key: 'preferred', header: 'Preferred', width: '6rem', cell: (lease) => lease.preferred ?? '–' },
  ];
  return (
    <DataTable
      label="Leases"
      columns={columns}
      rows={leases}
      rowKey={(lease) => lease.resource}
      empty={<EmptyState title="No lease yet">Leases appear when the first components have started.</EmptyState>}
    />
  );
}

function Zones({ status }: { status: Status }) {
  const columns: Column<Status['zones'][number]>[] = [
    { key: 'name', header: 'Zone', width: 'minmax(5rem, 1fr)', cell: (zone) => zone.name },
    {
      key: 'state',
      header: 'State',
      width: '6rem',
      cell: (zone) => <StateBadge tone={zone.state === 'owned' ? 'good' : 'warn'}>{zone.state}</StateBadge>,
    },
    { key: 'server', header: 'Director on', width: 'minmax(5rem, 1fr)', cell: (zone) => zone.server ?? '–' },
    { key: 'epoch', header: 'Epoch', width: '4rem', align: 'right', cell: (zone) => zone.epoch ?? '–' },
  ];
  return (
    <DataTable
      label="Zones"
      columns={columns}
      rows={status.zones}
      rowKey={(zone) => zone.name}
      empty={<EmptyState title="No zone yet">A zone appears with the first contact list in it.</EmptyState>}
    />
  );
}

const orderColumns: Column<ComponentOrder>[] = [
  { key: 'asked', header: 'Asked', width: '11rem', cell: (order) => <When at={order.asked_at} /> },
  { key: 'by', header: 'By', width: 'minmax(6rem, 1fr)', cell: (order) => order.asked_by },
  { key: 'action', header: 'Order', width: '6rem', cell: (order) => order.action },
  { key: 'component', header: 'Component', width: 'minmax(9rem, 1fr)', cell: (order) => order.component },
  { key: 'server', header: 'Server', width: 'minmax(6rem, 1fr)', cell: (order) => order.server },
  {
    key: 'taken',
    header: 'Taken',
    width: '11rem',
    cell: (order) => (order.taken_at ? <When at={order.taken_at} /> : <StateBadge tone="busy">not yet</StateBadge>),
  },
];

const changeColumns: Column<LeaseChange>[] = [
  { key: 'at', header: 'When', width: '11rem', cell: (change) => <When at={change.at} /> },
  { key: 'epoch', header: 'Epoch', width: '4rem', align: 'right', cell: (change) => change.epoch },
  { key: 'from', header: 'From', width: 'minmax(10rem, 1fr)', cell: ({ from }) => (from ? ownerName(from) : 'nobody') },
  { key: 'to', header: 'To', width: 'minmax(10rem, 1fr)', cell: ({ to }) => (to ? ownerName(to) : 'nobody') },
  { key: 'reason', header: 'Why', width: 'minmax(10rem, 1.5fr)', cell: (change) => reasonText(change.reason) },
  {
    key: 'took',
    header: 'Took',
    width: '6rem',
    align: 'right',
    cell: ({ detect_ms, acquire_ms, barrier_ms }) =>
      acquire_ms === undefined ? '–' : formatDuration((detect_ms ?? 0) + acquire_ms + (barrier_ms ?? 0)),
  },
];

function LeaseHistory({ resource, onClose }: { resource: string | undefined; onClose: () => void }) {
  return (
    <Modal
      opened={resource !== undefined}
      onClose={onClose}
      title={`Who held ${resource ? resourceName(resource) : ''}`}
      size="64rem"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {resource && (
        <PagedTable
          label={`History of ${resourceName(resource)}`}
          query={leaseHistoryQuery(resource)}
          columns={changeColumns}
          rowKey={(change) => `${change.epoch} ${change.at}`}
          empty={<EmptyState title="No change yet">It has had one owner since it began.</EmptyState>}
        />
      )}
    </Modal>
  );
}
