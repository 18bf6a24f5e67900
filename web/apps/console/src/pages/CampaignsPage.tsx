import type { Campaign } from '@everdial/api-client';
import { EmptyState, formatRate, Panel, When, type Column } from '@everdial/ui';
import { Button } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { PlusIcon } from '../icons';
import { Page } from '../parts/Page';
import { PagedTable } from '../parts/PagedTable';
import { useMayChange } from '../parts/session';
import { campaignsQuery } from '../queries';

const columns: Column<Campaign>[] = [
  {
    key: 'name',
    header: 'Name',
    width: 'minmax(14rem, 2fr)',
    cell: (campaign) => (
      <Link to="/campaigns/$campaignId" params={{ campaignId: campaign.id }}>
        {campaign.name}
      </Link>
    ),
  },
  {
    key: 'list',
    header: 'Contact list',
    width: 'minmax(10rem, 1fr)',
    cell: (campaign) => (
      <Link to="/lists/$listId" params={{ listId: campaign.list_id }}>
        {campaign.list_name ?? campaign.list_id}
      </Link>
    ),
  },
  { key: 'rate', header: 'Calls a second', width: '7rem', align: 'right', cell: (campaign) => formatRate(campaign.calls_per_second) },
  { key: 'calls', header: 'Calls at once', width: '7rem', align: 'right', cell: (campaign) => campaign.max_calls },
  {
    key: 'job',
    header: 'Under way',
    width: '8rem',
    cell: (campaign) =>
      campaign.unfinished_job_id ? (
        <Link to="/jobs/$jobId" params={{ jobId: campaign.unfinished_job_id }}>
          Job {campaign.unfinished_job_id}
        </Link>
      ) : (
        '–'
      ),
  },
  { key: 'made', header: 'Made', width: '11rem', cell: (campaign) => <When at={campaign.created_at} /> },
];

export function CampaignsPage() {
  const navigate = useNavigate();
  const make = useMayChange() && (
    <Button leftSection={<PlusIcon />} onClick={() => void navigate({ to: '/campaigns/new' })}>
      New campaign
    </Button>
  );
  return (
    <Page title="Campaigns" actions={make}>
      <Panel flush>
        <PagedTable
          label="Campaigns"
          query={campaignsQuery}
          columns={columns}
          rowKey={(campaign) => campaign.id}
          empty={
            <EmptyState title="No campaign yet" action={make}>
              A campaign says whom to call, what is said, and how often each is tried.
            </EmptyState>
          }
        />
      </Panel>
    </Page>
  );
}
