-- What the agents of a zone have in common. Owner: src/dashboard; agents' desktops are told by src/agent_sdk.

create table agent_zone (
  zone          text primary key,
  reasons       jsonb not null                            -- why they may be not ready; model/agent_campaign.h, reasons_from_json
);
