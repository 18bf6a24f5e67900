import { bodyOf, type NewRetention, type Purge, type Retention } from '@everdial/api-client';
import { Confirm, EmptyState, ErrorPanel, formatCount, Panel, StateBadge, When, type Column } from '@everdial/ui';
import { Button, NumberInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api, queryClient } from '../api';
import classes from '../parts/CampaignForm.module.css';
import { fieldErrors } from '../parts/fieldErrors';
import { Loaded } from '../parts/Loaded';
import { Page } from '../parts/Page';
import { PagedTable } from '../parts/PagedTable';
import { useMayAdminister } from '../parts/session';
import { purgesQuery, retentionQuery } from '../queries';

const fields = [
  ['attempts_days', 'Attempts', 'Of ended jobs, with their queues; summaries stay'],
  ['contacts_days', 'Contacts', 'Of lists that no job has used for so long'],
  ['uploads_days', 'Uploaded files', 'Their bytes; counts and rejected rows stay'],
  ['exports_days', 'Exported files', 'With their downloads'],
  ['orders_days', "Supervisors' orders", 'What was asked of agents, once it has ended'],
] as const;
type Values = Record<(typeof fields)[number][0], number | ''>;

const columns: Column<Purge>[] = [
  { key: 'id', header: 'Purge', width: '5rem', cell: (one) => one.id },
  {
    key: 'state',
    header: 'State',
    width: '12rem',
    cell: (one) => (
      <>
        <StateBadge tone={one.state === 'completed' ? 'good' : 'busy'}>{one.state}</StateBadge>{' '}
        {one.state === 'running' && one.phase}
      </>
    ),
  },
  { key: 'by', header: 'Begun by', width: '8rem', cell: (one) => one.begun_by },
  { key: 'attempts', header: 'Attempts', width: '7rem', align: 'right', cell: (one) => formatCount(one.removed.attempts) },
  { key: 'contacts', header: 'Contacts', width: '7rem', align: 'right', cell: (one) => formatCount(one.removed.contacts) },
  { key: 'exports', header: 'Exports', width: '6rem', align: 'right', cell: (one) => formatCount(one.removed.exports) },
  { key: 'orders', header: 'Orders', width: '6rem', align: 'right', cell: (one) => formatCount(one.removed.orders) },
  { key: 'begun', header: 'Begun', width: '11rem', cell: (one) => <When at={one.created_at} /> },
  { key: 'ended', header: 'Finished', width: 'minmax(11rem, 1fr)', cell: (one) => (one.finished_at ? <When at={one.finished_at} /> : '–') },
];

export function RetentionPage() {
  const query = useQuery(retentionQuery);
  const mayChange = useMayAdminister();
  return (
    <Page title="Retention" actions={mayChange && <PurgeNow />}>
      <Loaded query={query}>{(retention) => <Settings retention={retention} readOnly={!mayChange} />}</Loaded>
      {!query.isPending && (
        <Panel title="Purges" flush>
          <PagedTable
            label="Purges"
            query={purgesQuery}
            columns={columns}
            rowKey={(one) => one.id}
            empty={<EmptyState title="Nothing removed yet">A purge removes what is kept long enough; a schedule can begin it, too.</EmptyState>}
          />
        </Panel>
      )}
    </Page>
  );
}

function Settings({ retention, readOnly }: { retention: Retention; readOnly: boolean }) {
  const form = useForm<Values>({
    initialValues: Object.fromEntries(fields.map(([field]) => [field, retention[field] ?? ''])) as Values,
  });
  const { setErrors } = form;
  const save = useMutation({
    mutationFn: (body: NewRetention) => bodyOf(api.http.PUT('/retention', { body })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['retention'] }),
  });
  useEffect(() => setErrors(fieldErrors(save.error)), [save.error, setErrors]);
  const submit = form.onSubmit((values) =>
    save.mutate(Object.fromEntries(fields.map(([field]) => [field, values[field] === '' ? null : values[field]])) as NewRetention),
  );
  return (
    <form onSubmit={submit} noValidate>
      <Panel title="How long things are kept">
        <p className={classes.note}>In days; empty: for ever. Takes effect with the next purge.</p>
        {save.error && <ErrorPanel error={save.error} />}
        <fieldset disabled={readOnly} className={classes.form}>
          <legend className="visually-hidden">Retention</legend>
          <div className={classes.fields}>
            {fields.map(([field, label, description]) => (
              <NumberInput
                key={field}
                label={label}
                description={description}
                suffix=" days"
                min={1}
                max={36_500}
                allowDecimal={false}
                {...form.getInputProps(field)}
              />
            ))}
          </div>
        </fieldset>
        <div className={classes.foot}>
          {!readOnly && (
            <>
              <Button type="submit" loading={save.isPending}>
                Save
              </Button>
              <span role="status">{save.isSuccess ? 'Saved.' : ''}</span>
            </>
          )}
        </div>
      </Panel>
    </form>
  );
}

function PurgeNow() {
  const [asking, setAsking] = useState(false);
  const begin = useMutation({
    mutationFn: () => bodyOf(api.http.POST('/purges')),
    onSuccess: async () => {
      setAsking(false);
      await queryClient.invalidateQueries({ queryKey: ['purges'] });
    },
  });
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        Purge now
      </Button>
      <Confirm
        title="Purge now?"
        action="Remove"
        danger
        opened={asking}
        busy={begin.isPending}
        error={begin.error}
        onConfirm={() => begin.mutate()}
        onClose={() => setAsking(false)}
      >
        What is kept for longer than the settings say is removed. This cannot be undone.
      </Confirm>
    </>
  );
}
