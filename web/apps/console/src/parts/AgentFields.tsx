import { Panel } from '@everdial/ui';
import { NumberInput, Select, Switch, TagsInput, Textarea, TextInput } from '@mantine/core';
import classes from './CampaignForm.module.css';
import { pacingModes, type AgentValues } from './agents';

export interface AgentFieldsProps {
  values: AgentValues;
  /** Binds a field by its path. */
  field: (path: string) => object;
  toggle: (path: string) => object;
}

const still = { transitionProps: { duration: 0 } };
const separators = [',', ';'];

/** Who talks to the contacts, and all that follows when these are agents. */
export function AgentFields({ values, field, toggle }: AgentFieldsProps) {
  const { pacing } = values;
  const dialsAhead = pacing === 'predictive' || pacing === 'progressive';
  return (
    <>
      <Panel title="Who talks">
        <div className={classes.fields}>
          <Select
            label="Contacts talk to"
            data={Object.entries(pacingModes).map(([value, label]) => ({ value, label }))}
            allowDeselect={false}
            comboboxProps={still}
            {...field('agents.pacing')}
          />
          {pacing !== 'none' && (
            <NumberInput
              label="Most agents"
              description="At once; 0: as many as there are"
              min={0}
              max={100_000}
              allowDecimal={false}
              {...field('agents.agents_most')}
            />
          )}
          {pacing === 'predictive' && (
            <>
              <NumberInput
                label="Most abandoned"
                description="Of those who answer: nobody is free for them in time"
                suffix=" %"
                min={0}
                max={100}
                decimalScale={2}
                {...field('agents.abandoned_most')}
              />
              <NumberInput label="Measured over" suffix=" days" min={1} max={365} allowDecimal={false} {...field('agents.abandoned_days')} />
            </>
          )}
          {dialsAhead && (
            <>
              <NumberInput
                label="An agent answers within"
                description="Of the first word; later it is a nuisance call"
                suffix=" s"
                min={1}
                max={30}
                {...field('agents.answer_within_s')}
              />
              <TextInput
                label="Said to whom nobody is free for"
                description="A WAV in the prompt folder; empty: hang up"
                maxLength={100}
                {...field('agents.nuisance_prompt')}
              />
            </>
          )}
          {pacing === 'preview' && (
            <NumberInput label="Time to look" description="Then it is dialed; 0: never by itself" suffix=" s" min={0} max={3600} {...field('agents.preview_limit_s')} />
          )}
          {pacing !== 'none' && (
            <Textarea
              label="Skills an agent needs"
              description="With the least level, one a line: Spanish = 7"
              autosize
              minRows={1}
              maxRows={6}
              {...field('agents.skills')}
            />
          )}
        </div>
      </Panel>
      {pacing !== 'none' && (
        <>
          <Panel title="After the conversation">
            <div className={classes.fields}>
              <Textarea
                label="Results agents choose from"
                description="One a line: sold = Sold. The first when time is up"
                autosize
                minRows={2}
                maxRows={10}
                {...field('agents.codes')}
              />
              <NumberInput label="Time for the work after it" description="0: without limit" suffix=" s" min={0} max={3600} {...field('agents.wrapup_limit_s')} />
              <NumberInput label="More time" description="Each time that an agent asks for it" suffix=" s" min={1} max={3600} {...field('agents.wrapup_extension_s')} />
              <NumberInput label="How often" description="Most times for one contact" min={0} max={100} allowDecimal={false} {...field('agents.wrapup_extensions')} />
            </div>
          </Panel>
          <Panel title="What agents see">
            <div className={classes.fields}>
              <TagsInput
                label="Hidden attributes"
                description="Columns of the list: agents see only that there is a value"
                splitChars={separators}
                maxTags={100}
                comboboxProps={still}
                {...field('agents.masked_attributes')}
              />
              <TagsInput
                label="Attributes nobody changes"
                description="Agents see them, and cannot change them"
                splitChars={separators}
                maxTags={100}
                comboboxProps={still}
                {...field('agents.read_only_attributes')}
              />
              <Switch label="Hide the number but its last digits" className={classes.switch} {...toggle('agents.mask_phone')} />
              <TextInput label="Script" description="Address of the page with what to say, https://…" maxLength={2000} {...field('agents.script')} />
              <TextInput label="Script when that page is away" description="Address of another server's page" maxLength={2000} {...field('agents.auxiliary_script')} />
            </div>
          </Panel>
        </>
      )}
    </>
  );
}
