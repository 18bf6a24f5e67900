import type { Alarm } from '@everdial/api-client';
import { formatCode, StateBadge, When } from '@everdial/ui';
import { ActionIcon, Popover } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { BellIcon } from '../icons';
import { statusQuery } from '../queries';
import classes from './Alarms.module.css';

const told = (count: number) => (count === 0 ? 'No alarm' : count === 1 ? '1 alarm' : `${count} alarms`);

/** The bell on every page: how many alarms are open, and what each says; live, as the status is. */
export function AlarmBell() {
  const { data: status } = useQuery(statusQuery);
  const [opened, setOpened] = useState(false);
  const alarms = status?.alarms ?? [];
  return (
    <Popover position="bottom-end" width={380} opened={opened} onChange={setOpened} trapFocus>
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          className={classes.bell}
          data-alarms={alarms.length > 0 || undefined}
          aria-label={`Alarms: ${told(alarms.length)}`}
          onClick={() => setOpened(!opened)}
        >
          <BellIcon />
          {alarms.length > 0 && (
            <span className={classes.count} aria-hidden>
              {alarms.length}
            </span>
          )}
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label="Alarms">
        {alarms.length === 0 && <p className={classes.text}>Nothing is wrong.</p>}
        {alarms.length > 0 && (
          <ul className={classes.list} aria-label="Open alarms">
            {alarms.map((alarm) => (
              <AlarmItem key={alarm.id} alarm={alarm} />
            ))}
          </ul>
        )}
        <Link to="/alarms" className={classes.all} onClick={() => setOpened(false)}>
          All alarms of late
        </Link>
      </Popover.Dropdown>
    </Popover>
  );
}

/** What is or was wrong, when, and what to do. */
export function AlarmItem({ alarm }: { alarm: Alarm }) {
  return (
    <li className={classes.item}>
      <StateBadge tone={alarm.cleared_at ? 'idle' : 'bad'}>{formatCode(alarm.kind)}</StateBadge> <When at={alarm.raised_at} />
      {alarm.cleared_at && (
        <>
          {' '}
          to <When at={alarm.cleared_at} />
        </>
      )}
      <p className={classes.text}>{alarm.text}</p>
    </li>
  );
}
