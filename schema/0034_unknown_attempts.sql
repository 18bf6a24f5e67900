-- UNKNOWN attempts are settled once the MPPs that could not be asked have answered after all. Owner: src/campaign_manager.
create index attempt_unknown on attempt (job_id) where state = 'unknown';

-- When the MPP last came back without its journal: it knows nothing of attempts older than that. Owner: src/mpp.
alter table mpp add column forgot_at timestamptz;
