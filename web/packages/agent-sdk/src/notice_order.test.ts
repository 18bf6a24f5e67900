// @vitest-environment node
import { describe, expect, test } from 'vitest';
import type { Notice } from './methods.js';
import { NoticeOrder } from './notice_order.js';
import { ServerList } from './server_list.js';

const notice = (number: number) => ({ number, notice: 'conference_ended' }) as Notice;
const numbers = (notices: Notice[]) => notices.map((n) => n.number);

describe('NoticeOrder', () => {
  test('D_04 delivers each number once and in order', () => {
    const order = new NoticeOrder();
    const delivered = [2, 1, 1, 3, 2, 5, 4].flatMap((n) => numbers(order.take(notice(n))));
    expect(delivered).toEqual([1, 2, 3, 4, 5]);
    expect(order).toMatchObject({ received: 5, missed: 0, gap: false });
  });

  test('D_04 knows that something is missing, in between or at the end', () => {
    const order = new NoticeOrder();
    order.take(notice(2));
    expect(order.gap).toBe(true);
    order.take(notice(1));
    expect(order.gap).toBe(false);
    order.heard(3);
    expect(order.gap).toBe(true);
  });

  test('D_04 counts what no server has any more', () => {
    const order = new NoticeOrder(4);
    expect(order.begin(5)).toBe(0);
    expect(order.begin(8)).toBe(3);
    expect(numbers(order.take(notice(8)))).toEqual([8]);
    order.take(notice(10));
    expect(numbers(order.skipGap())).toEqual([10]);
    expect(order).toMatchObject({ received: 10, missed: 4, gap: false });
  });
});

describe('ServerList', () => {
  test('A_18 takes the pushed order, and keeps the own addresses as a way back', () => {
    const servers = new ServerList(['a', 'b'], () => 0);
    expect(servers.next()).toBe('a');
    servers.push(['c', 'a']);
    expect([servers.next(), servers.next(), servers.next()]).toEqual(['b', 'c', 'a']);
  });

  test('tries each address at once, and then more and more slowly, at random', () => {
    const servers = new ServerList(['a', 'b'], () => 1);
    expect(Array.from({ length: 6 }, () => servers.pauseMs())).toEqual([150, 150, 500, 500, 1000, 1000]);
    servers.connected();
    expect(servers.pauseMs()).toBe(150);
  });
});
