-- Which zones a server serves (dialing.zones of its configuration), as of its last start: only such zones are given to it. Owner: src/server.
-- Null: it has not said so yet (it runs the release before), and is taken to serve all.
alter table server add column zones text[];
