-- What each server is to run, so that a component that is missing can be told from one that was never wanted. Written by src/server when
-- it starts; read by the status page.

alter table server add column components text[] not null default '{}';
