import { EmptyState, Panel } from '@everdial/ui';
import { Link } from '@tanstack/react-router';
import { jobColumns } from '../parts/jobColumns';
import { Page } from '../parts/Page';
import { PagedTable } from '../parts/PagedTable';
import { jobsQuery } from '../queries';

export function JobsPage() {
  return (
    <Page title="Jobs">
      <Panel flush>
        <PagedTable
          label="Jobs"
          query={jobsQuery()}
          columns={jobColumns}
          rowKey={(job) => job.id}
          empty={
            <EmptyState title="No job yet" action={<Link to="/campaigns">Go to Campaigns</Link>}>
              A job begins when a campaign is started.
            </EmptyState>
          }
        />
      </Panel>
    </Page>
  );
}
