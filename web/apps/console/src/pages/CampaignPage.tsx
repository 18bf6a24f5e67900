import { bodyOf, type Campaign, type NewCampaign } from '@everdial/api-client';
import { Confirm, EmptyState, Panel } from '@everdial/ui';
import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api, queryClient } from '../api';
import { PlayIcon } from '../icons';
import { CampaignForm } from '../parts/CampaignForm';
import { NuisanceNotice, TrendPanel } from '../parts/History';
import { jobColumns } from '../parts/jobColumns';
import { Loaded } from '../parts/Loaded';
import { Page } from '../parts/Page';
import { PagedTable } from '../parts/PagedTable';
import { useMayChange } from '../parts/session';
import { newCampaignValues, valuesOf } from '../parts/strategy';
import { campaignQuery, jobsQuery, nuisanceQuery } from '../queries';

const newRoute = getRouteApi('/shell/campaigns/new');
const route = getRouteApi('/shell/campaigns/$campaignId');

const refresh = () =>
  Promise.all(['campaigns', 'campaign', 'jobs'].map((key) => queryClient.invalidateQueries({ queryKey: [key] })));

export function NewCampaignPage() {
  const { list } = newRoute.useSearch();
  const navigate = useNavigate();
  const make = useMutation({
    mutationFn: (body: NewCampaign) => bodyOf(api.http.POST('/campaigns', { body })),
    onSuccess: async (made) => {
      await refresh();
      await navigate({ to: '/campaigns/$campaignId', params: { campaignId: made.id } });
    },
  });
  return (
    <Page title="New campaign">
      <CampaignForm initial={newCampaignValues(list)} action="Make the campaign" busy={make.isPending} error={make.error} onSubmit={make.mutate} />
    </Page>
  );
}

export function CampaignPage() {
  const { campaignId } = route.useParams();
  const query = useQuery(campaignQuery(campaignId));
  const nuisance = useQuery(nuisanceQuery);
  const mayChange = useMayChange();
  return (
    <Page
      title={query.data?.name ?? `Campaign ${campaignId}`}
      actions={query.data && mayChange && <CampaignActions campaign={query.data} />}
    >
      <Loaded query={query}>
        {(campaign) => (
          <>
            <NuisanceNotice days={nuisance.data?.items.filter((alarm) => alarm.campaign_id === campaignId) ?? []} />
            <Panel title="Jobs" flush>
              <PagedTable
                label="Jobs of this campaign"
                query={jobsQuery(campaignId)}
                columns={jobColumns}
                rowKey={(job) => job.id}
                maxHeight="16rem"
                empty={<EmptyState title="Never started">Starting it makes a job that calls each contact of its list.</EmptyState>}
              />
            </Panel>
            <TrendPanel campaignId={campaign.id} />
            <Edit key={campaign.id} campaign={campaign} mayChange={mayChange} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function CampaignActions({ campaign }: { campaign: Campaign }) {
  const navigate = useNavigate();
  const [asking, setAsking] = useState<'start' | 'remove'>();
  const params = { path: { campaign_id: campaign.id } };
  const start = useMutation({
    mutationFn: () => bodyOf(api.http.POST('/campaigns/{campaign_id}/jobs', { params })),
    onSuccess: async (job) => {
      await refresh();
      await navigate({ to: '/jobs/$jobId', params: { jobId: job.id } });
    },
  });
  const remove = useMutation({
    mutationFn: () => bodyOf(api.http.DELETE('/campaigns/{campaign_id}', { params })),
    onSuccess: async () => {
      await navigate({ to: '/campaigns' });
      await refresh();
    },
  });
  const close = () => {
    start.reset();
    remove.reset();
    setAsking(undefined);
  };
  return (
    <>
      <Button variant="default" onClick={() => setAsking('remove')}>
        Remove
      </Button>
      {campaign.unfinished_job_id ? (
        <Link to="/jobs/$jobId" params={{ jobId: campaign.unfinished_job_id }}>
          Job {campaign.unfinished_job_id} is under way
        </Link>
      ) : (
        <Button leftSection={<PlayIcon />} onClick={() => setAsking('start')}>
          Start
        </Button>
      )}
      <Confirm
        title={`Start ${campaign.name}?`}
        action="Start dialing"
        opened={asking === 'start'}
        busy={start.isPending}
        error={start.error}
        onConfirm={() => start.mutate()}
        onClose={close}
      >
        Real calls go out to the contacts of {campaign.list_name ?? `list ${campaign.list_id}`}, at most {campaign.calls_per_second} a second
        and {campaign.max_calls} at once. You can pause or stop them at any time.
      </Confirm>
      <Confirm
        title={`Remove ${campaign.name}?`}
        action="Remove"
        danger
        opened={asking === 'remove'}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate()}
        onClose={close}
      >
        Only a campaign that was never started can be removed. This cannot be undone.
      </Confirm>
    </>
  );
}

function Edit({ campaign, mayChange }: { campaign: Campaign; mayChange: boolean }) {
  const params = { path: { campaign_id: campaign.id } };
  const save = useMutation({
    mutationFn: (body: NewCampaign) => bodyOf(api.http.PUT('/campaigns/{campaign_id}', { params, body })),
    onSuccess: refresh,
  });
  return (
    <CampaignForm
      initial={valuesOf(campaign)}
      action="Save"
      readOnly={!mayChange || campaign.unfinished_job_id !== undefined}
      why={mayChange ? 'It cannot be changed while a job of it is under way.' : undefined}
      saved={save.isSuccess}
      busy={save.isPending}
      error={save.error}
      onSubmit={save.mutate}
    />
  );
}
