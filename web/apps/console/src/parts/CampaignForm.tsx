import type { NewCampaign } from '@everdial/api-client';
import { codeTones, ErrorPanel, formatCode, Panel } from '@everdial/ui';
import { Button, MultiSelect, NumberInput, Select, SegmentedControl, Switch, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useEffect } from 'react';
import { listsQuery } from '../queries';
import { AgentFields } from './AgentFields';
import { atAgentFields } from './agents';
import classes from './CampaignForm.module.css';
import { useChoices } from './choices';
import { fieldErrors } from './fieldErrors';
import { campaignOf, check, type CampaignValues } from './strategy';

export interface CampaignFormProps {
  initial: CampaignValues;
  action: string;
  busy: boolean;
  error: Error | null;
  saved?: boolean;
  readOnly?: boolean;
  /** Why it is read-only. */
  why?: string;
  onSubmit: (campaign: NewCampaign) => void;
}

export function CampaignForm({ initial, action, busy, error, saved, readOnly, why, onSubmit }: CampaignFormProps) {
  const form = useForm<CampaignValues>({ initialValues: initial, validate: check, validateInputOnBlur: true });
  const { setErrors } = form;
  useEffect(() => setErrors(atAgentFields(fieldErrors(error))), [error, setErrors]);
  const choices = useChoices(listsQuery);
  const { strategy } = form.values;

  const submit = form.onSubmit(
    (values) => onSubmit(campaignOf(values)),
    (errors) => document.querySelector<HTMLElement>(`[data-path="${CSS.escape(Object.keys(errors)[0]!)}"]`)?.focus(),
  );
  const field = (path: string) => ({ ...form.getInputProps(path), 'data-path': path });
  const toggle = (path: string) => ({ ...form.getInputProps(path, { type: 'checkbox' }), 'data-path': path });

  return (
    <form onSubmit={submit} noValidate>
      <fieldset disabled={readOnly} className={classes.form}>
        <legend className="visually-hidden">Campaign</legend>
        {error && <ErrorPanel error={error} />}
        <Panel title="Whom">
          <div className={classes.fields}>
            <TextInput label="Name" required maxLength={200} {...field('name')} />
            <Select
              label="Contact list"
              required
              searchable
              data={choices}
              nothingFoundMessage="No such list"
              comboboxProps={{ transitionProps: { duration: 0 } }}
              {...field('list_id')}
            />
            <TextInput
              label="Call from"
              description="In each contact's own time zone, as 08:00"
              {...field('strategy.calling_from_minute')}
            />
            <TextInput
              label="Call until"
              description="As 21:00; the same time: all day"
              {...field('strategy.calling_until_minute')}
            />
          </div>
        </Panel>
        <AgentFields values={form.values.agents} field={field} toggle={toggle} />
        <Panel title="How fast">
          <div className={classes.fields}>
            <NumberInput label="Calls a second" description="Most new calls in each second" min={0.01} max={10_000} {...field('calls_per_second')} />
            <NumberInput label="Calls at once" description="Most calls in the air" min={1} max={100_000} allowDecimal={false} {...field('max_calls')} />
            <NumberInput label="Ring for" description="Then hang up: no answer" suffix=" s" min={1} max={120} {...field('strategy.ring_timeout_s')} />
            <NumberInput label="Longest call" description="Then hang up, whatever goes on" suffix=" s" min={1} max={7200} {...field('strategy.max_call_s')} />
          </div>
        </Panel>
        <Panel title="What is said">
          <div className={classes.fields}>
            <TextInput label="Prompt" description="A WAV in the prompt folder; empty: hang up" maxLength={200} {...field('strategy.prompt')} />
            <TextInput label="Number shown" description="With + and country code; empty: the trunk's own" maxLength={16} {...field('strategy.caller_id')} />
            <TextInput label="Opt-out key" description="Who presses it is not called again; empty: none" maxLength={1} {...field('strategy.opt_out_digit')} />
            <Switch label="Record the call" className={classes.switch} {...toggle('strategy.record')} />
            <Switch label="Tell persons from machines" className={classes.switch} {...toggle('strategy.analyse')} />
            <div>
              <div className={classes.label} id="machine_action">
                When a machine answers
              </div>
              <SegmentedControl
                aria-labelledby="machine_action"
                disabled={readOnly === true || !strategy.analyse}
                data={[
                  { value: 'hang_up', label: 'Hang up' },
                  { value: 'leave_message', label: 'Leave a message' },
                  { value: 'go_on', label: 'Go on' },
                ]}
                {...form.getInputProps('strategy.machine_action')}
              />
            </div>
            <TextInput
              label="Message after the beep"
              description="A WAV in the prompt folder; empty: the prompt"
              maxLength={200}
              disabled={!strategy.analyse || strategy.machine_action !== 'leave_message'}
              {...field('strategy.machine_prompt')}
            />
          </div>
        </Panel>
        <Panel title="When it ends">
          <p className={classes.note}>When all contacts are done; or before, by whichever of these comes first. Empty: not so.</p>
          <div className={classes.fields}>
            <TextInput label="Longest run" description="After its start, as 30 min, 8 h or 2 d" {...field('finish.after_s')} />
            <TextInput label="Ends at" description="A time of day, as 18:00" {...field('finish.until_minute')} />
            <TextInput label="By the clock of" description="IANA time zone, as Europe/Berlin" {...field('finish.time_zone')} />
            <NumberInput label="Goal" description="It ends with so many" min={1} max={1_000_000_000} allowDecimal={false} {...field('finish.goal.count')} />
            <Select
              label="The goal counts"
              data={[
                { value: 'attempts', label: 'Attempts' },
                { value: 'contacts', label: 'Contacts that are done' },
              ]}
              allowDeselect={false}
              comboboxProps={{ transitionProps: { duration: 0 } }}
              {...field('finish.goal.of')}
            />
            <MultiSelect
              label="With these results"
              description="None: with any"
              data={Object.keys(codeTones).map((code) => ({ value: code, label: formatCode(code) }))}
              comboboxProps={{ transitionProps: { duration: 0 } }}
              {...field('finish.goal.codes')}
            />
          </div>
        </Panel>
        <Panel title="What is tried again">
          <NumberInput
            className={classes.most}
            label="Most attempts for one contact"
            description="Over all results together"
            min={1}
            max={100}
            allowDecimal={false}
            {...field('strategy.max_attempts')}
          />
          <table className={classes.retries}>
            <thead>
              <tr>
                <th scope="col">After</th>
                <th scope="col">Try again</th>
                <th scope="col">Each time after</th>
              </tr>
            </thead>
            <tbody>
              {Object.keys(strategy.retries).map((code) => (
                <tr key={code}>
                  <th scope="row">{formatCode(code)}</th>
                  <td>
                    <NumberInput
                      aria-label={`Tries after ${formatCode(code)}`}
                      suffix=" times"
                      min={0}
                      max={100}
                      allowDecimal={false}
                      {...field(`strategy.retries.${code}.times`)}
                    />
                  </td>
                  <td>
                    <TextInput
                      aria-label={`Delay after ${formatCode(code)}`}
                      placeholder="15 min"
                      disabled={!strategy.retries[code]?.times}
                      {...field(`strategy.retries.${code}.delay_s`)}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Panel>
      </fieldset>
      <div className={classes.foot}>
        {readOnly ? (
          <span>{why}</span>
        ) : (
          <>
            <Button type="submit" loading={busy}>
              {action}
            </Button>
            <span role="status">{saved && !form.isDirty() ? 'Saved.' : ''}</span>
          </>
        )}
      </div>
    </form>
  );
}
