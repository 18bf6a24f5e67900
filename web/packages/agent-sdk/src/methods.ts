import type * as P from './protocol.js';

/** What changes something, with its parameters; each answers the agent's states. api/agent.asyncapi.yaml says what they do. */
export interface Commands {
  log_on: P.LogOn;
  log_off: P.Nothing;
  log_off_later: P.LogOffLater;
  ready: P.Nothing;
  not_ready: P.NotReady;
  set_skills: P.SetSkills;
  say_states: P.SayStates;
  nail_up: P.Nothing;
  drop_line: P.Nothing;
  dial_preview: P.DialPreview;
  skip_preview: P.Nothing;
  cancel_preview: P.Nothing;
  hold: P.Nothing;
  resume: P.Nothing;
  send_digits: P.SendDigits;
  release: P.Nothing;
  redial: P.Redial;
  consult: P.ToAgent;
  cancel_consult: P.Nothing;
  complete_transfer: P.Nothing;
  transfer: P.ToAgent;
  start_conference: P.Nothing;
  end_conference: P.Nothing;
  change_conference_owner: P.Nothing;
  wrap_up: P.WrapUp;
  extend_wrap_up: P.Nothing;
  create_callback: P.CreateCallback;
  add_to_dnc: P.AddToDnc;
  set_attribute: P.SetAttribute;
  add_note: P.AddNote;
  blend_to_inbound: P.Nothing;
  blend_to_outbound: P.Nothing;
  move_to_job: P.MoveToJob;
  force_state: P.ForceState;
  monitor: P.Monitor;
}

/** What only reads, with its parameters and what it answers. */
export interface Questions {
  get_situation: [P.Nothing, P.Situation];
  get_contact: [P.Nothing, P.Contact];
  list_notes: [P.PageAsked, P.NotePage];
  list_callbacks: [P.PageAsked, P.CallbackPage];
  is_on_dnc: [P.AskedPhone, P.DncAnswer];
  list_codes: [P.Nothing, P.CodePage];
  list_reasons: [P.Nothing, P.CodePage];
  list_destinations: [P.DestinationsAsked, P.DestinationPage];
  list_agents: [P.DestinationsAsked, P.AgentPage];
  list_jobs: [P.PageAsked, P.JobPage];
  list_skills: [P.PageAsked, P.NamePage];
  list_zones: [P.PageAsked, P.NamePage];
  list_time_zones: [P.PageAsked, P.NamePage];
  explain_error: [P.ErrorAsked, P.ErrorText];
}

/** What a desktop is told, in order and without a gap. */
export interface Notices {
  states_changed: P.StatesChanged;
  time_limit: P.TimeLimit;
  call_offered: P.CallOffered;
  dial_failed: P.CallCode;
  call_ended: P.CallCode;
  nailing_lost: P.Because;
  job_attached: P.JobAttached;
  consult_offered: P.ConsultOffered;
  consult_ended: P.ConsultEnded;
  call_transferred: P.CallTransferred;
  conference_started: P.ConferenceOwner;
  conference_ended: object;
  conference_owner_changed: P.ConferenceOwner;
  contact_changed: P.ContactChanged;
  logged_off: P.LoggedOff;
}

/** One notice as it comes: its number, its name, its fields. */
export type Notice = { [N in keyof Notices]: { number: number; notice: N } & Notices[N] }[keyof Notices];

/** What is so now. Not numbered: it is told again after each connection. */
export interface News {
  states_wanted: object;
  manager_not_available: P.ManagerNotAvailable;
  manager_available: P.ManagerAvailable;
  zone_down: P.ZoneDown;
  addresses: P.Addresses;
  session_ended: P.Because;
}

export type Told = { [N in keyof News]: { method: N; params: News[N] } }[keyof News];
