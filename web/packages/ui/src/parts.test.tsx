import { ApiError, UnreachableError } from '@everdial/api-client';
import { render, screen, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { describe, expect, test, vi } from 'vitest';
import { BarTable, ComponentBadge, Confirm, DataTable, ErrorPanel, EverdialTheme, Meter, Progress, Spans } from './index';

const show = (part: React.ReactNode) => render(<EverdialTheme>{part}</EverdialTheme>);

describe('Progress', () => {
  test('says how far it is in words and numbers', () => {
    show(<Progress label="Contacts done" done={250} total={1000} underway={10} />);
    const bar = screen.getByRole('progressbar', { name: 'Contacts done' });
    expect(bar.getAttribute('aria-valuenow')).toBe('250');
    expect(bar.getAttribute('aria-valuetext')).toBe('250 of 1,000 (25 %)');
  });

  test('is at nothing when there is nothing to do', () => {
    show(<Progress label="Import" done={0} total={0} />);
    expect(screen.getByRole('progressbar').getAttribute('aria-valuetext')).toBe('0 of 0 (–)');
  });
});

describe('Spans', () => {
  test('tells each line in words, and draws it at its place between the two ends', () => {
    const spans = [
      { key: 1, what: 'Rule engine', from: 1000, to: 1500, told: '500 ms', detail: 'to as2', tone: 'bad' as const },
      { key: 2, what: 'Job 7', from: 0, to: 9000, told: '9.0 s', tone: 'bad' as const },
    ];
    const { container } = show(<Spans label="Course" spans={spans} from={0} to={2000} />);
    const lines = within(screen.getByRole('list', { name: 'Course' })).getAllByRole('listitem');
    expect(lines.map((line) => line.textContent)).toEqual(['Rule engine500 msto as2', 'Job 79.0 s']);
    const bars = [...container.querySelectorAll<HTMLElement>('[data-tone]')];
    expect(bars.map(({ style }) => [style.left, style.width])).toEqual([['50%', '25%'], ['0%', '100%']]);
  });
});

describe('Meter', () => {
  test('says the share as a number, and stays within its track', () => {
    const { container } = show(<Meter share={1.2} high={0.9} />);
    expect(container.textContent).toContain('100 %');
    expect(container.querySelector('[data-high]')).not.toBeNull();
  });
});

describe('ErrorPanel', () => {
  test('says what was wrong, where, what to do, and the request id', async () => {
    const retry = vi.fn();
    const error = new ApiError(409, 'The name is taken', 'Another list has it.', [{ pointer: '/name', detail: 'is taken' }], 'r9');
    show(<ErrorPanel error={error} retry={retry} />);
    const text = screen.getByRole('alert').textContent;
    for (const part of ['The name is taken', 'Another list has it.', '/name is taken', 'decide again', 'r9']) expect(text).toContain(part);
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(retry).toHaveBeenCalledOnce();
  });

  test('says that dialing goes on when no server answers', () => {
    show(<ErrorPanel error={new UnreachableError(['http://a'], undefined)} />);
    expect(screen.getByRole('alert').textContent).toContain('jobs go on');
  });
});

describe('ComponentBadge', () => {
  test("S_03 shows the state's own word", () => {
    show(<ComponentBadge state="DORMANT" />);
    expect(screen.getByText('DORMANT')).toBeTruthy();
  });
});

describe('BarTable', () => {
  test('is a table with each count and share', () => {
    show(<BarTable caption="Results" rows={[{ key: 'a', label: 'Answered', count: 3 }]} total={4} empty="none" />);
    const row = within(screen.getByRole('table', { name: 'Results' })).getByRole('row', { name: /Answered/ });
    expect(row.textContent).toContain('75 %');
  });
});

describe('DataTable', () => {
  const columns = [{ key: 'n', header: 'Number', width: '5rem', cell: (n: number) => `row ${n}` }];

  test('draws every row of a short table', () => {
    show(<DataTable label="Numbers" columns={columns} rows={[1, 2, 3]} rowKey={(n) => n} empty="none" />);
    const table = screen.getByRole('table', { name: 'Numbers' });
    expect(within(table).getAllByRole('cell').map((cell) => cell.textContent)).toEqual(['row 1', 'row 2', 'row 3']);
    expect(table.getAttribute('aria-rowcount')).toBe('4');
  });

  test('draws only what is in sight of a long one', () => {
    const rows = Array.from({ length: 5000 }, (_, i) => i);
    show(<DataTable label="Numbers" columns={columns} rows={rows} rowKey={(n) => n} empty="none" />);
    expect(screen.queryAllByRole('cell').length).toBeLessThan(100);
  });

  test('shows why it is empty, but not while it loads', () => {
    const { rerender } = show(<DataTable label="Numbers" columns={columns} rows={[]} rowKey={(n) => n} empty="Nothing yet" loading />);
    expect(screen.queryByText('Nothing yet')).toBeNull();
    rerender(
      <EverdialTheme>
        <DataTable label="Numbers" columns={columns} rows={[]} rowKey={(n) => n} empty="Nothing yet" />
      </EverdialTheme>,
    );
    expect(screen.getByText('Nothing yet')).toBeTruthy();
  });
});

describe('Confirm', () => {
  test('does nothing until it is confirmed', async () => {
    const confirm = vi.fn();
    const close = vi.fn();
    show(
      <Confirm title="Stop job 1?" action="Stop" danger opened busy={false} error={null} onConfirm={confirm} onClose={close}>
        This cannot be undone.
      </Confirm>,
    );
    await userEvent.click(await screen.findByRole('button', { name: 'Not now' }));
    expect(confirm).not.toHaveBeenCalled();
    expect(close).toHaveBeenCalledOnce();
    await userEvent.click(screen.getByRole('button', { name: 'Stop' }));
    expect(confirm).toHaveBeenCalledOnce();
  });
});
